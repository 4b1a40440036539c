"""A merged run is one like any other, and says what it was made of."""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from edited_run import KEY, answer_otherwise, edit, edit_every_record, keep_weights, remove, settled
from simulated_test_split import describe

from bench.claims.robust import RobustClaim
from bench.protocol.load import load
from bench.report.analyse import analyse
from bench.report.text.caveats import caveats, notices
from bench.store.ledger import Ledger
from bench.store.manifest import read_manifest
from bench.store.preregistration import preregister, read_preregistration
from bench.store.test_split import read_test_split
from bench.store.weights import intact_weights
from bench.subsets.draw import read_index
from bench.trials.merging.allowance import Allowance
from bench.trials.merging.write import write_merged
from bench.trials.status import TrialStatus, run_progress
from sprm.errors import ResultsError


def statuses(run: Path) -> set[TrialStatus]:
    return {each.status for each in run_progress(load(run / "protocol.yaml").protocol, Ledger(run))}


def keep_subsets_of(run: Path, seed: int) -> None:
    def changed(index: dict) -> None:  # type: ignore[type-arg]
        index["subsets"] = [own for own in index["subsets"] if own["seed"] == seed]

    edit(run / "subsets" / "index.json", changed)


def test_a_merged_run_holds_the_same_bytes_as_one_that_was_never_divided(
    whole: Path, here: Path, there: Path, tmp_path: Path
) -> None:
    remove(here, "sprm")
    remove(there, "prior", "refinement")
    write_merged(settled(here, there), tmp_path / "merged")
    for path in sorted(whole.glob("trials/*/*/*/*")):
        assert (tmp_path / "merged" / path.relative_to(whole)).read_bytes() == path.read_bytes()
    assert (tmp_path / "merged" / "protocol.yaml").read_bytes() == (whole / "protocol.yaml").read_bytes()
    assert (tmp_path / "merged" / "subsets" / "index.json").read_bytes() == (
        whole / "subsets" / "index.json"
    ).read_bytes()
    assert statuses(tmp_path / "merged") == {TrialStatus.done}
    before, after = analyse(whole), analyse(tmp_path / "merged")
    assert [verdict.decision for verdict in after.verdicts] == [verdict.decision for verdict in before.verdicts]
    assert notices(after)[0] == "Merged from here (7 results) and there (4 results)."


def test_claims_keep_their_earliest_statement_and_what_was_finished_anywhere(
    here: Path, there: Path, tmp_path: Path
) -> None:
    protocol = load(here / "protocol.yaml").protocol
    # All results of both were finished at 3:05; those of `there` were when `here` was first held against the claim.
    (here / "preregistration.json").unlink()
    remove(here, "sprm")
    preregister(here, protocol.claims, datetime(2026, 1, 2, 4, 0, tzinfo=UTC))
    (there / "preregistration.json").unlink()
    preregister(there, protocol.claims, datetime(2026, 1, 2, 5, 0, tzinfo=UTC))
    remove(there, "prior")
    write_merged(settled(here, there), tmp_path / "merged")
    (claim,) = read_preregistration(tmp_path / "merged").claims
    assert claim.stated_at == datetime(2026, 1, 2, 4, 0, tzinfo=UTC)
    assert claim.trials_finished == 7 + 4


def test_claims_stay_in_order_where_clocks_of_machines_did_not_agree(here: Path, there: Path, tmp_path: Path) -> None:
    for run, hours in ((here, (5, 4)), (there, (6, 7))):
        (run / "preregistration.json").unlink()
        small = load(run / "protocol.yaml").protocol.claims
        robust = RobustClaim(name="robust", kind="robust", claim="small-fraction", controls=("refinement",))
        preregister(run, small, datetime(2026, 1, 2, hours[0], tzinfo=UTC))
        preregister(run, (*small, robust), datetime(2026, 1, 2, hours[1], tzinfo=UTC))
    write_merged(settled(here, there), tmp_path / "merged")
    stated = read_preregistration(tmp_path / "merged").claims
    assert [(each.claim["name"], each.stated_at.hour) for each in stated] == [("small-fraction", 5), ("robust", 4)]


def test_a_claim_that_one_run_made_and_gave_up_is_still_told(here: Path, there: Path, tmp_path: Path) -> None:
    path = there / "protocol.yaml"
    path.write_text(path.read_text().replace("margin: 0.02", "margin: 0.05"))
    preregister(there, load(path).protocol.claims, datetime(2026, 1, 3, tzinfo=UTC))
    write_merged(settled(here, there), tmp_path / "merged")
    (withdrawn,) = analyse(tmp_path / "merged").withdrawn
    assert withdrawn.margin == 0.05


def test_what_was_allowed_counts_and_is_marked_in_the_report(here: Path, there: Path, tmp_path: Path) -> None:
    edit(there / "manifest.json", lambda manifest: manifest.update(corpus_fingerprint="beef" * 16))

    def foreign(record: dict) -> None:  # type: ignore[type-arg]
        record["inputs"].update(corpus="beef" * 16, package="9.9")
        if record["inputs"]["subset"] is not None:
            record["inputs"]["subset"] = "7" * 64

    edit_every_record(there, foreign)
    remove(here, "sprm")
    write_merged(settled(here, there, allow=tuple(Allowance)), tmp_path / "merged")
    assert statuses(tmp_path / "merged") == {TrialStatus.done}
    text = " ".join(caveats(analyse(tmp_path / "merged")))
    assert "results on other corpora were merged" in text
    assert "beefbeefbeefbeef (4 results)" in text
    assert "results of different code were merged" in text
    # What nobody allowed counts no more in a merged run than in any other.
    edit(tmp_path / "merged" / "manifest.json", lambda manifest: manifest["merged"].update(corpora=[]))
    assert statuses(tmp_path / "merged") == {TrialStatus.done, TrialStatus.stale}


def test_whose_result_was_kept_is_told_also_after_another_merge(
    here: Path, there: Path, whole: Path, tmp_path: Path
) -> None:
    answer_otherwise(there, KEY)
    write_merged(settled(here, there, keep=(there,)), tmp_path / "merged")
    write_merged(settled(tmp_path / "merged", here, keep=(tmp_path / "merged",)), tmp_path / "again")
    told = [line for line in notices(analyse(tmp_path / "again")) if line.startswith("The runs have different results")]
    assert told == [
        "The runs have different results for sprm, 1, seed 0. The result of there is kept, not that of here.",
        "The runs have different results for sprm, 1, seed 0. The result of merged is kept, not that of here.",
    ]


def test_other_code_stays_marked_after_another_merge(here: Path, there: Path, whole: Path, tmp_path: Path) -> None:
    edit_every_record(there, lambda record: record["provenance"].update(revision="f" * 40))
    remove(here, "sprm")
    write_merged(settled(here, there, allow=tuple(Allowance)), tmp_path / "merged")
    remove(whole_copy := Path(shutil.copytree(whole, tmp_path / "copy")), "sprm")
    write_merged(settled(tmp_path / "merged", whole_copy), tmp_path / "again")
    told = [line for line in caveats(analyse(tmp_path / "again")) if "results of different code were merged" in line]
    assert len(told) == 1


def test_weights_that_one_of_two_runs_kept_are_in_the_merged_one(here: Path, there: Path, tmp_path: Path) -> None:
    keep_weights(there, KEY, b"weights")
    write_merged(settled(here, there), tmp_path / "merged")
    ledger = Ledger(tmp_path / "merged")
    record = ledger.record(KEY)
    assert record is not None
    assert intact_weights(record, ledger.trial_folder(KEY)) == b"weights"


def test_of_two_merges_into_one_folder_one_is_whole_and_the_other_refused(
    here: Path, there: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "results" / "merged"
    settlement = settled(here, there)
    with ThreadPoolExecutor(2) as pool:
        ended = [pool.submit(write_merged, settlement, folder) for _ in range(2)]
        errors = [each.exception() for each in ended]
    assert [type(error) for error in errors if error is not None] == [OSError]
    assert statuses(folder) == {TrialStatus.done}
    assert list((tmp_path / "results").iterdir()) == [folder]


def test_a_merge_that_fails_leaves_nothing(here: Path, there: Path, tmp_path: Path) -> None:
    settlement = settled(here, there)
    (Ledger(here).trial_folder(KEY) / "items.parquet").write_bytes(b"")
    (tmp_path / "results").mkdir()
    with pytest.raises(ResultsError, match="changed while it was merged"):
        write_merged(settlement, tmp_path / "results" / "merged")
    assert list((tmp_path / "results").iterdir()) == []


def test_lists_of_subsets_are_copied_where_they_are_intact(here: Path, there: Path, tmp_path: Path) -> None:
    content = b"1\n2\n"

    def index(run: Path) -> None:
        digest = hashlib.sha256(content).hexdigest()
        edit(
            run / "subsets" / "index.json", lambda index: [each.update(sha256=digest) for each in index["subsets"][:2]]
        )

    for run in (here, there):
        index(run)
        (run / "subsets" / "0").mkdir()
        (run / "subsets" / "0" / "0.1.txt").write_bytes(content if run == there else b"1\n")
    lacking = write_merged(settled(here, there), tmp_path / "merged")
    assert (tmp_path / "merged" / "subsets" / "0" / "0.1.txt").read_bytes() == content
    assert lacking == 3


def test_the_test_split_is_described_as_by_the_runs_and_heads_are_of_all_subsets(
    here: Path, there: Path, whole: Path, tmp_path: Path
) -> None:
    describe(shutil.copytree(whole, tmp_path / "whole"))
    expected = read_test_split(tmp_path / "whole")
    for run, seed in ((here, 0), (there, 1)):
        keep_subsets_of(run, seed)
        describe(run, pictures=[seed])
    write_merged(settled(here, there), tmp_path / "merged")
    merged = read_test_split(tmp_path / "merged")
    assert merged is not None and expected is not None
    assert merged.heads.equals(expected.heads)
    assert merged.phrases.equals(expected.phrases)
    assert tuple(merged.pictures) == (0, 1)


def test_without_any_description_of_the_test_split_a_merged_run_has_none(
    here: Path, there: Path, tmp_path: Path
) -> None:
    describe(there)
    (there / "test" / "phrases.parquet").write_bytes(b"")
    settlement = settled(here, there)
    assert settlement.left_out == (f"{there}/test/phrases.parquet: it was changed",)
    write_merged(settlement, tmp_path / "merged")
    assert not (tmp_path / "merged" / "test").exists()


def test_the_manifest_is_that_of_the_corpus_that_the_run_stands_for(here: Path, there: Path, tmp_path: Path) -> None:
    write_merged(settled(here, there), tmp_path / "merged")
    before, after = read_manifest(here), read_manifest(tmp_path / "merged")
    assert after.model_copy(update={"merged": None}) == before
    (here / "manifest.json").unlink()
    (there / "manifest.json").unlink()
    with pytest.raises(ResultsError, match=r"no run has a manifest\.json"):
        write_merged(settled(here, there), tmp_path / "without")


def test_an_index_of_subsets_leads_to_no_other_folder(here: Path, there: Path, tmp_path: Path) -> None:
    (here / "secret.txt").write_bytes(b"secret")

    def astray(index: dict) -> None:  # type: ignore[type-arg]
        digest = hashlib.sha256(b"secret").hexdigest()
        index["subsets"].append({**index["subsets"][0], "fraction": "../../secret", "sha256": digest})

    edit(here / "subsets" / "index.json", astray)
    write_merged(settled(here, there), tmp_path / "results" / "merged")
    assert not list((tmp_path / "results").rglob("secret.txt"))
    assert all(subset.fraction in ("0.1", "1") for subset in read_index(tmp_path / "results" / "merged").subsets)
