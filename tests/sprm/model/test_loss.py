from __future__ import annotations

import numpy as np
import pytest
import torch

from sprm.model.loss import (
    contrast,
    contrast_with_all,
    contrast_with_images,
    contrastive_loss,
    image_sentence_similarity,
)
from sprm.settings import Negatives, Siblings

ITSELF = torch.eye(3, dtype=torch.bool)
THREE = torch.tensor([[0.5, 0.25, 0.75], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]])
SIBLINGS = torch.tensor([[True, False, True], [False, True, False], [True, False, True]])
"""The first and the last of three sentences describe one image."""


def test_padded_phrases_do_not_dilute_the_similarity() -> None:
    best, phrases = torch.tensor([[0.5, 0.3], [0.7, 0.0]]), torch.tensor([[True, True], [True, False]])
    np.testing.assert_allclose(image_sentence_similarity(best, phrases), [0.4, 0.7], rtol=1e-6)


def test_the_loss_falls_with_the_own_image_and_rises_with_the_other() -> None:
    assert contrast(torch.tensor([0.75, 0.25]), torch.tensor([0.125, 0.125])).item() == -0.375


def test_contrast_with_all_averages_the_others() -> None:
    found = contrast_with_all(THREE, Negatives.all, ITSELF).item()
    assert found == pytest.approx((0.5 + 0 + 0.25) / 3 - (0.5 + 1 + 0.5) / 3)


def test_cross_entropy_takes_the_own_image_for_the_class() -> None:
    similarity = torch.tensor([[0.5, 0.25], [0.0, 1.0]], dtype=torch.float64)
    found = contrast_with_all(similarity, Negatives.cross_entropy, ITSELF[:2, :2]).item()
    expected = np.mean([np.log(1 + np.exp(0.25 - 0.5)), np.log(1 + np.exp(-1.0))])
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("strategy", [Negatives.most_similar, Negatives.least_similar, Negatives.next])
def test_pairs_with_the_own_image_come_before_those_with_the_negative(strategy: Negatives) -> None:
    similarity = torch.tensor([0.75, 0.25, 0.125, 0.125])
    assert contrastive_loss(similarity, strategy, ITSELF[:2, :2]).item() == -0.375


@pytest.mark.parametrize("strategy", [Negatives.all, Negatives.cross_entropy])
def test_pairs_with_every_image_come_sentence_by_sentence(strategy: Negatives) -> None:
    assert contrastive_loss(THREE.flatten(), strategy, ITSELF) == contrast_with_all(THREE, strategy, ITSELF)


def test_contrast_with_all_leaves_out_the_examples_that_are_barred() -> None:
    found = contrast_with_all(THREE, Negatives.all, SIBLINGS).item()
    assert found == pytest.approx((0.25 + 0 + 0.25) / 3 - (0.5 + 1 + 0.5) / 3)


def test_cross_entropy_leaves_out_the_images_that_are_barred() -> None:
    found = contrast_with_all(THREE, Negatives.cross_entropy, SIBLINGS).item()
    one, other, last = np.log(1 + np.exp(0.25 - 0.5)), np.log(1 + 2 * np.exp(-1.0)), np.log(1 + np.exp(0.25 - 0.5))
    assert found == pytest.approx(np.mean([one, other, last]))


@pytest.mark.parametrize("strategy", [Negatives.all, Negatives.cross_entropy])
def test_a_sentence_that_is_contrasted_with_none_adds_nothing_and_counts_in_the_mean(strategy: Negatives) -> None:
    barred = ITSELF.clone()
    barred[0] = True
    whole, without = (contrast_with_all(THREE, strategy, each).item() for each in (ITSELF, barred))
    first = {
        Negatives.all: (0.25 + 0.75) / 2 - 0.5,
        Negatives.cross_entropy: np.log(np.exp([0.5, 0.25, 0.75]).sum()) - 0.5,
    }
    assert without == pytest.approx(whole - first[strategy] / 3)


@pytest.mark.parametrize(("siblings", "count"), [(Siblings.contrasted, 2), (Siblings.excluded, 1)])
def test_an_image_counts_once_for_each_sentence_unless_its_other_sentences_are_excluded(
    siblings: Siblings, count: int
) -> None:
    similarity = torch.tensor([[0.5, 0.25], [0.0, 1.0], [2.0, 1.5]], dtype=torch.float64)
    found = contrast_with_images(similarity, torch.tensor([0, 1, 1]), siblings).item()
    first = np.log(1 + 2 * np.exp(0.25 - 0.5))
    others = [np.log(count + np.exp(against - own)) for own, against in ((1.0, 0.0), (1.5, 2.0))]
    assert found == pytest.approx(np.mean([first, *others]))
