from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from simulated_run import SimulatedRun

from bench.claims.above_reference import AboveReferenceClaim
from bench.protocol.load import load
from bench.report.analyse import Analysis, analyse
from bench.report.published import HeldAgainst, Sameness, different_for_all, published_beside
from bench.report.tables.published import published
from bench.report.text.published import published_statements
from sprm.corpus.sources.registry import SOURCES
from sprm.settings import Rules

PROTOCOLS = sorted((Path(__file__).parents[3] / "protocols").glob("*.yaml"))
FLICKR30K = "{kind: flickr30k, root: /data, words: /words.txt}"
FULL = {"train": 29_783, "val": 1_000, "test": 1_000}


def analysed(folder: Path, corpus: str = FLICKR30K, *, claims: tuple[str, ...] = ()) -> Analysis:
    return analyse(SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=40, corpus=corpus, claims=claims).write(folder))


def as_full(analysis: Analysis, images: Mapping[str, int] = FULL, regions: int = 36) -> Analysis:
    """An analysis with splits of some sizes, judged by the official rules."""
    splits = {
        name: analysis.manifest.splits[name].model_copy(update={"images": number, "regions": number * regions})
        for name, number in images.items()
    }
    return replace(
        analysis,
        manifest=analysis.manifest.model_copy(update={"splits": splits}),
        protocol=analysis.protocol.model_copy(update={"rules": Rules.official}),
        fractions=tuple(replace(fraction, images=images["train"]) for fraction in analysis.fractions),
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analysed(tmp_path_factory.mktemp("small") / "run")


def number(analysis: Analysis, system: str, split: str = "test") -> HeldAgainst:
    """The first number of a system on a split."""
    held = published_beside(analysis)
    return next(each for each in held if each.number.system == system and each.number.split == split)


def test_on_the_full_corpus_a_number_of_the_released_detections_is_of_the_same_work(small: Analysis) -> None:
    full = as_full(small)
    assert different_for_all(full) == ()
    maf = number(full, "MAF")
    assert (maf.sameness, maf.why, maf.images, maf.trained_on) == (Sameness.same, (), 1_000, 29_783)


def test_a_number_whose_detections_are_not_known_is_not_called_the_same_work(small: Analysis) -> None:
    clem = number(as_full(small), "CLEM")
    assert clem.sameness is Sameness.unknown
    assert clem.why == ("its detections", "its training images")


def test_a_number_of_the_validation_split_is_of_other_work(small: Analysis) -> None:
    again = number(as_full(small), "SPRM, reimplemented", "val")
    assert (again.sameness, again.why) == (Sameness.other, ("the validation split",))


def test_other_splits_make_every_number_one_of_other_work(small: Analysis) -> None:
    ours = as_full(small, {"train": 5_591, "val": 500, "test": 1_000})
    assert different_for_all(ours) == ("its splits differ (5,591 training images, not 29,783)",)
    assert {each.sameness for each in published_beside(ours)} == {Sameness.other}
    assert published_statements(ours) == [
        "This run cannot be compared with any published number: its splits differ (5,591 training images, not 29,783)."
    ]


def test_a_few_images_without_detections_leave_the_splits_what_they_are(small: Analysis) -> None:
    assert different_for_all(as_full(small, {"train": 29_700, "val": 999, "test": 996})) == ()


def test_corrected_rules_make_every_number_one_of_other_work(small: Analysis) -> None:
    full = as_full(small)
    corrected = replace(full, protocol=full.protocol.model_copy(update={"rules": Rules.corrected}))
    assert different_for_all(corrected) == ("it uses corrected rules",)


def test_another_number_of_boxes_an_image_is_another_detector(small: Analysis) -> None:
    assert number(as_full(small, regions=24), "MAF").why == ("other detections",)
    assert number(as_full(small, regions=34), "MAF").why == ()


def test_a_run_that_stops_at_a_small_fraction_is_other_work_for_trained_systems_only(small: Analysis) -> None:
    full = as_full(small)
    least = replace(full, fractions=(replace(full.fractions[0], images=2_978),))
    assert number(least, "MAF").why == ("at most 2,978 of 29,783 training images in this run",)
    assert number(least, "MAF, untrained").why == ()


def test_the_table_has_the_run_s_own_accuracies_first_and_then_the_published_ones(small: Analysis) -> None:
    full = as_full(small)
    table = published(full)
    assert [row[:2] for row in table.rows[:3]] == [
        ("sprm", "this run"),
        ("refinement", "this run"),
        ("prior", "this run"),
    ]
    own = next(point for point in full.curve if point.system == "prior")
    assert f"{100 * own.accuracy.estimate:.1f} [" in table.rows[2][-1]
    (maf,) = [row for row in table.rows if row[0] == "MAF"]
    assert maf == ("MAF", "Wang et al., EMNLP 2020", "yes", "test", "1,000", "29,783", "61.43")
    (sprm,) = [row for row in table.rows if row[0] == "SPRM, reimplemented"]
    assert sprm[1] == "later code of an author of SPRM, in no paper"
    assert table.data["accuracy"].notna().all()
    assert pd.isna(table.data["low"].iloc[-1])


def test_a_number_that_only_a_claim_names_is_in_the_table_once(tmp_path: Path) -> None:
    above = "kind: above_reference, system: sprm, corpus: flickr30k, split: test"
    analysis = analysed(
        tmp_path / "run",
        claims=(
            f"name: above-maf, {above}, reference: 0.6143, source: 'MAF (Wang et al., EMNLP 2020)'",
            f"name: above-ours, {above}, reference: 0.7, source: a thesis",
        ),
    )
    systems = [row[0] for row in published(analysis).rows]
    assert systems.count("MAF") == 1
    (thesis,) = [row for row in published(analysis).rows if row[0] == "a thesis"]
    assert (thesis[1], thesis[-1]) == ("named by the claim above-ours", "70.00")


def test_a_synthetic_corpus_has_one_sentence_and_no_table(tmp_path: Path) -> None:
    analysis = analysed(tmp_path / "run", "{kind: scenes}")
    assert published(analysis).rows == ()
    (line,) = published_statements(analysis)
    assert "synthetic" in line


def test_a_corpus_without_published_numbers_has_none_of_it(tmp_path: Path) -> None:
    analysis = analysed(
        tmp_path / "run", "{kind: refcoco, root: /d, words: /w, dataset: refcoco, split_by: unc, test: testA}"
    )
    assert published(analysis).rows == ()
    assert published_statements(analysis) == []


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda path: path.stem)
def test_a_protocol_names_a_published_number_as_the_package_does(path: Path) -> None:
    for claim in load(path).protocol.claims:
        if isinstance(claim, AboveReferenceClaim):
            source = SOURCES.by_name()[claim.corpus]
            known = {(number.cited, number.accuracy, number.split) for number in source.published_accuracies}
            assert (claim.source, claim.reference, claim.split) in known
            assert claim.images in (None, source.published.images[claim.split])
