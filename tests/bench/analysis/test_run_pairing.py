"""Numbers of two runs are compared where both have the trials, and it is said where they have not."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from edited_run import KEY, answer_otherwise, edit_every_record
from pytest import approx
from simulated_run import SimulatedRun

from bench.analysis.run_pairing import OTHER_PHRASES, OTHER_SEEDS, Cell, cells
from bench.analysis.run_side import read_side
from bench.stats import Status, holm
from bench.store.ledger import Ledger

SMALL = SimulatedRun(fractions=(0.1, 1.0), seeds=3, images=30)


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return SMALL.write(tmp_path / "first")


def compared(first: Path, second: Path) -> dict[tuple[str, str], Cell]:
    return {(cell.system, cell.fraction): cell for cell in cells(read_side(first), read_side(second))}


def accuracies(run: Path, system: str, fraction: str) -> list[float]:
    records = [record for record in Ledger(run).records() if (record.system, record.fraction) == (system, fraction)]
    return [record.accuracy for record in sorted(records, key=lambda record: record.seed)]


def test_a_run_and_its_copy_are_the_same_and_nothing_is_tested(first: Path, tmp_path: Path) -> None:
    found = compared(first, Path(shutil.copytree(first, tmp_path / "second")))
    assert len(found) == 7
    for cell in found.values():
        assert cell.same == len(cell.seeds) == (3 if cell.system in ("sprm", "refinement") else 1)
        assert not cell.is_hypothesis
        assert cell.unpaired == ()
        assert cell.difference is not None
        assert cell.difference.status is Status.constant
        assert np.isnan(cell.p_adjusted)


def test_a_difference_is_second_minus_first_and_is_adjusted_over_what_differs(first: Path, tmp_path: Path) -> None:
    second = SimulatedRun(fractions=(0.1, 1.0), seeds=3, images=30, gain=0.3).write(tmp_path / "second")
    found = compared(first, second)
    cell = found["sprm", "1"]
    before, after = accuracies(first, "sprm", "1"), accuracies(second, "sprm", "1")
    assert cell.difference is not None
    assert cell.difference.estimate == approx(np.mean(after) - np.mean(before))
    assert cell.difference.estimate > 0.1
    assert (cell.seeds, cell.same, cell.inputs) == ((0, 1, 2), 0, ())
    assert cell.p_fixed < 0.01
    assert found["refinement", "1"].same == 3
    tested = [each for each in found.values() if each.is_hypothesis]
    assert [(each.system, each.fraction) for each in tested] == [("sprm", "0.1"), ("sprm", "1")]
    raw = [each.difference.p for each in tested if each.difference is not None]
    assert [each.p_adjusted for each in tested] == approx(list(holm(raw)))


def test_trials_of_other_settings_stay_hypotheses_where_nothing_came_of_them(first: Path, tmp_path: Path) -> None:
    second = Path(shutil.copytree(first, tmp_path / "second"))
    path = second / "protocol.yaml"
    path.write_text(path.read_text().replace("epochs: 25", "epochs: 26"))
    edit_every_record(second, lambda record: (record["inputs"]["training"] or {}).update(epochs=26))
    answer_otherwise(second, KEY)
    found = compared(first, second)
    assert found["sprm", "1"].inputs == found["sprm", "0.1"].inputs == ("training.epochs",)
    assert found["sprm", "1"].same == 2
    assert sum(cell.is_hypothesis for cell in found.values()) == 4
    cell = found["sprm", "1"]
    assert cell.difference is not None
    assert cell.p_adjusted == approx(min(1, 4 * cell.difference.p))


def test_another_box_or_score_is_another_outcome_also_where_as_many_are_right(first: Path, tmp_path: Path) -> None:
    second = Path(shutil.copytree(first, tmp_path / "second"))
    ledger = Ledger(second)
    record, items = ledger.record(KEY), ledger.items(KEY)
    assert record is not None
    ledger.write(record, items.assign(score=items["score"].fillna(0) + 1))
    cell = compared(first, second)["sprm", "1"]
    assert (cell.same, len(cell.seeds)) == (2, 3)
    assert cell.is_hypothesis
    assert cell.difference is not None
    assert cell.difference.estimate == 0


def test_what_has_no_counterpart_is_named_with_the_reason(first: Path, tmp_path: Path) -> None:
    second = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=30).write(tmp_path / "second")
    folder = Ledger(second).trial_folder(KEY)
    (folder / "items.parquet").write_bytes(b"")
    shutil.rmtree(second / "trials" / "oracle")
    found = compared(first, second)
    assert found["sprm", "0.1"].unpaired == ("the second run's protocol has no fraction 0.1",)
    assert found["sprm", "0.5"].unpaired == ("the first run's protocol has no fraction 0.5",)
    assert set(found["sprm", "1"].unpaired) == {
        "seed 0: stale in the second run (items.parquet is missing or was changed)",
        "seed 2: the second run's protocol has no such seed",
    }
    assert found["sprm", "1"].seeds == (1,)
    assert found["oracle", "0"].unpaired == ("seed 0: missing in the second run",)
    assert found["oracle", "0"].second is None
    assert found["oracle", "0"].difference is None


def test_other_test_phrases_are_not_paired(first: Path, tmp_path: Path) -> None:
    second = SimulatedRun(fractions=(0.1, 1.0), seeds=3, images=31).write(tmp_path / "second")
    for cell in compared(first, second).values():
        assert cell.unpaired == (OTHER_PHRASES,)
        assert cell.seeds == ()
        assert cell.first is not None
        assert cell.second is not None


def test_a_run_without_results_has_no_numbers(first: Path, tmp_path: Path) -> None:
    second = Path(shutil.copytree(first, tmp_path / "second"))
    shutil.rmtree(second / "trials")
    found = compared(second, first)
    assert all(cell.first is None and cell.second is not None for cell in found.values())
    assert found["sprm", "1"].unpaired == ("seeds 0, 1, 2: missing in the first run",)


def test_crossed_seeds_are_not_paired_with_others_whose_numbers_mean_something_else(
    first: Path, tmp_path: Path
) -> None:
    crossed = SimulatedRun(fractions=(0.1, 1.0), seeds=3, initialisations=2, images=30)
    for cell in compared(first, crossed.write(tmp_path / "crossed")).values():
        if cell.fraction == "0":
            assert (cell.seeds, cell.unpaired) == ((0,), ())
        else:
            assert (cell.seeds, cell.difference, cell.unpaired) == ((), None, (OTHER_SEEDS,))


def test_crossed_seeds_with_as_many_initialisations_are_paired_where_they_share_nothing(tmp_path: Path) -> None:
    sides = [
        SimulatedRun(fractions=(1.0,), seeds=seeds, initialisations=3, images=30).write(tmp_path / str(seeds))
        for seeds in (2, 4)
    ]
    cell = compared(*sides)["sprm", "1"]
    assert (cell.seeds, cell.same) == ((0, 4), 2)
    assert cell.unpaired == ("seed 8: the first run's protocol has no such seed",)
