from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from simulated_run import TYPES, SimulatedRun

from bench.report.analyse import analyse
from bench.report.text.first_screen import first_screen
from bench.report.write import current_report
from bench.store.records import TrialKey
from sprm.corpus.corpus import Warnings
from sprm.errors import ResultsError

SKIPPED = Warnings(kind="captions that do not describe their image", count=12, examples=["36979#4", "1#2"])
STUDY = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=3, images=40, warnings=(SKIPPED,))
FIGURES = (
    *("accuracy_curve", "forest", "gain_over_prior", "seeds", "entity_types", "learning_curves", "data_multipliers"),
    "variance_shares",
)
"""Of such a run, whose trainings have one epoch and whose folder does not describe the test phrases."""
VOID = {"meta", "link", "br", "hr", "img", "path", "use", "line", "rect"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return STUDY.write(tmp_path_factory.mktemp("run") / "simulated-00000000")


@pytest.fixture(scope="module")
def report(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return current_report(run, tmp_path_factory.mktemp("report") / run.name).page.parent


@pytest.fixture(scope="module")
def partial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("partial")
    without = tuple(TrialKey("sprm", "0.5", seed) for seed in (1, 2))
    failed = (TrialKey("refinement", "1", 0),)
    return current_report(STUDY.write(folder / "run", without=without, failed=failed), folder / "report").page.parent


def texts(report: Path) -> list[str]:
    return [(report / name).read_text(encoding="utf-8") for name in ("index.html", "report.md")]


class Page(HTMLParser):
    """Collects what a page refers to, and holds that its elements are properly nested."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        given = dict(attrs)
        self.references += [given[name] or "" for name in ("src", "href", "xlink:href") if name in given]
        self.ids += [given["id"] or ""] if "id" in given else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_a_report_has_its_page_its_markdown_its_decisions_figures_and_tables(report: Path) -> None:
    names = {path.relative_to(report).as_posix() for path in report.rglob("*") if path.is_file()}
    figures = {f"figures/{name}.{form}" for name in FIGURES for form in ("svg", "png", "csv")}
    stems = ["curve", "untrained", "gains", "verdicts", "claim-small-fraction", "entity_types", "composition", "effort"]
    stems += ["ties", "neighbours", "between_systems", "type_gains", "words", "unknown_words", "left_out"]
    stems += ["learning_curves", "learning_bands", "data_multipliers", "areas", "learning_by_type"]
    stems += ["variance_shares", "training", "fair_play"]
    tables = {f"tables/{stem}.{form}" for stem in stems for form in ("csv", "tex")}
    assert (
        names
        == {"index.html", "report.md", "claims.json", "summary.json", "inputs.json", "tables/all.tex"}
        | figures
        | tables
    )


def test_the_page_stands_alone_and_is_well_formed(report: Path) -> None:
    page = Page()
    page.feed((report / "index.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    beside = [reference for reference in page.references if not reference.startswith("#")]
    assert all((report / reference).is_file() for reference in beside)
    inside = [reference[1:] for reference in page.references if reference.startswith("#")]
    assert set(inside) <= set(page.ids)
    text = (report / "index.html").read_text(encoding="utf-8")
    assert "url(http" not in text
    assert "prefers-color-scheme: dark" in text


def test_figures_in_the_page_follow_its_colours(report: Path) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")
    drawn = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL))
    assert drawn.count("<svg") == len(FIGURES)
    assert re.findall(r"(?:fill|stroke): ?#[0-9a-f]{6}", drawn) == []
    defined = set(re.findall(r"(--[a-z0-9-]+):", text))
    assert set(re.findall(r"var\((--[a-z0-9-]+)\)", drawn)) <= defined


def test_figures_on_disk_are_well_formed_and_bear_no_date(report: Path) -> None:
    for path in (report / "figures").glob("*.svg"):
        ElementTree.parse(path)
        assert "<dc:date>" not in path.read_text(encoding="utf-8")


def test_markdown_refers_only_to_files_that_are_there(report: Path) -> None:
    text = (report / "report.md").read_text(encoding="utf-8")
    references = re.findall(r"\]\(([^)]+)\)", text)
    assert len(references) > 10
    assert all((report / reference).is_file() for reference in references)


def test_every_table_row_in_markdown_has_as_many_cells_as_its_header(report: Path) -> None:
    blocks = re.findall(r"(?:^\|.*\n)+", (report / "report.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(blocks) >= 7
    for block in blocks:
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_the_curve_has_prior_and_trained_systems_at_every_amount_of_data(run: Path, report: Path) -> None:
    curve = pd.read_csv(report / "tables" / "curve.csv", dtype={"fraction": str})
    assert {name: list(own["fraction"]) for name, own in curve.groupby("system")} == {
        name: ["0.1", "0.5", "1"] for name in ("prior", "refinement", "sprm")
    }
    assert (curve["low"] < curve["accuracy"]).all()
    assert (curve["accuracy"] < curve["high"]).all()
    found = {(point.system, point.fraction.label): point for point in analyse(run).curve if point.fraction}
    own = curve[curve["system"] == "sprm"]
    assert [found["sprm", label].fraction.images for label in own["fraction"]] == list(own["training_images"])
    assert set(curve["test_images"]) == {analyse(run).test.images}
    assert [found["sprm", label].accuracy.estimate for label in own["fraction"]] == list(own["accuracy"])


def test_drawing_twice_gives_the_same_bytes(run: Path, report: Path, tmp_path: Path) -> None:
    again = current_report(run, tmp_path / run.name).page.parent
    for path in sorted(report.rglob("*")):
        if path.is_file():
            assert (again / path.relative_to(report)).read_bytes() == path.read_bytes(), path


def test_a_synthetic_corpus_is_called_so_wherever_the_results_are_shown(report: Path) -> None:
    for text in texts(report):
        assert "Scenes (synthetic)" in text
        assert "prove nothing about the paper" in text
        assert "OpenMoji" in text
    page = (report / "index.html").read_text(encoding="utf-8")
    assert page.count("Synthetic corpus: proves nothing about the paper") == len(FIGURES)
    assert json.loads((report / "claims.json").read_text())["corpus"]["synthetic"] is True


def test_a_corpus_that_is_not_synthetic_is_not_called_so(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=12, corpus="{kind: flickr30k, root: /flickr}")
    for text in texts(current_report(study.write(tmp_path / "run"), tmp_path / "report").page.parent):
        assert "ynthetic" not in text
        assert "OpenMoji" not in text


def test_what_the_systems_are_is_told(report: Path) -> None:
    for text in texts(report):
        assert "refinement: the refinement evaluated without the prior" in text


def test_what_was_passed_over_is_counted(report: Path) -> None:
    for text in texts(report):
        assert "captions that do not describe their image: 12 (36979#4, 1#2, …)" in text
        assert "test split: 2 images left out, missing detections: 77, 78" in text
        assert "frisbee (30)" in text


def test_the_claims_file_repeats_the_statements_and_has_no_undefined_numbers(report: Path) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    claims = json.loads((report / "claims.json").read_text(encoding="utf-8"), parse_constant=refuse)
    (claim,) = claims["claims"]
    assert claim["margin"] == 0.02
    assert claim["verdict"] in ("supported", "refuted", "inconclusive")
    assert [one["fraction"]["label"] for one in claim["hypotheses"]] == ["0.5", "0.1"]
    assert {gain["family_size"] for gain in claims["gains_over_prior"]} == {6}
    for text in texts(report):
        assert claim["statement"] in text.replace("\u00a0", " ").replace("&lt;", "<").replace("&gt;", ">")


def test_the_claims_file_has_every_family_of_comparisons_and_calls_the_exploratory_one_so(report: Path) -> None:
    claims = json.loads((report / "claims.json").read_text(encoding="utf-8"))
    families = {name: claims[name] for name in ("gains_over_prior", "neighbours", "between_systems", "type_gains")}
    assert [len(family) for family in families.values()] == [6, 4, 3, 6 * len(TYPES)]
    assert [name for name, family in families.items() if family[0]["exploratory"]] == ["type_gains"]
    assert all("Holm" in one["method"] for name in list(families)[:3] for one in families[name])
    assert "Benjamini-Hochberg" in claims["type_gains"][0]["method"]
    assert {one["p_fixed"] for one in claims["type_gains"]} == {None}


HOSTILE = "a | b\n\n# Heading\n<script>alert(1)</script> ![x](http://x/y.png) [x]: http://x {{ 7 * 7 }}"


@dataclass(frozen=True)
class HostileRun(SimulatedRun):
    """A run whose entity types are markup."""

    def phrases(self) -> pd.DataFrame:
        found = super().phrases()
        return found.assign(category=found["category"].replace("people", HOSTILE))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    claims = (
        f"name: small, kind: competitive, system: sprm, margin: 0.02, renders: {json.dumps(HOSTILE)}",
        "name: above, kind: above_reference, system: sprm, reference: 0.4, corpus: referit, split: test, "
        f"source: {json.dumps(HOSTILE)}",
    )
    skipped = Warnings(kind="captions passed over", count=1, examples=[HOSTILE])
    study = HostileRun(fractions=(0.5, 1.0), seeds=2, images=20, claims=claims, warnings=(skipped,))
    folder = tmp_path_factory.mktemp("hostile")
    return current_report(study.write(folder / "run"), folder / "report").page.parent


def outside_fences(text: str) -> str:
    return re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)


def test_no_text_of_data_or_protocol_is_markup_in_the_markdown(hostile: Path) -> None:
    text = outside_fences((hostile / "report.md").read_text(encoding="utf-8"))
    assert text.count("Heading") > 5
    assert re.search(r"^#+ Heading", text, flags=re.MULTILINE) is None
    assert re.search(r"(?<!\\)<script", text) is None
    assert re.search(r"(?<!\\)\](?:\(http|: http)", text) is None
    assert any("Heading" in line for line in text.splitlines() if line.startswith("|"))
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_no_text_of_data_or_protocol_is_markup_in_the_page(hostile: Path) -> None:
    page = Page()
    text = (hostile / "index.html").read_text(encoding="utf-8")
    page.feed(text)
    assert page.open == []
    assert "<script>alert" not in text
    assert "&lt;script" in text
    assert not any("http://x" in reference for reference in page.references)


def test_no_text_of_data_is_a_line_of_its_own_in_latex(hostile: Path) -> None:
    text = (hostile / "tables" / "entity_types.tex").read_text(encoding="utf-8")
    assert "Heading" in text
    assert r"\{\{ 7 * 7 \}\}" in text
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len({line.count(" & ") + line.count(r"\multicolumn{2}") for line in body}) == 1


def test_a_quotation_is_led_in(hostile: Path) -> None:
    page, text = texts(hostile)
    assert "Sentence tested: <q>a | b # Heading" in page
    assert "> Sentence tested: “a \\| b # Heading" in text


def test_a_number_never_stands_apart_from_its_sign_in_the_page(report: Path) -> None:
    page, verbatim = texts(report)[0], r"<(script|style|pre)\b.*?</\1>"
    assert not any("\u00a0" in found[0] for found in re.finditer(verbatim, page, flags=re.DOTALL))
    page = re.sub(rf"<svg.*?</svg>|{verbatim}", "", page, flags=re.DOTALL)
    assert re.search(r"p\u00a0(?:=|&[lg]t;)\u00a0\.\d", page)
    assert re.search(r"(?:=|&[lg]t;) \.\d|p (?:=|&[lg]t;)\s\.\d| %", page) is None


def test_question_answer_curve_and_verdicts_come_before_everything_else(run: Path, report: Path) -> None:
    first = first_screen(analyse(run))
    for text in texts(report):
        text = text.replace("\u00a0", " ")
        curve = "<svg" if "<svg" in text else "figures/accuracy_curve.svg"
        parts = [first.question, first.answer, curve, first.chips[0].number, "Claimed: "]
        places = [text.index(part, text.index("</title>") if "</title>" in text else 0) for part in parts]
        assert places == sorted(places)
        assert "explained in docs/statistics.md" in text
    assert texts(report)[0].index("<svg") < texts(report)[0].index("<table")


def test_the_features_of_the_synthetic_corpus_are_not_called_released(report: Path) -> None:
    for text in texts(report):
        assert "released" not in text
        assert "RoIAlign over the stem of a ResNet-18 with fixed random weights" in text


def test_a_partial_run_says_so_and_lists_what_is_missing(partial: Path) -> None:
    for text in texts(partial):
        assert "18 of 21 trials are done; 1 failed and 2 have not run." in text
        assert "sprm with 500 images (50\u00a0%), seeds 1 and 2: has not run" in text.replace("(50 %)", "(50\u00a0%)")
        assert "the loss is not finite in epoch 3" in text
        assert "trials/refinement/1/0/failure.json" in text
        assert "python -m bench run results/run/protocol.yaml" in text
    assert json.loads((partial / "claims.json").read_text())["trials"] == {"done": 18, "planned": 21, "complete": False}


def test_a_complete_run_shows_no_such_banner(report: Path) -> None:
    for text in texts(report):
        assert "Partial results" not in text


def test_nothing_undefined_reaches_the_reader(partial: Path, tmp_path: Path) -> None:
    poor = SimulatedRun(fractions=(0.5, 1.0), seeds=1, images=1)
    for report in (partial, current_report(poor.write(tmp_path / "run"), tmp_path / "report").page.parent):
        for text in texts(report):
            assert (
                re.search(r"\bnan\b|\bNone\b|\{\{|\}\}", re.sub(r"<svg.*?</svg>|<pre>.*?</pre>", "", text, flags=re.S))
                is None
            )


def test_a_run_of_untrained_systems_alone_has_a_report(tmp_path: Path) -> None:
    trained = tuple(TrialKey(system, "1", 0) for system in ("sprm", "refinement"))
    study = SimulatedRun(fractions=(1.0,), seeds=1, images=12)
    page = current_report(study.write(tmp_path / "run", without=trained), tmp_path / "report").page
    assert "No system is compared with the prior" in page.read_text(encoding="utf-8")


def test_a_folder_that_is_no_run_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(1.0,), seeds=1, images=2).write(tmp_path / "run")
    (study / "manifest.json").unlink()
    with pytest.raises(ResultsError):
        current_report(study, tmp_path / "report")
    assert not (tmp_path / "report").exists()
