"""Runs on real captions in the folder SPRM_REAL_CAPTIONS: 150 test images, figures from an independent reader."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sprm.corpus.box_matches import match_boxes
from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import open_dataset
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.evaluation.outcomes import best_box, random_box
from sprm.settings import Rules


@pytest.mark.parametrize(
    ("rules", "best", "chance"), [(Rules.official, 2385, 0.07790), (Rules.corrected, 2382, 0.07739)]
)
def test_the_upper_bound_and_chance_are_those_of_an_independent_reader(
    tmp_path: Path, rules: Rules, best: int, chance: float
) -> None:
    source = Flickr30kSource(kind="flickr30k", root=Path(os.environ["SPRM_REAL_CAPTIONS"]))
    corpus = open_dataset(prepare(source, rules, tmp_path, progress=lambda *_: None)).test
    assert corpus.info.counts.phrases == 2675
    matches = match_boxes(corpus, rules)
    assert best_box(matches).values["correct"].sum() == best
    assert random_box(matches).accuracy == pytest.approx(chance, abs=1e-5)
