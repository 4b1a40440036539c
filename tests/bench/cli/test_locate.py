"""What is written down before a run is judged, on a simulated run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from simulated_run import SimulatedRun

from bench.cli.commands.status import status
from bench.cli.exit_codes import INCOMPLETE, OK, SOME_FAILED
from bench.cli.locate import progress_of, without_unneeded
from bench.protocol.load import load
from bench.store.ledger import Ledger
from bench.store.preregistration import FILE, read_preregistration
from bench.trials.status import TrialStatus, run_progress

STUDY = SimulatedRun(fractions=(0.1, 1.0), seeds=8, images=60, gain=0.3, looks=(4, 6, 8))


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that its plan has stopped at the first look, since its margin is far from what was found."""
    return STUDY.write(tmp_path_factory.mktemp("stopped") / "run", without=STUDY.beyond(4))


def test_whoever_asks_which_trials_are_needed_has_stated_claims_and_plan(stopped: Path, tmp_path: Path) -> None:
    protocol = load(stopped / "protocol.yaml").protocol
    tried = tuple(claim.model_copy(update={"margin": 0.04}) for claim in protocol.claims)
    other = protocol.model_copy(update={"claims": tried})
    for number, ask in enumerate((progress_of, lambda asked, of: without_unneeded(run_progress(asked, of), asked, of))):
        run = tmp_path / str(number)
        shutil.copytree(stopped, run)
        (run / FILE).unlink()
        ask(protocol, Ledger(run))
        ask(other, Ledger(run))
        stated = read_preregistration(run)
        assert [each.claim["margin"] for each in stated.claims] == [0.02, 0.04]
        assert [(each.plan, each.trials_finished) for each in stated.plans] == [(protocol.sequential, 19)]


def test_without_a_run_nothing_is_written(stopped: Path, tmp_path: Path) -> None:
    protocol = load(stopped / "protocol.yaml").protocol
    progress = progress_of(protocol, Ledger(tmp_path / "none"))
    assert {trial.status for trial in progress} == {TrialStatus.missing}
    assert list(tmp_path.iterdir()) == []


def test_status_tells_a_run_that_stopped_from_one_that_failed_or_was_interrupted_later(
    stopped: Path, tmp_path: Path
) -> None:
    later = STUDY.beyond(4)
    failed = STUDY.write(tmp_path / "failed", without=later[1:], failed=later[:1])
    interrupted = STUDY.write(tmp_path / "interrupted", without=later[1:])
    codes = [status(run, (), tmp_path, as_json=True) for run in (stopped, failed, interrupted)]
    assert codes == [OK, SOME_FAILED, INCOMPLETE]
