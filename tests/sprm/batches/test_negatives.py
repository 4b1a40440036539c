from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sprm.batches.negatives import barred_examples, choose, sentence_similarity
from sprm.settings import Negatives, Siblings

SINGLE = [Negatives.most_similar, Negatives.least_similar, Negatives.next]
FOUR = torch.tensor(
    [
        [1.0, 0.6, -0.2, 0.9],
        [0.6, 1.0, 0.7, 0.1],
        [-0.2, 0.7, 1.0, 0.3],
        [0.9, 0.1, 0.3, 1.0],
    ]
)
"""Similarity of four sentences, no two of the same size in a row."""


def chosen(similarity: torch.Tensor, strategy: Negatives, images: list[int] | None = None) -> list[int]:
    """The negatives among sentences of different images, or of those that are given, siblings excluded."""
    each = torch.arange(len(similarity)) if images is None else torch.tensor(images)
    negatives = choose(similarity, strategy, barred_examples(each, Siblings.excluded))
    assert negatives is not None
    assert negatives.dtype == torch.int64
    return negatives.tolist()


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Negatives.most_similar, [3, 2, 1, 0]),
        (Negatives.least_similar, [2, 3, 0, 1]),
        (Negatives.next, [1, 2, 3, 0]),
    ],
)
def test_each_strategy_chooses_by_the_rows_of_the_similarity(strategy: Negatives, expected: list[int]) -> None:
    assert chosen(FOUR, strategy) == expected


@pytest.mark.parametrize("strategy", [Negatives.all, Negatives.cross_entropy])
def test_a_strategy_that_contrasts_with_every_example_chooses_none(strategy: Negatives) -> None:
    assert choose(FOUR, strategy, torch.eye(4, dtype=torch.bool)) is None


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Negatives.most_similar, [1, 2, 1, 2]),
        (Negatives.least_similar, [2, 3, 0, 1]),
        (Negatives.next, [1, 2, 3, 1]),
    ],
)
def test_a_sibling_is_passed_over_where_siblings_are_excluded(strategy: Negatives, expected: list[int]) -> None:
    assert chosen(FOUR, strategy, [7, 5, 8, 7]) == expected


@pytest.mark.parametrize("strategy", SINGLE)
def test_a_sentence_with_siblings_alone_is_its_own_negative(strategy: Negatives) -> None:
    assert chosen(FOUR, strategy, [7, 7, 7, 7]) == [0, 1, 2, 3]


def test_siblings_are_barred_only_where_they_are_excluded() -> None:
    images = torch.tensor([4, 6, 4])
    assert torch.equal(barred_examples(images, Siblings.contrasted), torch.eye(3, dtype=torch.bool))
    expected = [[True, False, True], [False, True, False], [True, False, True]]
    assert barred_examples(images, Siblings.excluded).tolist() == expected


@pytest.mark.parametrize("own", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize(
    ("strategy", "expected"), [(Negatives.most_similar, [3, 2, 1, 0]), (Negatives.least_similar, [2, 3, 0, 1])]
)
def test_how_similar_a_sentence_is_to_itself_decides_nothing(
    strategy: Negatives, expected: list[int], own: float
) -> None:
    similarity = FOUR.clone().fill_diagonal_(own)
    assert chosen(similarity, strategy) == expected
    assert (similarity.diagonal() == own).all()


@pytest.mark.parametrize(
    ("strategy", "expected"), [(Negatives.most_similar, [1, 0, 1, 1]), (Negatives.least_similar, [2, 2, 0, 0])]
)
def test_of_equally_similar_sentences_the_first_is_chosen(strategy: Negatives, expected: list[int]) -> None:
    similarity = torch.tensor(
        [
            [1.0, 0.5, 0.0, 0.0],
            [0.5, 1.0, 0.25, 0.25],
            [0.0, 0.25, 1.0, 0.0],
            [0.0, 0.25, 0.0, 1.0],
        ]
    )
    assert chosen(similarity, strategy) == expected


@pytest.mark.parametrize("strategy", [Negatives.most_similar, Negatives.least_similar])
@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_where_all_are_alike_each_takes_the_first_of_the_others(strategy: Negatives, value: float) -> None:
    """So it is for a sentence without a known word, and in a batch of one sentence many times."""
    assert chosen(torch.full((4, 4), value), strategy) == [1, 0, 0, 0]


@pytest.mark.parametrize("strategy", SINGLE)
@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_of_two_sentences_each_is_the_other_s_negative(strategy: Negatives, value: float) -> None:
    assert chosen(torch.tensor([[1.0, value], [value, 1.0]]), strategy) == [1, 0]


@pytest.mark.parametrize("strategy", SINGLE)
@given(count=st.integers(2, 9), seed=st.integers(0, 1000))
def test_a_sentence_is_never_its_own_negative(strategy: Negatives, count: int, seed: int) -> None:
    vectors = torch.from_numpy(np.random.default_rng(seed).standard_normal((count, 5)))
    negatives = chosen(sentence_similarity(vectors), strategy)
    assert all(negative != sentence for sentence, negative in enumerate(negatives))


def test_the_most_and_the_least_similar_sentence_are_found() -> None:
    similarity = sentence_similarity(torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [-1.0, 0.0]]))
    assert chosen(similarity, Negatives.most_similar) == [1, 0, 1, 2]
    assert chosen(similarity, Negatives.least_similar) == [3, 3, 0, 0]


def test_similarity_is_the_cosine_whatever_the_lengths() -> None:
    similarity = sentence_similarity(torch.tensor([[3.0, 4.0], [0.03, 0.04], [-40.0, 30.0], [-3.0, -4.0]]))
    expected = [[1, 1, 0, -1], [1, 1, 0, -1], [0, 0, 1, 0], [-1, -1, 0, 1]]
    np.testing.assert_allclose(similarity, expected, atol=1e-6)


def test_a_sentence_without_a_known_word_is_like_no_other() -> None:
    similarity = sentence_similarity(torch.tensor([[0.0, 0.0], [1.0, 2.0]]))
    assert similarity[0].tolist() == [0, 0]
