from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sprm.batches.negatives import choose, sentence_similarity
from sprm.model.loss import contrast, contrast_with_all, contrastive_loss, image_sentence_similarity
from sprm.settings import Negatives

SINGLE = [Negatives.most_similar, Negatives.least_similar, Negatives.next]


@pytest.mark.parametrize("strategy", SINGLE)
@given(count=st.integers(2, 9), seed=st.integers(0, 1000))
def test_a_sentence_is_never_its_own_negative(strategy: Negatives, count: int, seed: int) -> None:
    vectors = torch.from_numpy(np.random.default_rng(seed).standard_normal((count, 5)))
    chosen = choose(sentence_similarity(vectors), strategy)
    assert chosen is not None
    assert (chosen != torch.arange(count)).all()


def test_the_most_and_the_least_similar_sentence_are_found() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [-1.0, 0.0]])
    similarity = sentence_similarity(vectors)
    nearest, farthest = choose(similarity, Negatives.most_similar), choose(similarity, Negatives.least_similar)
    assert nearest is not None
    assert farthest is not None
    assert nearest.tolist() == [1, 0, 1, 2]
    assert farthest.tolist() == [3, 3, 0, 0]


def test_a_sentence_without_a_known_word_is_like_no_other() -> None:
    similarity = sentence_similarity(torch.tensor([[0.0, 0.0], [1.0, 2.0]]))
    assert similarity[0].tolist() == [0, 0]


def test_padded_phrases_do_not_dilute_the_similarity() -> None:
    best, phrases = torch.tensor([[0.5, 0.3], [0.7, 0.0]]), torch.tensor([[True, True], [True, False]])
    np.testing.assert_allclose(image_sentence_similarity(best, phrases), [0.4, 0.7], rtol=1e-6)


def test_the_loss_falls_with_the_own_image_and_rises_with_the_other() -> None:
    assert contrast(torch.tensor([0.75, 0.25]), torch.tensor([0.125, 0.125])).item() == -0.375


def test_contrast_with_all_averages_the_others() -> None:
    similarity = torch.tensor([[0.5, 0.25, 0.75], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]])
    found = contrast_with_all(similarity, Negatives.all).item()
    assert found == pytest.approx((0.5 + 0 + 0.25) / 3 - (0.5 + 1 + 0.5) / 3)


def test_cross_entropy_takes_the_own_image_for_the_class() -> None:
    similarity = torch.tensor([[0.5, 0.25], [0.0, 1.0]], dtype=torch.float64)
    found = contrast_with_all(similarity, Negatives.cross_entropy).item()
    expected = np.mean([np.log(1 + np.exp(0.25 - 0.5)), np.log(1 + np.exp(-1.0))])
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("strategy", SINGLE)
def test_pairs_with_the_own_image_come_before_those_with_the_negative(strategy: Negatives) -> None:
    similarity = torch.tensor([0.75, 0.25, 0.125, 0.125])
    assert contrastive_loss(similarity, strategy).item() == -0.375


@pytest.mark.parametrize("strategy", [Negatives.all, Negatives.cross_entropy])
def test_pairs_with_every_image_come_sentence_by_sentence(strategy: Negatives) -> None:
    similarity = torch.tensor([[0.5, 0.25, 0.75], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]])
    assert contrastive_loss(similarity.flatten(), strategy) == contrast_with_all(similarity, strategy)
