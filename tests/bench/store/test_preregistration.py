from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stated_claims import BETTER, FIRST, ROBUST, SECOND, SMALL, changed
from waiting import LONGEST

from bench.claims.retains import RetainsClaim
from bench.protocol.claim import Claim
from bench.store.preregistration import FILE, fingerprints, preregister, read_preregistration
from bench.verdicts.stated import stated, withdrawn
from bench.verdicts.withdrawn import withdrawn_statement
from sprm.errors import ResultsError
from sprm.files.leases import leased


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
        b'{"claims": [{"fingerprint": "f", "claim": {}, "stated_at": "9999-12-31T23:59:59-12:00"}]}',
        b'{"claims": [{"fingerprint": "f", "claim": {}, "stated_at": "0001-01-01T00:00:00+12:00"}]}',
        b'{"claims": [{"fingerprint": "f", "claim": {}, "stated_at": "2026-01-02T03:04:05Z", "trials_finished": -1}]}',
        b'{"schema_version": 99, "claims": []}',
    ],
)
def test_a_damaged_file_is_one_clear_error_and_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    for attempt in (
        lambda: read_preregistration(tmp_path),
        lambda: preregister(tmp_path, [SMALL], FIRST),
        lambda: stated(tmp_path, [SMALL], [], 0),
        lambda: withdrawn(tmp_path, [SMALL]),
    ):
        with pytest.raises(ResultsError, match=r"preregistration\.json: cannot be read \(.+\); restore it from a copy"):
            attempt()
    assert (tmp_path / FILE).read_bytes() == content


def damaged(run: Path, **values: object) -> str:
    """Change what is stored of the first claim, and return what is then said of the file."""
    stored = json.loads((run / FILE).read_bytes())
    stored["claims"][0] |= values
    (run / FILE).write_text(json.dumps(stored))
    with pytest.raises(ResultsError) as told:
        read_preregistration(run)
    return str(told.value)


def test_a_claim_that_is_there_twice_is_damage(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], FIRST)
    stored = json.loads((tmp_path / FILE).read_bytes())
    stored["claims"].append({**stored["claims"][0], "stated_at": SECOND.isoformat()})
    (tmp_path / FILE).write_text(json.dumps(stored))
    with pytest.raises(ResultsError, match="a claim appears twice"):
        read_preregistration(tmp_path)


@pytest.mark.parametrize(
    "values", [{"claim": json.loads(changed(SMALL, margin=0.05).model_dump_json())}, {"fingerprint": "0" * 64}]
)
def test_a_claim_under_another_fingerprint_is_damage(tmp_path: Path, values: dict[str, object]) -> None:
    preregister(tmp_path, [SMALL, BETTER], FIRST)
    assert "claims: the fingerprint of 'small' is not its own" in damaged(tmp_path, **values)


def test_a_claim_of_robustness_has_to_be_about_a_claim_that_was_stated(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL, ROBUST], FIRST)
    assert len(read_preregistration(tmp_path).claims) == 2
    stored = json.loads((tmp_path / FILE).read_bytes())
    (tmp_path / FILE).write_text(json.dumps({**stored, "claims": stored["claims"][1:]}))
    with pytest.raises(ResultsError, match="the fingerprint of 'robust' is not its own"):
        read_preregistration(tmp_path)


def test_a_claim_of_robustness_is_its_own_when_the_other_has_been_renamed(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], FIRST)
    preregister(tmp_path, [changed(SMALL, name="little"), changed(ROBUST, claim="little")], SECOND)
    assert times(tmp_path) == [("small", FIRST), ("robust", SECOND)]


def test_a_claim_that_this_version_does_not_know_is_left_alone(tmp_path: Path) -> None:
    one = {"fingerprint": "f", "claim": {"name": "old", "kind": "forgotten"}, "stated_at": FIRST.isoformat()}
    (tmp_path / FILE).write_text(json.dumps({"claims": [one]}))
    preregister(tmp_path, [SMALL], SECOND)
    assert times(tmp_path) == [("old", FIRST), ("small", SECOND)]


def test_a_key_that_came_later_makes_no_other_claim_of_one_that_was_stated_without_it(tmp_path: Path) -> None:
    values = json.loads(SMALL.model_dump_json(exclude={"up_to"}))
    decides = {key: value for key, value in values.items() if key not in ("name", "renders", "renders_on")}
    before = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
    one = {"fingerprint": before, "claim": values, "stated_at": FIRST.isoformat()}
    about = {**json.loads(ROBUST.model_dump_json()), "claim": before, "controls": ["equal-steps", "last-epoch"]}
    decides = {key: value for key, value in about.items() if key not in ("name", "renders", "renders_on")}
    robust = {
        "fingerprint": hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest(),
        "claim": json.loads(ROBUST.model_dump_json()),
        "stated_at": FIRST.isoformat(),
    }
    (tmp_path / FILE).write_text(json.dumps({"claims": [one, robust]}))
    preregister(tmp_path, [SMALL, ROBUST], SECOND)
    assert times(tmp_path) == [("small", FIRST), ("robust", FIRST)]
    assert [each.stated_at for each in stated(tmp_path, [SMALL, ROBUST], [], 0)] == [FIRST, FIRST]
    assert withdrawn(tmp_path, [SMALL, ROBUST]) == ()


def test_a_time_is_kept_in_utc(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], FIRST.astimezone(timezone(timedelta(hours=-11))))
    (one,) = read_preregistration(tmp_path).claims
    assert (one.stated_at, one.stated_at.tzinfo) == (FIRST, UTC)


def test_a_folder_in_the_place_of_the_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(ResultsError, match=r"cannot be read \(Is a directory\)"):
        preregister(tmp_path, [SMALL], FIRST)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def state(run: Path, margins: list[float], together: Barrier) -> None:
    for margin in margins:
        together.wait(timeout=LONGEST)
        preregister(run, [changed(SMALL, name=f"within-{round(100 * margin)}-points", margin=margin)], FIRST)


def test_claims_that_several_commands_state_at_once_all_survive(tmp_path: Path) -> None:
    margins = [[round(0.01 * (3 * place + process + 1), 2) for place in range(6)] for process in range(3)]
    spawn = get_context("spawn")
    together = spawn.Barrier(len(margins))
    processes = [spawn.Process(target=state, args=(tmp_path, own, together)) for own in margins]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert sorted(statement.claim["margin"] for statement in read_preregistration(tmp_path).claims) == sorted(
        chain.from_iterable(margins)
    )
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_nothing_is_locked_or_written_when_every_claim_was_stated(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], FIRST)
    # Whoever holds a lease here would keep others waiting.
    with leased(tmp_path / FILE, waiting=lambda holder: None):
        preregister(tmp_path, [SMALL], SECOND)
    assert times(tmp_path) == [("small", FIRST)]


@given(st.lists(st.sampled_from([0.0, 0.01, 0.02, 0.05]), max_size=8))
def test_each_claim_stands_since_the_first_time_that_it_was_stated(margins: list[float]) -> None:
    moments = [FIRST + timedelta(days=day) for day in range(len(margins))]
    with TemporaryDirectory() as folder:
        for margin, moment in zip(margins, moments, strict=True):
            preregister(Path(folder), [changed(SMALL, margin=margin)], moment)
        found = {one: stand.stated_at for one, stand in read_preregistration(Path(folder)).first.items()}
    first = {margin: moments[margins.index(margin)] for margin in set(margins)}
    assert found == {fingerprints([changed(SMALL, margin=margin)])["small"]: moment for margin, moment in first.items()}


def test_a_claim_about_another_metric_is_another_claim(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL, ROBUST], FIRST)
    preregister(tmp_path, [SMALL, ROBUST], SECOND, metric="recall_5")
    preregister(tmp_path, [SMALL], SECOND, metric="recall_5")
    assert [each.metric for each in read_preregistration(tmp_path).claims] == ["correct"] * 2 + ["recall_5"] * 2
    assert [each.stated_at for each in stated(tmp_path, [SMALL], [], 0, "recall_5")] == [SECOND]
    assert [each.stated_at for each in stated(tmp_path, [SMALL], [], 0)] == [FIRST]
    assert [each.metric for each in withdrawn(tmp_path, [SMALL, ROBUST])] == ["recall_5"] * 2
    (line,) = withdrawn_statement(withdrawn(tmp_path, [SMALL, ROBUST]))
    assert "“small” (competitive, sprm, margin 0.02, recall at 5, since" in line


def test_a_statement_about_accuracy_is_written_as_before_there_were_other_metrics(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], FIRST)
    assert b"metric" not in (tmp_path / FILE).read_bytes()
