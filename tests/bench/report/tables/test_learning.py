from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from simulated_learning import LearningRun

from bench.report.analyse import Analysis, analyse
from bench.report.tables.learning import learning_tables
from bench.report.tables.table import Table
from bench.stats import NeededStatus
from bench.store.records import TrialKey

FEW = tuple(TrialKey("refinement", label, seed) for label in ("0.01", "0.05") for seed in range(3))


ONE = FEW + tuple(TrialKey("refinement", label, seed) for label in ("0.1", "0.25", "0.5") for seed in range(3))


def made(analysis: Analysis) -> dict[str, Table]:
    return {table.name: table for table in learning_tables(analysis)}


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    study = LearningRun(images=60, seeds=3, types=14)
    return analyse(study.write(tmp_path_factory.mktemp("run") / "run", without=FEW))


def test_a_fitted_curve_has_its_numbers_and_a_refused_one_its_reason(analysis: Analysis) -> None:
    table = made(analysis)["learning_curves"]
    fitted, refused = table.rows
    assert fitted[:2] == ("sprm", f"{analysis.learning[0].curve.law.b:.2f}")
    assert all("[" in cell for cell in fitted[2:6])
    assert refused[:3] == ("refinement", "none", "–")
    needed = analysis.learning[1].n_95
    assert refused[3].startswith(f"{needed.value:,.0f} [")
    assert "No power law for refinement: fewer than five fractions. Without a power law" in table.caption
    assert "over 2 hypotheses" in table.caption


def test_the_csv_of_the_curves_has_every_number_unrounded_and_an_empty_field_for_none(analysis: Analysis) -> None:
    read = pd.read_csv(io.StringIO(made(analysis)["learning_curves"].csv()))
    sprm, refinement = (row for _, row in read.iterrows())
    one = analysis.learning[0]
    assert one.curve.law is not None
    assert one.to_match_prior is not None
    assert (sprm["status"], refinement["status"]) == ("ok", "fewer than five amounts")
    assert refinement["reason"] == analysis.learning[1].curve.fit.reason
    assert (sprm["c"], sprm["a"], sprm["b"]) == (one.curve.law.c, one.curve.law.a, one.curve.law.b)
    assert (sprm["c_low"], sprm["c_high"]) == (one.curve.limit.low, one.curve.limit.high)
    assert (sprm["n_95_images"], sprm["n_95_low"], sprm["n_95_high"]) == (
        one.n_95.value, one.n_95.interval.low, one.n_95.interval.high,
    )  # fmt: skip
    assert (sprm["prior_images"], sprm["prior_status"]) == (one.to_match_prior.value, "ok")
    assert (sprm["twice_images"], sprm["twice_accuracy"]) == (2000, one.twice.accuracy)
    assert (sprm["area_estimate"], sprm["trend_p"], sprm["trend_p_adjusted"]) == (
        one.area.estimate, one.trend.p, one.p_adjusted,
    )  # fmt: skip
    assert (sprm["seeds"], sprm["amounts"]) == ("0 1 2", "10 50 100 250 500 1000")
    assert all(math.isnan(refinement[name]) for name in ("c", "a", "b", "c_low", "twice_accuracy"))
    between = analysis.learning[1].n_95
    assert (refinement["n_95_status"], refinement["n_95_images"]) == ("between measured amounts", between.value)


def test_where_every_fit_is_refused_its_columns_are_left_out_and_the_reasons_told_once(analysis: Analysis) -> None:
    refused = replace(
        analysis,
        learning=analysis.learning[1:],
        learning_by_type=tuple(one for one in analysis.learning_by_type if one.curve.law is None),
    )
    tables = made(refused)
    assert tables["learning_curves"].header == ("System", "For 95 %", "For the prior", "Area", "p (rise)")
    assert "Exponent" not in tables["learning_curves"].caption
    by_type = tables["learning_by_type"]
    assert by_type.header == ("Entity type", "System", "For 95 %", "For the prior", "Area")
    count = len(by_type.rows)
    assert f"No power law for {count} of the {count} curves; the CSV file has the reasons." in by_type.caption
    assert all(len(row) == 5 and max(map(len, row)) < 30 for row in by_type.rows)
    assert "reason" in by_type.data


def test_a_refused_curve_of_an_entity_type_has_a_short_mark(analysis: Analysis) -> None:
    table = made(analysis)["learning_by_type"]
    marks = {row[2] for row, one in zip(table.rows, analysis.learning_by_type, strict=True) if one.curve.law is None}
    assert marks == {"none"}


def test_the_bands_have_a_row_for_each_amount_of_each_system(analysis: Analysis) -> None:
    table = made(analysis)["learning_bands"]
    assert list(table.data["training_images"]) == [10, 50, 100, 250, 500, 1000, 100, 250, 500, 1000]
    assert (table.data["low"] < table.data["accuracy"]).all()
    assert (table.data["pointwise_level"] >= 0.95).all()
    assert len(table.rows) == len(table.data)


def test_multipliers_have_a_row_for_each_amount_and_tell_between_points_from_a_fitted_curve(analysis: Analysis) -> None:
    table = made(analysis)["data_multipliers"]
    assert [row[:3] for row in table.rows] == [
        *(("refinement", "sprm", images) for images in ("10", "50", "100", "250", "500", "1,000")),
        *(("sprm", "refinement", images) for images in ("100", "250", "500", "1,000")),
    ]
    assert len(table.data) == len(analysis.multipliers) == 10
    assert list(table.data["multiple"].dropna()) == [
        one.needed.value for one in analysis.multipliers if not math.isnan(one.needed.value)
    ]
    joined = table.data[table.data["rival"] == "refinement"]
    assert set(joined["status"]) == {"between measured amounts", "not reached by the largest amount"}
    assert set(joined["rival_curve"]) == {"fewer than five amounts"}
    marks = [row[4].startswith("more than") for row in table.rows[:6]]
    assert marks == [one.startswith("not reached") for one in joined["status"]]
    assert "No power law for refinement. Without a power law" in table.caption
    assert not any("between" in cell for row in table.rows for cell in row)


def test_a_rival_without_a_curve_has_one_row_of_multipliers(tmp_path: Path) -> None:
    table = made(analyse(LearningRun(images=20, seeds=3).write(tmp_path / "run", without=ONE)))["data_multipliers"]
    assert table.rows[0] == ("refinement", "sprm", "all", "–", "no curve")
    unknown = table.data[table.data["rival"] == "refinement"]
    assert set(unknown["status"]) == {NeededStatus.no_curve.value}
    assert set(unknown["rival_curve"]) == {"one amount"}


def test_the_difference_of_areas_is_in_points(analysis: Analysis) -> None:
    (row,) = made(analysis)["areas"].rows
    assert row[:3] == ("sprm", "refinement", "100, 250, 500 and 1,000")
    assert row[3] == f"+{100 * analysis.areas[0].difference.estimate:.1f}"


def test_entity_types_are_called_exploratory_and_how_many_are_shown_is_told(analysis: Analysis) -> None:
    table = made(analysis)["learning_by_type"]
    assert table.caption.startswith("Exploratory")
    assert "the 12 most frequent of 14 entity types." in table.caption
    assert len(table.rows) == len(table.data) == 24
    assert list(table.data["entity_type"][:2]) == ["type 0", "type 0"]


def test_without_a_prior_nothing_is_matched_with_it(tmp_path: Path) -> None:
    study = LearningRun(images=20, seeds=2)
    tables = made(analyse(study.write(tmp_path / "run", without=(TrialKey("prior", "0", 0),))))
    assert {row[4] for row in tables["learning_curves"].rows} == {"–"}
    assert not any(name.startswith("prior") for name in tables["learning_curves"].data.columns)


def test_nothing_trained_has_no_rows(analysis: Analysis) -> None:
    untrained = replace(analysis, learning=(), learning_by_type=(), multipliers=(), areas=())
    assert [table.rows for table in learning_tables(untrained)] == [()] * 5
