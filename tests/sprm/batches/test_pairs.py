from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from sprm.batches.packing import offsets_of
from sprm.batches.pairs import Pairs


@dataclass(frozen=True)
class Asked:
    """Which sentence is scored against which image, pair by pair."""

    sentences: np.ndarray
    images: np.ndarray
    phrase_offsets: np.ndarray

    @property
    def count(self) -> int:
        return int(self.images.max()) + 1

    def pairs(self) -> Pairs:
        return Pairs.of(self.sentences, self.images, self.phrase_offsets, self.count)

    def phrases(self, pair: int) -> list[int]:
        return list(range(*self.phrase_offsets[self.sentences[pair] :][:2]))


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """Sentences of one to four phrases; a pair may occur twice, and every image occurs."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    images = draw(st.integers(1, 4))
    sentence, image = st.integers(0, len(sizes) - 1), st.integers(0, images - 1)
    more = draw(st.lists(st.tuples(sentence, image), max_size=8))
    every = [(draw(sentence), row) for row in range(images)]
    pairs = draw(st.permutations([*every, *more]))
    return Asked(*(np.array(column) for column in zip(*pairs, strict=True)), offsets_of(np.array(sizes)))


def test_a_sentence_that_two_images_are_asked_about_is_asked_of_each() -> None:
    given_pairs = Asked(np.array([0, 1, 0]), np.array([1, 1, 0]), np.array([0, 2, 3]))
    pairs = given_pairs.pairs()
    assert pairs.by_image.mask.tolist() == [[True, True, False], [True, True, True]]
    assert pairs.questions.tolist() == [0, 1, 0, 1, 2]
    assert pairs.places.tolist() == [[3, 4], [5, 0], [0, 1]]
    assert pairs.phrases.tolist() == [[True, True], [True, False], [True, True]]


@given(asked())
def test_every_question_of_a_pair_is_a_phrase_of_its_sentence_in_order(case: Asked) -> None:
    pairs = case.pairs()
    # One is added, so that the zeros of padding are told from phrase 0.
    of_each = pairs.of_each(pairs.by_image.pad(pairs.questions + 1))
    for pair, (row, standing) in enumerate(zip(of_each, pairs.phrases, strict=True)):
        assert (row[standing] - 1).tolist() == case.phrases(pair)
        assert not row[~standing].any()


@given(asked())
def test_every_question_of_a_pair_is_asked_of_its_image(case: Asked) -> None:
    pairs = case.pairs()
    image = torch.arange(case.count)[:, None].expand(pairs.by_image.mask.shape)
    found = pairs.of_each(image + 1) - 1
    for pair, standing in enumerate(pairs.phrases):
        assert (found[pair][standing] == case.images[pair]).all()


@given(asked())
def test_every_question_belongs_to_one_pair(case: Asked) -> None:
    pairs = case.pairs()
    assert sorted(pairs.places[pairs.phrases].tolist()) == pairs.by_image.slots.tolist()
    assert len(pairs.questions) == len(pairs.by_image.slots)


@given(asked())
def test_the_questions_of_an_image_come_in_the_order_of_the_pairs(case: Asked) -> None:
    pairs = case.pairs()
    for image in range(case.count):
        firsts = pairs.places[torch.from_numpy(case.images == image), 0]
        assert (firsts.diff() > 0).all()


@given(asked())
def test_the_gradient_of_a_pair_reaches_its_own_questions_and_no_padding(case: Asked) -> None:
    pairs = case.pairs()
    best = torch.zeros(pairs.by_image.mask.shape, requires_grad=True)
    pairs.of_each(best).sum().backward()
    assert best.grad is not None
    torch.testing.assert_close(best.grad, pairs.by_image.mask.float())
