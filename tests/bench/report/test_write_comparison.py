"""A comparison of two runs in words, numbers and as a page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from edited_run import KEY, answer_otherwise, edit_every_record
from simulated_run import SimulatedRun

from bench.report.compare import compare_runs
from bench.report.tables.run_comparison import comparison_tables, in_words
from bench.report.text.run_comparison import comparison_statements
from bench.report.write_comparison import write_comparison

CLAIMS = (
    "name: small-fraction, kind: competitive, system: sprm, margin: {margin}",
    "name: above, kind: better_than, system: sprm, rival: prior",
)
SMALL = SimulatedRun(fractions=(0.1, 1.0), seeds=3, images=30, claims=CLAIMS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs; not to be changed: `first`, its copy `same`, and `better`, where training is worth more."""
    folder = tmp_path_factory.mktemp("runs")
    shutil.copytree(SMALL.write(folder / "first"), folder / "same")
    SimulatedRun(
        fractions=(0.1, 1.0), seeds=3, images=30, gain=0.4, margin=0.05,
        claims=(*CLAIMS, "name: other, kind: better_than, system: refinement, rival: prior"),
    ).write(folder / "better")  # fmt: skip
    return folder


def test_equal_runs_are_said_to_be_equal(folder: Path) -> None:
    compared = compare_runs(folder / "first", folder / "same")
    assert comparison_statements(compared) == [
        "The settings are the same; corpus, code, libraries and machine are the same.",
        "15 trials are complete in both runs with the same test phrases; 15 have the same outcomes.",
        "All verdicts on claims that both runs make are the same.",
    ]
    assert [table.name for table in comparison_tables(compared)] == ["verdicts", "accuracy"]


def test_what_results_were_made_with_is_named_by_code_libraries_and_machine(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder / "same", tmp_path / "other"))
    made = {"revision": "f" * 40, "dirty": True, "processor": "another", "python": "3.99", "host": "here"}
    edit_every_record(other, lambda record: record["provenance"].update(made))
    statements = comparison_statements(compare_runs(folder / "first", other))
    assert statements[0] == "The settings are the same; code, libraries and machine differ."


def test_accuracies_are_those_of_the_shared_trials_and_their_difference_is_the_one_shown(
    folder: Path, tmp_path: Path
) -> None:
    other = SimulatedRun(fractions=(0.1, 1.0), seeds=5, images=30, claims=CLAIMS).write(tmp_path / "more")
    compared = compare_runs(folder / "first", other)
    (table,) = (table for table in comparison_tables(compared) if table.name == "accuracy")
    assert "Nothing is tested" in table.caption
    assert table.header == ("System", "Fraction", "Same", "First run", "Second run", "Difference", "95 % interval")
    rows = {row[:2]: row[2:] for row in table.rows}
    same, first, second, difference, _ = rows["sprm", "1"]
    assert (same, difference) == ("3 of 3", "0.0")
    assert first == second


def test_other_verdicts_and_other_claims_of_one_name_are_told(folder: Path) -> None:
    compared = compare_runs(folder / "first", folder / "better")
    changes = {change.name: change for change in compared.verdicts}
    assert list(changes) == ["small-fraction", "above", "other"]
    assert not changes["small-fraction"].is_one_claim
    assert changes["above"].first is not None
    assert changes["above"].second is not None
    assert changes["above"].changed == (changes["above"].first.decision is not changes["above"].second.decision)
    assert changes["other"].first is None
    assert "Other claims by the same name: small-fraction." in comparison_statements(compared)
    table = next(table for table in comparison_tables(compared) if table.name == "verdicts")
    what = {row[0]: row[3] for row in table.rows}
    assert what["small-fraction"].startswith("another claim of this name")
    assert what["other"] == "no verdict in the first run"


def test_other_outcomes_with_the_same_settings_are_called_out(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder / "same", tmp_path / "other"))
    answer_otherwise(other, KEY)
    text = " ".join(comparison_statements(compare_runs(folder / "first", other)))
    assert "15 trials are complete in both runs with the same test phrases; 14 have the same outcomes" in text
    assert "Trials of the same settings, corpus and package version have other outcomes: sprm on 1." in text


def test_a_page_stands_alone_and_the_same_runs_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    page = write_comparison(compare_runs(folder / "first", folder / "better"), tmp_path)
    assert page == tmp_path / "compare-first-better" / "index.html"
    text = page.read_text()
    assert "claims.small-fraction.margin" in text
    assert "http" not in text
    assert "<p>Nothing differs.</p>" in text, "both were made by the same code on the same machine"
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    for name in ("accuracy", "verdicts", "settings"):
        assert {f"compare-first-better/tables/{name}.{kind}" for kind in ("csv", "tex")} <= written
        assert f'href="tables/{name}.csv"' in text
    assert str(folder) not in text
    before = {name: (tmp_path / name).read_bytes() for name in written}
    write_comparison(compare_runs(folder / "first", folder / "better"), tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in written} == before
    answer = json.loads((page.parent / "comparison.json").read_text())
    assert answer["trials"] == {"paired": 15, "same": 9}


def test_a_run_that_is_the_current_folder_has_its_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "first")
    page = write_comparison(compare_runs(Path(), Path("..") / "same"), tmp_path)
    assert page.parent.name == "compare-first-same"
    assert "<title>first and same, compared</title>" in page.read_text()


def test_a_run_without_results_is_compared_by_its_settings(folder: Path, tmp_path: Path) -> None:
    empty = Path(shutil.copytree(folder / "better", tmp_path / "empty"))
    shutil.rmtree(empty / "trials")
    compared = compare_runs(folder / "first", empty)
    assert "No trial of the one run can be paired with one of the other." in comparison_statements(compared)
    assert any(difference.name == "claims.small-fraction.margin" for difference in compared.settings)
    assert write_comparison(compared, tmp_path).is_file()


def test_what_a_run_says_of_itself_is_no_markup(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder / "same", tmp_path / "other"))
    edit_every_record(other, lambda record: record["provenance"].update(processor="<script>alert(1)</script>"))
    text = write_comparison(compare_runs(folder / "first", other), tmp_path).read_text()
    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (True, "true"),
        ([4, 6], "4, 6"),
        ({"kind": "prior", "ties": "first"}, "kind: prior; ties: first"),
        ("ab" * 20, "ab" * 8),
        ("ab" * 20 + "+", "ab" * 8 + "+"),
        (f"12 images, {'0f' * 32}", f"12 images, {'0f' * 8}"),
    ],
)
def test_values_are_written_for_people(value: object, words: str) -> None:
    assert in_words(value) == words
