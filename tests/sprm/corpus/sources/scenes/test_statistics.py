"""The inputs of Scenes against those of Flickr30k Entities; never what training makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sprm.batches.encoding import encode
from sprm.corpus.box_matches import BoxMatches, match_boxes
from sprm.corpus.boxes import iou_matrix
from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.scenes.layout import compose
from sprm.corpus.sources.scenes.source import ScenesSize, ScenesSource
from sprm.evaluation.outcomes import best_box, judge, random_box
from sprm.evaluation.scoring import score
from sprm.model.sprm import SPRM
from sprm.seeding import generator
from sprm.settings import Rules

pytestmark = pytest.mark.slow

IMAGES = 260
SEED = 3


@dataclass(frozen=True)
class Measured:
    dataset: Dataset
    matches: BoxMatches


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    source = ScenesSource(seed=SEED, images=ScenesSize(train=2, val=2, test=IMAGES))
    cache: Path = tmp_path_factory.mktemp("cache")
    dataset = open_dataset(prepare(source, Rules.corrected, cache, progress=lambda stage, done, total: None))
    return Measured(dataset, match_boxes(dataset.test, Rules.corrected))


def label_counts(measured: Measured) -> NDArray[np.int64]:
    """How often the label of each phrase's best-covering box occurs in its image, (phrases,)."""
    corpus, matches = measured.dataset.test, measured.matches
    image = corpus.sentences["image"].to_numpy()[corpus.phrases["sentence"].to_numpy()]
    counts = []
    for phrase, position in enumerate(image):
        labels = np.asarray(corpus.labels[corpus.regions_of(int(position))])
        best = matches.iou[matches.offsets[phrase] : matches.offsets[phrase + 1]].argmax()
        counts.append(int((labels == labels[best]).sum()))
    return np.array(counts, dtype=np.int64)


def test_an_image_has_about_36_boxes(measured: Measured) -> None:
    counts = np.diff(measured.dataset.test.offsets)
    assert 33 <= counts.mean() <= 39
    assert counts.min() >= 10
    assert counts.max() <= 100


def test_a_sentence_has_about_2_9_phrases_with_a_box(measured: Measured) -> None:
    counts = measured.dataset.test.info.counts
    assert 2.75 <= counts.phrases / counts.sentences <= 3.05
    assert counts.sentences / counts.images > 4.9


def test_the_label_of_the_best_box_is_as_often_unique_as_in_flickr30k(measured: Measured) -> None:
    counts = label_counts(measured)
    shares = [float((counts == occurrences).mean()) for occurrences in (1, 2, 3, 4)]
    assert shares == pytest.approx([0.646, 0.198, 0.082, 0.036], abs=0.07)


def test_proposals_allow_about_87_percent(measured: Measured) -> None:
    assert best_box(measured.matches).accuracy == pytest.approx(0.87, abs=0.025)


def test_a_box_at_random_is_right_for_about_8_percent(measured: Measured) -> None:
    assert random_box(measured.matches).accuracy == pytest.approx(0.08, abs=0.02)


def test_the_untrained_prior_is_right_for_about_52_percent(measured: Measured) -> None:
    dataset = measured.dataset
    split = encode(dataset.test, dataset.lexicon, Rules.corrected)
    prior = SPRM(torch.from_numpy(split.concepts), refinement=None, omega=0.0)
    assert judge(measured.matches, score(prior, split)).accuracy == pytest.approx(0.52, abs=0.035)


def test_all_eight_entity_types_are_spoken_of(measured: Measured) -> None:
    shares = measured.dataset.test.phrases["category"].str.split("/").str[0].value_counts(normalize=True)
    assert set(shares.index) == {
        "people",
        "clothing",
        "bodyparts",
        "animals",
        "vehicles",
        "instruments",
        "scene",
        "other",
    }
    assert shares["people"] == pytest.approx(0.38, abs=0.08)
    assert shares.min() > 0.005


def test_phrases_that_name_a_place_are_a_minority_but_there(measured: Measured) -> None:
    assert 0.05 < (measured.dataset.test.phrases["locations"] > 0).mean() < 0.2


def test_features_of_boxes_tell_entity_types_and_colours_of_unseen_images(measured: Measured) -> None:
    corpus = measured.dataset.test
    features, kinds, colours, images = [], [], [], []
    for index, image_id in enumerate(corpus.images["image_id"]):
        things = compose(generator("scenes", SEED, int(image_id), "layout")).objects
        rows = corpus.regions_of(index)
        overlap = iou_matrix(corpus.boxes[rows], np.array([thing.box for thing in things]), Rules.corrected)
        for row in np.flatnonzero(overlap.max(axis=1) >= 0.6):
            thing = things[int(overlap[row].argmax())]
            features.append(np.asarray(corpus.features[rows][row], dtype=np.float64))
            kinds.append(thing.category.kind)
            colours.append(thing.colour.name if thing.category.paint and thing.colour else "")
            images.append(index)
    x, seen = np.array(features), np.array(images) < 0.8 * IMAGES
    assert (x >= 0).all()
    assert probe(x, np.array(kinds), seen) > 0.6
    painted = np.array(colours) != ""
    assert probe(x[painted], np.array(colours)[painted], seen[painted]) > 0.5


def probe(features: NDArray[np.float64], names: NDArray[np.str_], seen: NDArray[np.bool_]) -> float:
    """Accuracy of ridge regression on one-hot names, fitted on what is `seen`, elsewhere."""
    _, codes = np.unique(names, return_inverse=True)
    x = (features - features[seen].mean(axis=0)) / (features[seen].std(axis=0) + 1e-3)
    x = np.hstack([x, np.ones((len(x), 1))])
    wanted = np.eye(codes.max() + 1)[codes]
    weights = np.linalg.solve(x[seen].T @ x[seen] + 1000 * np.eye(x.shape[1]), x[seen].T @ wanted[seen])
    guessed = (x[~seen] @ weights).argmax(axis=1)
    return float((guessed == codes[~seen]).mean())
