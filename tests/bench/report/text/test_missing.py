from __future__ import annotations

from pathlib import Path

import pytest
from simulated_run import SimulatedRun

from bench.report.analyse import analyse
from bench.report.text.missing import OTHERWISE, advice, missing
from bench.store.ledger import Ledger
from bench.store.records import TrialKey

STUDY = SimulatedRun(fractions=(0.1, 1.0), seeds=4, images=20)
KILLED = "its worker process ended by SIGKILL; it was seen with up to 3,100 MiB of memory"


def test_a_complete_run_lacks_nothing(tmp_path: Path) -> None:
    assert missing(analyse(STUDY.write(tmp_path / "run"))) is None


def test_failed_trials_are_grouped_by_their_error_and_the_others_by_what_is_wrong(tmp_path: Path) -> None:
    lost = tuple(TrialKey("sprm", "0.1", seed) for seed in (1, 3))
    run = STUDY.write(
        tmp_path / "run",
        without=(*lost, TrialKey("oracle", "0", 0)),
        failed=(TrialKey("refinement", "1", 0), TrialKey("refinement", "1", 2), TrialKey("sprm", "1", 1)),
    )
    STUDY.fail(run, TrialKey("refinement", "0.1", 0), KILLED)
    (Ledger(run).trial_folder(TrialKey("refinement", "0.1", 0)) / "record.json").unlink()
    found = missing(analyse(run))
    assert found is not None
    assert found.statement == (
        "12 of 19 trials are done; 4 failed and 3 have not run. The results below use the finished trials "
        "only and may change."
    )
    often, once = found.problems
    assert (often.error, often.number) == ("the loss is not finite in epoch 3", 3)
    assert often.trials == (
        "sprm with all 1,000 images, seed 1",
        "refinement with all 1,000 images, seeds 0 and 2",
    )
    assert often.traceback == "trials/sprm/1/1/failure.json"
    assert (run / often.traceback).is_file()
    assert (once.error, once.trials) == (KILLED, ("refinement with 100 images (10 %), seed 0",))
    assert found.others == ("sprm with 100 images (10 %), seeds 1 and 3: has not run", "oracle: has not run")
    assert found.command == "python -m bench run results/run/protocol.yaml"


def test_a_result_that_does_not_count_is_missing_too(tmp_path: Path) -> None:
    run = STUDY.write(tmp_path / "run")
    (Ledger(run).trial_folder(TrialKey("sprm", "1", 2)) / "items.parquet").unlink()
    found = missing(analyse(run))
    assert found is not None
    assert found.statement.startswith("18 of 19 trials are done; the result of 1 does not count.")
    assert found.others == ("sprm with all 1,000 images, seed 2: stale, items.parquet is missing or was changed",)


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        ("its worker process ended by SIGKILL, by the system, which ran out of memory", "--workers 1"),
        ("Ray ended its worker process, as memory ran out", "--workers 1"),
        ("OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "--workers 1"),
        ("the loss or a weight is not finite after epoch 3; try a smaller learning_rate", "training.learning_rate"),
        ("its worker process ended by SIGSEGV", "last checkpoint"),
        ("its workers were lost, one after the other", "last checkpoint"),
        ("RuntimeError: CUDA error: device-side assert triggered", "device=cpu"),
        ("KeyError: 'phrases'", OTHERWISE),
    ],
)
def test_each_kind_of_error_has_its_advice(error: str, helps: str) -> None:
    assert helps in advice(error)


def test_a_long_error_is_cut_and_stays_on_its_line(tmp_path: Path) -> None:
    run = STUDY.write(tmp_path / "run", without=(TrialKey("sprm", "1", 2),))
    STUDY.fail(run, TrialKey("sprm", "1", 2), "<b>bad</b>\n" + 1000 * "x")
    found = missing(analyse(run))
    assert found is not None
    (problem,) = found.problems
    assert problem.error.startswith("<b>bad</b>\\nxxx")
    assert len(problem.error) < 310
