"""A comparison of two runs in words, numbers and as a page."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from edited_run import KEY, answer_otherwise, edit_every_record
from simulated_run import SimulatedRun

from bench.report.compare import compare_runs
from bench.report.reports_index import reports_index
from bench.report.summary import summary_of_comparison
from bench.report.tables.run_comparison import comparison_tables, in_words
from bench.report.text.run_comparison import comparison_screen, comparison_statements
from bench.report.write_comparison import write_comparison
from bench.text.numbers import points

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
    assert not re.search(r"(href|src)=.?http", text)
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


def test_the_first_screen_asks_answers_and_shows_the_differences_before_any_table(folder: Path, tmp_path: Path) -> None:
    compared = compare_runs(folder / "first", folder / "better")
    screen = comparison_screen(compared)
    text = write_comparison(compared, tmp_path).read_text(encoding="utf-8").replace("\u00a0", " ")
    assert "<h1>Do first and better differ?</h1>" in text
    assert f'<p class="answer">{screen.answer}</p>' in text
    assert text.index("<svg") < text.index("<table")
    assert text.index("<svg") < text.index('class="chips"') < text.index("<table")
    assert "This corpus is synthetic" in text
    assert all(f'<span class="name">{chip.claim}</span>' in text for chip in screen.chips)
    assert text.count('class="chip ') == len(screen.chips) > 0


def test_the_answer_names_the_largest_significant_difference(folder: Path) -> None:
    compared = compare_runs(folder / "first", folder / "better")
    (cell,) = (cell for cell in compared.cells if (cell.system, cell.fraction) == ("sprm", "1"))
    assert cell.difference is not None
    ends = f"[{points(cell.difference.low)}, {points(cell.difference.high)}]"
    assert comparison_screen(compared).answer == (
        f"Yes: sprm with 1,000 images is {points(cell.difference.estimate)} points more accurate in better {ends}; "
        "2 of 2 hypotheses are significant."
    )
    back = comparison_screen(compare_runs(folder / "better", folder / "first")).answer
    assert f"{points(cell.difference.estimate)} points more accurate in better {ends}" in back


def test_equal_runs_have_a_short_answer_no_figure_and_no_chips(folder: Path, tmp_path: Path) -> None:
    compared = compare_runs(folder / "first", folder / "same")
    screen = comparison_screen(compared)
    assert (screen.answer, screen.chips) == ("No: all 15 shared trials have the same outcomes.", ())
    page = write_comparison(compared, tmp_path)
    assert "<svg" not in page.read_text(encoding="utf-8")
    assert not (page.parent / "figures").exists()


def test_other_outcomes_without_a_significant_difference_are_not_called_equal(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder / "same", tmp_path / "other"))
    answer_otherwise(other, KEY)
    answer = comparison_screen(compare_runs(folder / "first", other)).answer
    assert answer in (
        "1 of 15 shared trials has other outcomes, but no difference in accuracy is significant.",
        "Yes: 1 of 15 shared trials has other outcomes; whether accuracy differs cannot be tested.",
    )


def test_a_chip_says_what_the_verdict_was_before_and_only_of_claims_that_both_runs_judge(folder: Path) -> None:
    compared = compare_runs(folder / "first", folder / "better")
    chips = {chip.claim: chip for chip in comparison_screen(compared).chips}
    (small,) = (change for change in compared.verdicts if change.name == "small-fraction")
    assert small.first is not None
    assert small.second is not None
    assert chips["small-fraction"].decision == small.second.decision.value
    assert chips["small-fraction"].number.startswith(f"another claim, {small.first.decision} in the first run")
    assert "other" not in chips


def test_no_sentence_of_the_first_screen_is_long(folder: Path) -> None:
    for second in ("same", "better"):
        screen = comparison_screen(compare_runs(folder / "first", folder / second))
        for sentence in re.split(r"[.?;:] ", f"{screen.question} {screen.answer}"):
            assert len(sentence.split()) <= 30


def test_the_figure_has_its_numbers_beside_it(folder: Path, tmp_path: Path) -> None:
    page = write_comparison(compare_runs(folder / "first", folder / "better"), tmp_path)
    numbers = pd.read_csv(page.parent / "figures" / "differences.csv")
    assert list(numbers["system"]) == ["sprm", "sprm", "refinement", "refinement"][: len(numbers)]
    answer = json.loads((page.parent / "comparison.json").read_text())
    by_cell = {(cell["system"], cell["fraction"]): cell["difference"] for cell in answer["accuracy"]}
    for row in numbers.to_dict("records"):
        difference = by_cell[row["system"], f"{row['fraction']:g}"]
        assert row["difference_points"] == pytest.approx(100 * difference["estimate"])
        assert row["low_points"] == pytest.approx(100 * difference["low"])


def test_a_comparison_is_listed_in_the_index_with_both_curves(folder: Path, tmp_path: Path) -> None:
    write_comparison(compare_runs(folder / "first", folder / "better"), tmp_path)
    text = reports_index(tmp_path)
    assert 'href="compare-first-better/index.html"' in text
    assert "</span> sprm, first run</span>" in text
    assert "</span> sprm, second run</span>" in text
    assert 'href="compare-first-better/index.html#verdicts"' in text


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


def test_an_amount_that_is_another_number_of_images_in_each_run_is_named_by_its_share(
    folder: Path, tmp_path: Path
) -> None:
    compared = compare_runs(folder / "first", folder / "better")
    assert compared.second.evidence is not None
    evidence = compared.second.evidence
    larger = {label: replace(own, images=30 * own.images) for label, own in evidence.fractions.items()}
    second = replace(compared.second, evidence=replace(evidence, fractions=larger))
    compared = replace(compared, second=second)
    assert "sprm with 100 % of the images is" in comparison_screen(compared).answer
    summary = summary_of_comparison(compared, comparison_screen(compared))
    images = {curve.system: [point.images for point in curve.points] for curve in summary.curves}
    assert images["sprm, first run"] == [100, 1000]
    assert images["sprm, second run"] == [3000, 30000]
