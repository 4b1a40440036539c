from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_run import SimulatedRun

from bench.analysis.statement import stated
from bench.claims import BetterThanClaim, Claim, CompetitiveClaim, RetainsClaim, RobustClaim
from bench.ledger import Ledger
from bench.preregistration import FILE, fingerprints, preregister, read_preregistration
from sprm.errors import ResultsError

SMALL = CompetitiveClaim(name="small", renders="A fraction is enough.", kind="competitive", system="sprm", margin=0.02)
BETTER = BetterThanClaim(name="better", kind="better_than", system="sprm", rival="prior", at=(0.5, 1.0))
ROBUST = RobustClaim(name="robust", kind="robust", claim="small", controls=("last-epoch", "equal-steps"))
FIRST, SECOND = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def changed(claim: Claim, /, **values: object) -> Claim:
    """Return a claim with some values changed, checked like any other."""
    return type(claim).model_validate({**claim.model_dump(), **values})


def times(run: Path) -> list[tuple[str, datetime]]:
    return [(str(one.claim["name"]), one.stated_at) for one in read_preregistration(run).claims]


def test_a_run_that_was_never_held_against_anything_has_stated_nothing(tmp_path: Path) -> None:
    assert read_preregistration(tmp_path / "run").claims == ()


def test_what_is_stated_is_kept_with_its_time_and_its_wording(tmp_path: Path) -> None:
    preregister(tmp_path / "run", [SMALL, BETTER], FIRST)
    small, better = read_preregistration(tmp_path / "run").claims
    assert small.claim == json.loads(SMALL.model_dump_json())
    assert (small.stated_at, better.stated_at) == (FIRST, FIRST)
    assert small.fingerprint == fingerprints([SMALL])["small"]
    assert [path.name for path in (tmp_path / "run").iterdir()] == [FILE]


def test_no_claim_leaves_no_file(tmp_path: Path) -> None:
    preregister(tmp_path / "run", [], FIRST)
    assert not (tmp_path / "run").exists()


def test_a_claim_keeps_the_time_of_its_first_statement(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL, BETTER], FIRST)
    before = (tmp_path / FILE).read_bytes()
    preregister(tmp_path, [BETTER, SMALL], SECOND)
    preregister(tmp_path, [SMALL], SECOND)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_new_claim_is_added_with_its_own_time(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], FIRST)
    preregister(tmp_path, [BETTER, SMALL], SECOND)
    assert times(tmp_path) == [("small", FIRST), ("better", SECOND)]


def test_a_changed_margin_is_a_new_claim_beside_the_old_one(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], FIRST)
    preregister(tmp_path, [changed(SMALL, margin=0.03)], SECOND)
    assert times(tmp_path) == [("small", FIRST), ("small", SECOND)]
    assert [one.claim["margin"] for one in read_preregistration(tmp_path).claims] == [0.02, 0.03]
    preregister(tmp_path, [SMALL], SECOND)
    assert len(times(tmp_path)) == 2


def test_a_claim_renamed_or_put_otherwise_is_the_same_claim(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], FIRST)
    preregister(tmp_path, [changed(SMALL, name="little", renders="Other words.")], SECOND)
    preregister(tmp_path, [changed(SMALL, renders=None)], SECOND)
    assert times(tmp_path) == [("small", FIRST)]


@pytest.mark.parametrize(
    ("claim", "values"),
    [
        (SMALL, {"margin": 0.021}),
        (SMALL, {"system": "refinement"}),
        (BETTER, {"rival": "refinement"}),
        (BETTER, {"margin": 0.01}),
        (BETTER, {"at": (1.0,)}),
        (BETTER, {"at": None}),
        (RetainsClaim(name="a", kind="retains", system="sprm", rival="prior", at=0.25, share=0.8), {"share": 0.81}),
        (RetainsClaim(name="a", kind="retains", system="sprm", rival="prior", at=0.25, share=0.8), {"at": 0.5}),
    ],
)
def test_every_value_that_decides_a_claim_is_part_of_its_fingerprint(claim: Claim, values: dict[str, object]) -> None:
    assert fingerprints([claim]) != fingerprints([changed(claim, **values)])


@pytest.mark.parametrize(
    ("claim", "values"),
    [
        (BETTER, {"at": (1.0, 0.5)}),
        (BETTER, {"at": (0.5, 1)}),
        (BETTER, {"margin": 0}),
        (RetainsClaim(name="a", kind="retains", system="sprm", rival="prior", at=16, share=0.8), {"at": 16.0}),
    ],
)
def test_how_a_value_is_written_is_no_part_of_it(claim: Claim, values: dict[str, object]) -> None:
    assert fingerprints([claim]) == fingerprints([changed(claim, **values)])


def test_a_claim_of_robustness_changes_with_the_claim_that_it_is_about() -> None:
    before = fingerprints([SMALL, ROBUST])
    assert fingerprints([changed(SMALL, margin=0.03), ROBUST])["robust"] != before["robust"]
    assert fingerprints([SMALL, changed(ROBUST, controls=("last-epoch",))])["robust"] != before["robust"]
    renamed = [changed(SMALL, name="little"), changed(ROBUST, claim="little")]
    assert fingerprints(renamed)["robust"] == before["robust"]
    assert fingerprints([SMALL, changed(ROBUST, controls=("equal-steps", "last-epoch"))]) == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"claims": [{"fingerprint": "f"}]}',
        b'{"claims": [{"fingerprint": "f", "claim": {}, "stated_at": "yesterday"}]}',
        # Without its zone a time cannot be held against that of a trial.
        b'{"claims": [{"fingerprint": "f", "claim": {}, "stated_at": "2026-01-02T03:04:05"}]}',
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_is_one_clear_error_and_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    for attempt in (
        lambda: read_preregistration(tmp_path),
        lambda: preregister(tmp_path, [SMALL], FIRST),
        lambda: stated(tmp_path, [SMALL], []),
    ):
        with pytest.raises(
            ResultsError, match=r"preregistration\.json: cannot be read; .* Delete it to have the claims"
        ):
            attempt()
    assert (tmp_path / FILE).read_bytes() == content


def test_a_failed_write_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(IsADirectoryError):
        preregister(tmp_path, [SMALL], FIRST)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@given(st.lists(st.sampled_from([0.0, 0.01, 0.02, 0.05]), max_size=8))
def test_each_claim_stands_since_the_first_time_that_it_was_stated(margins: list[float]) -> None:
    moments = [FIRST + timedelta(days=day) for day in range(len(margins))]
    with TemporaryDirectory() as folder:
        for margin, moment in zip(margins, moments, strict=True):
            preregister(Path(folder), [changed(SMALL, margin=margin)], moment)
        found = read_preregistration(Path(folder)).since
    first = {margin: moments[margins.index(margin)] for margin in set(margins)}
    assert found == {fingerprints([changed(SMALL, margin=margin)])["small"]: moment for margin, moment in first.items()}


@dataclass(frozen=True)
class Run:
    """A run whose trials were finished at 03:05:00 on 2 January 2026."""

    folder: Path

    def stated(self, *claims: Claim) -> tuple[tuple[str, int, int, bool], ...]:
        found = stated(self.folder, claims, list(Ledger(self.folder).records()))
        return tuple((one.name, one.trials_before, one.trials, one.beforehand) for one in found)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    study = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=4)
    return Run(study.write(tmp_path_factory.mktemp("stated") / "run"))


TRIALS = 3 + 2 * 2 * 2


def test_a_claim_stated_before_the_first_trial_was_finished_stands_beforehand(run: Run) -> None:
    (run.folder / FILE).unlink(missing_ok=True)
    preregister(run.folder, [SMALL], datetime(2026, 1, 2, 3, 4, 59, tzinfo=UTC))
    assert run.stated(SMALL) == (("small", 0, TRIALS, True),)


def test_a_claim_stated_after_results_counts_the_trials_that_were_there(run: Run) -> None:
    (run.folder / FILE).unlink(missing_ok=True)
    preregister(run.folder, [SMALL], datetime(2026, 1, 2, 3, 5, tzinfo=UTC))
    assert run.stated(SMALL) == (("small", TRIALS, TRIALS, False),)


def test_times_are_compared_across_time_zones(run: Run) -> None:
    (run.folder / FILE).unlink(missing_ok=True)
    preregister(run.folder, [SMALL], datetime(2026, 1, 2, 5, 4, 59, tzinfo=timezone(timedelta(hours=2))))
    assert run.stated(SMALL) == (("small", 0, TRIALS, True),)


def test_of_several_claims_each_has_its_own_time(run: Run) -> None:
    (run.folder / FILE).unlink(missing_ok=True)
    preregister(run.folder, [SMALL], FIRST)
    preregister(run.folder, [SMALL, BETTER, ROBUST], SECOND)
    assert run.stated(SMALL, BETTER, ROBUST) == (
        ("small", 0, TRIALS, True),
        ("better", TRIALS, TRIALS, False),
        ("robust", TRIALS, TRIALS, False),
    )


def test_a_claim_that_was_never_written_down_does_not_stand_beforehand(run: Run) -> None:
    (run.folder / FILE).unlink(missing_ok=True)
    assert run.stated(SMALL) == (("small", TRIALS, TRIALS, False),)


def test_without_a_result_no_claim_can_be_late(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], SECOND)
    (found,) = stated(tmp_path, [SMALL], [])
    assert (found.stated_at, found.trials_before, found.trials, found.beforehand) == (SECOND, 0, 0, True)
