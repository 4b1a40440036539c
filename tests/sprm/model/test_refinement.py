from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from random_refinement import of_each_pair, padded, read, refinement_on
from random_split import DIMENSION, FEATURES, LEXICON, Drawn, draw, drawn

from sprm.model import reference
from sprm.model.refinement import Refinement, unit
from sprm.settings import Negatives, Rules

CPU = torch.device("cpu")


def drawn_from(seed: int, *, mixed_precision: bool = False) -> Refinement:
    start = torch.Generator().manual_seed(seed)
    return Refinement(LEXICON, FEATURES + 5, start, mixed_precision=mixed_precision)


def one_by_one(case: Drawn) -> list[Drawn]:
    """Each sentence as a batch of its own."""
    return [replace(case, sentences=case.sentences[row : row + 1]) for row in range(len(case.sentences))]


@settings(deadline=None, max_examples=30)
@given(case=drawn())
def test_the_cosine_of_every_phrase_with_every_box_is_that_of_the_equations(device: torch.device, case: Drawn) -> None:
    refinement, batch, plain = refinement_on(device), read(case, device, Negatives.all), padded(case, device)
    with torch.no_grad():
        found = of_each_pair(batch, refinement(batch))
        expected = reference.cosines(reference.textual(plain, refinement), reference.visual(plain, refinement))
    count, phrases = len(case.sentences), plain.phrases[:, :, None, None]
    found = found.view(count, count, *found.shape[1:]).transpose(1, 2)
    torch.testing.assert_close(found * phrases, expected * (phrases & plain.regions), atol=1e-5, rtol=0)


@settings(deadline=None, max_examples=30)
@given(case=drawn(), negatives=st.sampled_from([None, *Negatives]))
def test_only_what_is_padded_scores_0(device: torch.device, case: Drawn, negatives: Negatives | None) -> None:
    batch = read(case, device, negatives)
    with torch.no_grad():
        cosines = refinement_on(device)(batch)
    standing = batch.pairs.by_image.mask[:, :, None] & batch.images.mask[:, None, :]
    assert torch.equal(cosines != 0, standing)


@settings(deadline=None, max_examples=30)
@given(case=drawn())
def test_who_else_is_in_the_batch_changes_no_cosine(device: torch.device, case: Drawn) -> None:
    """A sentence that is alone has no padded phrase, and its image no padded box."""
    refinement, batch = refinement_on(device), read(case, device, None)
    with torch.no_grad():
        together = of_each_pair(batch, refinement(batch))
        for row, alone in enumerate(one_by_one(case)):
            (cosines,) = refinement(read(alone, device, None))
            phrases, boxes = cosines.shape
            torch.testing.assert_close(together[row, :phrases, :boxes], cosines, atol=1e-6, rtol=0)


def test_nothing_is_left_to_chance_whether_it_trains_or_answers(device: torch.device) -> None:
    case, refinement = draw(0, Rules.corrected, heads=True, locations=True), refinement_on(device)
    with torch.no_grad():
        training = refinement.train()(read(case, device, None))
        answering = refinement.eval()(read(case, device, None))
    assert torch.equal(training, answering)


def test_only_the_vectors_of_words_that_are_read_get_a_gradient(device: torch.device) -> None:
    case, refinement = draw(1, Rules.corrected, heads=True, locations=True), refinement_on(device)
    batch = read(case, device, None)
    refinement(batch).square().sum().backward()
    gradient = refinement.words.weight.grad
    assert gradient is not None
    assert gradient.is_sparse
    moved = set(gradient.to_dense().any(dim=1).nonzero().flatten().tolist())
    assert moved == set(batch.words.tolist()) - {LEXICON.PADDING}
    assert len(moved) < len(LEXICON.words) - 1


def test_the_first_weights_come_from_the_given_generator_alone() -> None:
    first = drawn_from(0).state_dict()
    torch.rand(7)
    again, other = drawn_from(0).state_dict(), drawn_from(1).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    same = {name for name in first if torch.equal(first[name], other[name])}
    assert same == {"words.weight", "visual.bias"}


def test_words_start_as_the_lexicon_which_training_leaves_alone() -> None:
    kept, refinement = LEXICON.vectors.copy(), drawn_from(0)
    np.testing.assert_array_equal(refinement.words.weight.detach(), kept)
    refinement.words.weight.data.fill_(7)
    np.testing.assert_array_equal(LEXICON.vectors, kept)


def test_mixed_precision_rounds_the_visual_map_and_nothing_else() -> None:
    full, mixed = drawn_from(0), drawn_from(0, mixed_precision=True)
    batch = read(draw(0, Rules.corrected, heads=True, locations=True), CPU, None)
    words = full.words(batch.words)
    exact, rounded = full.regions(batch, words), mixed.regions(batch, words)
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, exact)
    torch.testing.assert_close(rounded, exact, atol=0.02, rtol=0)
    assert torch.equal(mixed.phrases(batch, words), full.phrases(batch, words))
    batch = replace(batch, regions=torch.zeros_like(batch.regions))
    torch.testing.assert_close(mixed.regions(batch, words), full.regions(batch, words), atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_a_vector_is_scaled_to_length_1_in_its_own_direction(size: float) -> None:
    torch.testing.assert_close(unit(size * torch.tensor([[3.0, 4.0]])), torch.tensor([[0.6, 0.8]]))


def test_a_zero_vector_stays_zero() -> None:
    assert not unit(torch.zeros(2, DIMENSION)).any()


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 5))
def test_the_gradient_of_scaling_to_length_1_is_that_of_its_differences(
    device: torch.device, seed: int, count: int
) -> None:
    numbers = torch.randn(count, DIMENSION, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    assert torch.autograd.gradcheck(unit, (numbers.to(device).requires_grad_(),))
