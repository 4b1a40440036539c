from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from simulated_run import TYPES, SimulatedRun

from bench.report.analyse import Analysis, analyse
from bench.report.tables.comparisons import comparison_tables
from bench.report.tables.table import Table
from bench.store.records import TrialKey

STUDY = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=2, images=40)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(STUDY.write(tmp_path_factory.mktemp("run") / "run"))


def tables(analysis: Analysis) -> dict[str, Table]:
    return {table.name: table for table in comparison_tables(analysis)}


def column(table: Table, title: str) -> list[str]:
    return [row[table.header.index(title)] for row in table.rows]


def test_every_caption_names_its_correction_and_the_size_of_its_family(analysis: Analysis) -> None:
    made = tables(analysis)
    assert "Holm's correction over 6 hypotheses." in made["gains"].caption
    assert "Holm's correction over 4 hypotheses." in made["neighbours"].caption
    assert "Holm's correction over 3 hypotheses." in made["between_systems"].caption
    tested = {one.family_size for one in analysis.type_gains}.pop()
    assert f"Benjamini and Hochberg's correction over {tested} hypotheses" in made["type_gains"].caption
    assert made["type_gains"].caption.startswith("Exploratory")


def test_raw_and_adjusted_p_values_stand_side_by_side(analysis: Analysis) -> None:
    for name, adjusted in (("gains", "p (Holm)"), ("neighbours", "p (Holm)"), ("type_gains", "p (BH)")):
        header = tables(analysis)[name].header
        assert header.index(adjusted) == header.index("p") + 1


def test_what_else_the_data_has_is_told_once_by_the_first_table_there_is(analysis: Analysis) -> None:
    for without, explaining in (({}, "gains"), ({"gains": ()}, "neighbours")):
        captions = {name: one.caption for name, one in tables(replace(analysis, **without)).items() if one.rows}
        assert [name for name, caption in captions.items() if "Cohen's h" in caption] == [explaining]


def test_the_gains_data_has_both_cells_effect_sizes_and_the_p_values_of_these_models(analysis: Analysis) -> None:
    data = pd.read_csv(io.StringIO(tables(analysis)["gains"].csv()), dtype={"fraction": str})
    assert list(data["fraction"]) == ["0.1", "0.5", "1"] * 2
    assert set(data["rival"]) == {"prior"}
    assert list(data["p_fixed"]) == [one.p_fixed for one in analysis.gains]
    assert list(data["cohens_h"]) == [one.cohens_h for one in analysis.gains]
    assert list(data["ahead"]) == [one.improvement.probability for one in analysis.gains]
    assert set(data["family_size"]) == {6}


def test_entity_types_are_shown_at_the_largest_amount_of_data_and_kept_at_all(analysis: Analysis) -> None:
    table = tables(analysis)["type_gains"]
    assert set(column(table, "System")) == {"sprm (1,000)", "refinement (1,000)"}
    assert len(table.rows) == 2 * len(TYPES)
    assert len(table.data) == 2 * len(TYPES) * 3
    assert "p_fixed" not in table.data


def test_a_rare_type_of_many_is_left_to_the_data(analysis: Analysis) -> None:
    (template, *_) = analysis.type_gains
    many = tuple(replace(template, entity_type=f"type {number}") for number in range(40))
    table = tables(replace(analysis, type_gains=many))["type_gains"]
    assert len(table.rows) == 12
    assert len(table.data) == 40
    assert "the 12 most frequent of 40 types" in table.caption


def test_where_no_new_training_can_be_tested_the_p_values_are_those_of_these_models(tmp_path: Path) -> None:
    one_seed = tables(analyse(SimulatedRun(fractions=(0.1, 1.0), seeds=1, images=40).write(tmp_path / "run")))
    for name in ("gains", "neighbours", "between_systems"):
        table = one_seed[name]
        assert table.header[-3:] == ("95 % interval", "p (models)", "adjusted")
        assert "–" not in column(table, "p (models)") + column(table, "adjusted")
        assert "these trained models on new images" in table.caption
    assert set(column(one_seed["type_gains"], "p (BH)")) == {"–"}
    assert "No difference could be tested" in one_seed["type_gains"].caption


def test_a_comparison_on_one_seed_of_several_has_only_the_p_value_of_these_models(tmp_path: Path) -> None:
    without = (TrialKey("sprm", "0.5", 0),)
    made = tables(analyse(STUDY.write(tmp_path / "run", without=without)))["gains"]
    rows = [dict(zip(made.header, row, strict=True)) for row in made.rows]
    alone = next(row for row in rows if (row["System"], row["Training images"]) == ("sprm", "500"))
    assert (alone["p"], alone["p (Holm)"]) == ("–", "–")
    assert alone["p (models)"] != "–"
    assert all(row["p"] != "–" for row in rows if row is not alone)


def test_without_any_test_the_p_values_are_dashes(tmp_path: Path) -> None:
    made = tables(analyse(SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=1).write(tmp_path / "run")))
    for name in ("gains", "neighbours", "between_systems"):
        assert set(column(made[name], "p")) == set(column(made[name], "p (Holm)")) == {"–"}
        assert set(column(made[name], "95 % interval")) == {"–"}


def test_where_new_trainings_are_tested_these_models_are_left_to_the_data(analysis: Analysis) -> None:
    made = tables(analysis)
    assert not any("models" in title for table in made.values() for title in table.header)
    assert "p-values for these trained models on new images" in made["gains"].caption


def test_effect_sizes_are_left_to_the_data(analysis: Analysis) -> None:
    made = tables(analysis)
    assert made.pop("other_gains").rows == ()
    for table in made.values():
        assert not {"h", "Ahead"} & set(table.header)
        assert {"cohens_h", "ahead"} <= set(table.data.columns)


def test_a_family_that_the_run_has_nothing_for_has_no_rows(tmp_path: Path) -> None:
    without = tuple(TrialKey(system, "1", seed) for system in ("sprm", "refinement") for seed in (0, 1))
    bare = tables(analyse(SimulatedRun(fractions=(1.0,), seeds=2, images=12).write(tmp_path / "run", without=without)))
    assert [table.rows for table in bare.values()] == [()] * 5
