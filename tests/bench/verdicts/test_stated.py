"""Since when claims stand, and which were withdrawn."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from simulated_run import SimulatedRun
from stated_claims import BETTER, FIRST, ROBUST, SECOND, SMALL, changed

from bench.claims.more_efficient import MoreEfficientClaim
from bench.claims.retains import RetainsClaim
from bench.protocol.claim import Claim
from bench.store.ledger import Ledger
from bench.store.preregistration import FILE, preregister, read_preregistration
from bench.verdicts.stated import stated, withdrawn
from bench.verdicts.withdrawn import withdrawn_statement


@dataclass(frozen=True)
class Run:
    """A run whose trials were finished at 03:05:00 on 2 January 2026, and of which nothing was claimed yet."""

    folder: Path

    def finished(self) -> None:
        """Have the trials run."""
        shutil.copytree(self.folder.parent / "done" / "trials", self.folder / "trials")

    def deleted(self) -> None:
        """Delete the trials."""
        shutil.rmtree(self.folder / "trials")

    def stated(self, *claims: Claim) -> tuple[tuple[str, int, int, bool], ...]:
        found = stated(self.folder, claims, list(Ledger(self.folder).records()), TRIALS)
        return tuple((one.name, one.trials_before, one.trials, one.beforehand) for one in found)

    def withdrawn(self, *claims: Claim) -> list[tuple[str, str | None, float | None, datetime]]:
        return [(one.name, one.system, one.margin, one.stated_at) for one in withdrawn(self.folder, claims)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=4, claims=()).write(tmp_path / "done")
    (tmp_path / "run").mkdir()
    return Run(tmp_path / "run")


TRIALS = 3 + 2 * 2 * 2


def test_a_claim_stated_before_the_first_trial_was_finished_stands_beforehand(run: Run) -> None:
    preregister(run.folder, [SMALL], datetime(2026, 1, 2, 3, 4, 59, tzinfo=UTC))
    run.finished()
    assert run.stated(SMALL) == (("small", 0, TRIALS, True),)


def test_a_claim_stated_after_results_counts_the_trials_that_were_there(run: Run) -> None:
    run.finished()
    preregister(run.folder, [SMALL], datetime(2026, 1, 2, 3, 5, tzinfo=UTC))
    assert run.stated(SMALL) == (("small", TRIALS, TRIALS, False),)


def test_trials_that_come_from_an_earlier_run_count_as_well(run: Run) -> None:
    preregister(run.folder, [SMALL], FIRST, elsewhere={run.folder.parent / "other": TRIALS})
    run.finished()
    assert run.stated(SMALL) == (("small", TRIALS, TRIALS, False),)


def test_a_claim_stands_since_a_run_stated_it_from_which_trials_come(run: Run) -> None:
    # A system is added to a study: all of its trials were finished after the claim was stated, but for two.
    earlier = run.folder.parent / "earlier"
    other = SMALL.model_copy(update={"name": "large", "margin": 0.05})
    preregister(earlier, [SMALL], FIRST, elsewhere={run.folder.parent / "first": 2})
    preregister(run.folder, [SMALL, other], SECOND, elsewhere={earlier: TRIALS})
    run.finished()
    small, large = read_preregistration(run.folder).claims
    assert (small.stated_at, small.trials_finished) == (FIRST, 2)
    assert (large.stated_at, large.trials_finished) == (SECOND, TRIALS)
    assert run.stated(SMALL, other) == (("small", 2, TRIALS, False), ("large", TRIALS, TRIALS, False))


def test_trials_of_a_run_that_did_not_state_a_claim_count_however_early_another_one_did(run: Run) -> None:
    earlier, silent = run.folder.parent / "earlier", run.folder.parent / "silent"
    preregister(earlier, [SMALL], FIRST)
    preregister(run.folder, [SMALL], SECOND, elsewhere={earlier: 5, silent: 3})
    (small,) = read_preregistration(run.folder).claims
    assert (small.stated_at, small.trials_finished) == (FIRST, 3)


def test_a_damaged_statement_of_another_run_is_no_statement(run: Run) -> None:
    earlier = run.folder.parent / "earlier"
    preregister(earlier, [SMALL], FIRST)
    (earlier / "preregistration.json").write_text("{")
    preregister(run.folder, [SMALL], SECOND, elsewhere={earlier: 5})
    (small,) = read_preregistration(run.folder).claims
    assert (small.stated_at, small.trials_finished) == (SECOND, 5)


def test_a_clock_that_was_set_right_meanwhile_makes_no_claim_late(run: Run) -> None:
    # The trials were finished after the claim was stated, and bear earlier times.
    preregister(run.folder, [SMALL], datetime(2030, 1, 1, tzinfo=UTC))
    run.finished()
    assert run.stated(SMALL) == (("small", 0, TRIALS, True),)


def test_a_clock_that_was_set_right_meanwhile_makes_no_claim_early(run: Run) -> None:
    run.finished()
    preregister(run.folder, [SMALL], datetime(2000, 1, 1, tzinfo=UTC))
    assert run.stated(SMALL) == (("small", TRIALS, TRIALS, False),)


def test_where_no_number_of_trials_was_written_down_their_times_have_to_do(run: Run) -> None:
    preregister(run.folder, [SMALL], datetime(2030, 1, 1, tzinfo=UTC))
    path = run.folder / "preregistration.json"
    stored = json.loads(path.read_text())
    del stored["claims"][0]["trials_finished"]
    path.write_text(json.dumps(stored))
    run.finished()
    assert run.stated(SMALL) == (("small", TRIALS, TRIALS, False),)


def test_deleting_the_trials_and_running_them_again_does_not_make_a_claim_older(run: Run) -> None:
    run.finished()
    # Stated before the trials' times, which are those of trials run again, but when results were there.
    preregister(run.folder, [SMALL], FIRST)
    run.deleted()
    assert run.stated(SMALL) == (("small", TRIALS, TRIALS, False),)
    run.finished()
    assert run.stated(SMALL) == (("small", TRIALS, TRIALS, False),)


def test_times_are_compared_across_time_zones(run: Run) -> None:
    preregister(run.folder, [SMALL], datetime(2026, 1, 2, 5, 4, 59, tzinfo=timezone(timedelta(hours=2))))
    run.finished()
    assert run.stated(SMALL) == (("small", 0, TRIALS, True),)


def test_of_several_claims_each_has_its_own_time(run: Run) -> None:
    preregister(run.folder, [SMALL], FIRST)
    run.finished()
    preregister(run.folder, [SMALL, BETTER, ROBUST], SECOND)
    assert run.stated(SMALL, BETTER, ROBUST) == (
        ("small", 0, TRIALS, True),
        ("better", TRIALS, TRIALS, False),
        ("robust", TRIALS, TRIALS, False),
    )


def test_a_claim_that_was_never_written_down_does_not_stand_beforehand(run: Run) -> None:
    run.finished()
    assert run.stated(SMALL) == (("small", TRIALS, TRIALS, False),)


def test_without_the_file_every_claim_counts_as_made_after_the_results_that_are_there(run: Run) -> None:
    preregister(run.folder, [SMALL], FIRST)
    run.finished()
    (run.folder / FILE).unlink()
    preregister(run.folder, [SMALL], SECOND)
    assert run.stated(SMALL) == (("small", TRIALS, TRIALS, False),)


def test_without_a_result_no_claim_can_be_late(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], SECOND)
    (found,) = stated(tmp_path, [SMALL], [], TRIALS)
    assert (found.stated_at, found.trials_before, found.trials, found.beforehand) == (SECOND, 0, TRIALS, True)


def test_claims_that_were_stated_and_are_not_kept_are_withdrawn(run: Run) -> None:
    wider = changed(SMALL, margin=0.05)
    preregister(run.folder, [SMALL, BETTER, ROBUST], FIRST)
    preregister(run.folder, [wider], SECOND)
    assert run.withdrawn(wider) == [
        ("small", "sprm", 0.02, FIRST), ("better", "sprm", 0.0, FIRST), ("robust", None, None, FIRST),
    ]  # fmt: skip
    assert run.withdrawn(SMALL, BETTER, ROBUST) == [("small", "sprm", 0.05, SECOND)]
    assert len(run.withdrawn()) == 4


def test_a_claim_that_is_made_again_stands_since_its_first_time(run: Run) -> None:
    preregister(run.folder, [SMALL], FIRST)
    run.finished()
    preregister(run.folder, [BETTER], SECOND)
    preregister(run.folder, [SMALL], SECOND)
    assert run.stated(SMALL) == (("small", 0, TRIALS, True),)
    assert run.withdrawn(SMALL) == [("better", "sprm", 0.0, SECOND)]


def test_a_renamed_claim_is_not_withdrawn(run: Run) -> None:
    preregister(run.folder, [SMALL], FIRST)
    assert run.withdrawn(changed(SMALL, name="little", renders=None)) == []


def test_a_withdrawn_claim_of_a_version_that_had_other_keys_is_told_by_those_it_has(run: Run) -> None:
    one = {"fingerprint": "f", "claim": {"margin": "wide"}, "stated_at": FIRST.isoformat()}
    (run.folder / FILE).write_text(json.dumps({"claims": [one]}))
    assert run.withdrawn(SMALL) == [("", None, None, FIRST)]


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        (SMALL, "“small” (competitive, sprm, margin 0.02"),
        (changed(BETTER, margin=0), "“better” (better_than, sprm, margin 0"),
        (RetainsClaim(name="a", kind="retains", system="sprm", rival="prior", at=0.25, share=0.8),
         "“a” (retains, sprm, share 0.8"),
        (MoreEfficientClaim(name="b", kind="more_efficient", system="sprm", rival="refinement", factor=2),
         "“b” (more_efficient, sprm, factor 2"),
    ],
)  # fmt: skip
def test_a_withdrawn_claim_is_told_with_the_number_that_decides_it(tmp_path: Path, claim: Claim, told: str) -> None:
    preregister(tmp_path, [claim], FIRST)
    assert withdrawn_statement(withdrawn(tmp_path, [])) == [
        f"1 other claim was stated for this run and is no longer in its protocol: {told}, since 2026-01-02 03:04 UTC)."
    ]


def test_several_withdrawn_claims_are_told_in_one_sentence(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL, ROBUST], FIRST)
    preregister(tmp_path, [BETTER], SECOND)
    assert withdrawn_statement(withdrawn(tmp_path, [BETTER])) == [
        "2 other claims were stated for this run and are no longer in its protocol: “small” (competitive, sprm, margin "
        "0.02, since 2026-01-02 03:04 UTC) and “robust” (robust, since 2026-01-02 03:04 UTC)."
    ]
    assert withdrawn_statement(withdrawn(tmp_path, [SMALL, ROBUST, BETTER])) == []
