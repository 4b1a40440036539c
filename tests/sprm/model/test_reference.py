"""The model computes what the equations say, whatever is ragged, repeated or impossible in a batch."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_refinement import VARIANTS, Variant, of_each_pair, on, padded, read, refinement_on
from random_split import DIMENSION, LABELS, LEXICON, Drawn, draw, drawn, random_split, random_texts
from torch import Tensor, nn

from sprm.batches.encoding import EncodedSplit, Labels, Texts
from sprm.batches.prefix_tree import Prefixes
from sprm.model import reference
from sprm.model.prefix_lstm import encode as encode_prefixes
from sprm.model.refinement import Refinement
from sprm.model.sprm import SPRM
from sprm.settings import Negatives, Rules, Siblings, TrainingSettings, Words
from sprm.training.learner import Learner

OMEGAS = (0.4, 0.5, 1.0)
FROZEN = torch.from_numpy(LEXICON.vectors)


def model_of(
    split: EncodedSplit,
    refinement: Refinement | None,
    omega: float,
    device: torch.device,
    siblings: Siblings = Siblings.contrasted,
) -> SPRM:
    model = SPRM(torch.from_numpy(split.concepts), refinement, omega).to(device)
    model.siblings = siblings
    return model


def undecided(case: Drawn, strategy: Negatives, siblings: Siblings = Siblings.contrasted) -> bool:
    """Whether rounding may choose between the sentences of two images for a negative."""
    if strategy not in (Negatives.most_similar, Negatives.least_similar):
        return False
    vectors = case.split.sentence_vectors[case.sentences].astype(np.float64)
    known = vectors.any(axis=1)
    vectors[known] /= np.linalg.norm(vectors[known], axis=1, keepdims=True)
    closeness = (vectors @ vectors.T) * (1 if strategy is Negatives.most_similar else -1)
    np.fill_diagonal(closeness, -np.inf)
    if siblings is Siblings.excluded:
        closeness[case.images[:, None] == case.images] = -np.inf
        known &= (case.images[:, None] != case.images).any(axis=1)
    nearly = closeness > closeness.max(axis=1, keepdims=True) - 1e-5
    return any(len(set(case.images[row])) > 1 for row in nearly[known])


def assert_same_gradients(found: nn.Module, expected: nn.Module) -> None:
    for name, parameter in expected.named_parameters():
        ours, theirs = found.get_parameter(name).grad, parameter.grad
        assert ours is not None, name
        assert theirs is not None, name
        # A sentence whose negative is its own image teaches nothing: what is left of its gradient is rounding, which is
        # held against the size of the terms that cancel.
        scale = theirs.abs().max().clamp(min=2e-3)
        assert (ours.to_dense() - theirs).abs().max() <= 1e-4 * scale, name


@pytest.mark.parametrize("omega", [0.0, *OMEGAS])
@settings(deadline=None, max_examples=30)
@given(case=drawn())
def test_every_phrase_scores_every_box_of_every_image_as_the_equations_do(
    device: torch.device, omega: float, case: Drawn
) -> None:
    refinement, batch, plain = refinement_on(device), read(case, device, Negatives.all), padded(case, device)
    with torch.no_grad():
        found = of_each_pair(batch, model_of(case.split, refinement, omega, device)(batch))
        expected = reference.scores(plain, refinement, FROZEN.to(device), omega)
    count, phrases = len(case.sentences), plain.phrases[:, :, None, None]
    found = found.view(count, count, *found.shape[1:]).transpose(1, 2)
    torch.testing.assert_close(found * phrases, expected * phrases, atol=1e-5, rtol=0)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@settings(deadline=None, max_examples=10)
@given(case=drawn())
def test_every_variant_scores_as_the_equations_do(device: torch.device, variant: Variant, case: Drawn) -> None:
    refinement, batch, plain = refinement_on(device, variant), read(case, device, Negatives.all), padded(case, device)
    with torch.no_grad():
        found = of_each_pair(batch, model_of(case.split, refinement, 0.4, device)(batch))
        expected = reference.scores(plain, refinement, FROZEN.to(device), 0.4)
    count, phrases = len(case.sentences), plain.phrases[:, :, None, None]
    found = found.view(count, count, *found.shape[1:]).transpose(1, 2)
    torch.testing.assert_close(found * phrases, expected * phrases, atol=1e-5, rtol=0)


def test_no_two_variants_score_alike(device: torch.device) -> None:
    case = draw(3, Rules.corrected, heads=True, locations=True)
    with torch.no_grad():
        scores = [
            reference.scores(padded(case, device), refinement_on(device, variant), FROZEN.to(device), 0.4)
            for variant in VARIANTS.values()
            # What is frozen scores as what was not yet trained.
            if variant.words is Words.trained
        ]
    assert not any(
        torch.allclose(one, other, atol=1e-3) for place, one in enumerate(scores) for other in scores[:place]
    )


@pytest.mark.parametrize("omega", [0.0, *OMEGAS])
@settings(deadline=None, max_examples=15)
@given(case=drawn())
def test_a_batch_of_own_images_alone_is_scored_as_among_all(device: torch.device, omega: float, case: Drawn) -> None:
    refinement = refinement_on(device) if omega else None
    batch, plain = read(case, device, None), padded(case, device)
    with torch.no_grad():
        found = of_each_pair(batch, model_of(case.split, refinement, omega, device)(batch))
        expected = reference.scores(plain, refinement_on(device), FROZEN.to(device), omega)
    each, phrases = torch.arange(len(case.sentences)), plain.phrases[:, :, None]
    torch.testing.assert_close(found * phrases, expected[each, :, each] * phrases, atol=1e-5, rtol=0)


@pytest.mark.parametrize("omega", OMEGAS)
@pytest.mark.parametrize("strategy", Negatives)
@settings(deadline=None, max_examples=25)
@given(case=drawn())
def test_losses_and_gradients_are_those_of_the_equations(
    device: torch.device, strategy: Negatives, omega: float, case: Drawn
) -> None:
    assume(not undecided(case, strategy))
    ours, theirs = refinement_on(device), refinement_on(device)
    found = model_of(case.split, ours, omega, device).loss(read(case, device, strategy))
    expected = reference.loss(padded(case, device), theirs, FROZEN.to(device), omega, strategy)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    found.backward()
    expected.backward()
    assert_same_gradients(ours, theirs)


@pytest.mark.parametrize("strategy", Negatives)
@settings(deadline=None, max_examples=25)
@given(case=drawn())
def test_losses_and_gradients_without_siblings_are_those_of_the_equations(
    device: torch.device, strategy: Negatives, case: Drawn
) -> None:
    excluded = Siblings.excluded
    assume(not undecided(case, strategy, excluded))
    ours, theirs = refinement_on(device), refinement_on(device)
    found = model_of(case.split, ours, 0.4, device, excluded).loss(read(case, device, strategy, excluded))
    expected = reference.loss(padded(case, device), theirs, FROZEN.to(device), 0.4, strategy, excluded)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    found.backward()
    if len(set(case.images)) == 1:
        assert found == 0
        assert all(
            parameter.grad is None or parameter.grad.to_dense().abs().max() < 1e-6 for parameter in ours.parameters()
        )
    else:
        expected.backward()
        assert_same_gradients(ours, theirs)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@settings(deadline=None, max_examples=10)
@given(case=drawn())
def test_losses_and_gradients_of_every_variant_are_those_of_the_equations(
    device: torch.device, variant: Variant, case: Drawn
) -> None:
    assume(not undecided(case, Negatives.most_similar))
    ours, theirs = refinement_on(device, variant), refinement_on(device, variant)
    found = model_of(case.split, ours, 0.4, device).loss(read(case, device, Negatives.most_similar))
    expected = reference.loss(padded(case, device), theirs, FROZEN.to(device), 0.4, Negatives.most_similar)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    found.backward()
    expected.backward()
    assert_same_gradients(ours, theirs)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), more=st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_slots_that_nobody_fills_change_no_score(device: torch.device, seed: int, more: tuple[int, int]) -> None:
    case, refinement = draw(seed, Rules.corrected, heads=True, locations=False), refinement_on(device)
    tight = padded(case, device)
    phrases, boxes = tight.phrases.shape[1], tight.regions.shape[1]
    loose = padded(case, device, phrases + more[0], boxes + more[1])
    with torch.no_grad():
        few, many = (reference.scores(batch, refinement, FROZEN.to(device), 0.4) for batch in (tight, loose))
    assert many.shape[1::2] == (phrases + more[0], boxes + more[1])
    assert not many[..., boxes:].any()
    standing = tight.phrases[:, :, None, None]
    torch.testing.assert_close(many[:, :phrases, :, :boxes] * standing, few * standing, atol=1e-6, rtol=0)


def test_a_label_is_the_mean_over_its_variants_of_the_mean_over_their_words() -> None:
    def mean(vectors: Iterable[np.ndarray]) -> np.ndarray:
        return np.mean(list(vectors), axis=0)

    expected = [
        mean(mean(LEXICON.vectors[LEXICON.index(word)] for word in variant.split()) for variant in label.split(","))
        for label in LABELS
    ]
    found = Labels.of(LABELS, LEXICON).mean_vectors(LEXICON.vectors)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_too_few_slots_are_refused() -> None:
    case = draw(0, Rules.corrected, heads=True, locations=True)
    with pytest.raises(ValueError, match="0 slots for"):
        reference.pad(case.split, case.sentences, phrase_slots=0)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("siblings", Siblings)
def test_adam_takes_the_steps_of_the_equations_with_every_variant(
    device: torch.device, variant: Variant, siblings: Siblings
) -> None:
    assert_same_steps(device, 3, Negatives.most_similar, variant, siblings)


@pytest.mark.parametrize("strategy", [Negatives.most_similar, Negatives.all])
@pytest.mark.parametrize("seed", range(3))
def test_adam_takes_the_steps_that_it_takes_with_the_gradients_of_the_equations(
    device: torch.device, strategy: Negatives, seed: int
) -> None:
    assert_same_steps(device, seed, strategy)


def assert_same_steps(
    device: torch.device,
    seed: int,
    strategy: Negatives,
    variant: Variant = VARIANTS["as published"],
    siblings: Siblings = Siblings.contrasted,
) -> None:
    split, generator = random_split(seed, Rules.corrected, heads=True, locations=True), np.random.default_rng(seed)
    candidates = (Drawn(split, generator.permutation(len(split.sentence_images))[:5]) for _ in range(40))
    cases = [case for case in candidates if not undecided(case, strategy, siblings)][:8]
    assert len(cases) == 8
    ours, theirs = refinement_on(device, variant), refinement_on(device, variant)
    everything = np.arange(len(split.region_offsets) - 1)
    model = model_of(split, ours, 0.4, device, siblings)
    model.negatives = strategy
    learner = Learner(model, split, everything, TrainingSettings(learning_rate=1e-3), len(cases))
    found = torch.stack(learner.steps([case.sentences for case in cases]))
    expected = torch.stack(adam(theirs, cases, strategy, siblings, device))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    start = refinement_on(device, variant)
    for name, weight in theirs.named_parameters():
        assert (weight - start.get_parameter(name)).abs().max() > 1e-3, name
        assert (ours.get_parameter(name) - weight).abs().max() < 1e-4 * weight.abs().max(), name


def adam(
    refinement: Refinement, cases: list[Drawn], strategy: Negatives, siblings: Siblings, device: torch.device
) -> list[Tensor]:
    optimiser, losses = torch.optim.Adam(refinement.parameters(), lr=1e-3), []
    for case in cases:
        optimiser.zero_grad()
        loss = reference.loss(padded(case, device), refinement, FROZEN.to(device), 0.4, strategy, siblings)
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return losses


def recurrence(size: int, device: torch.device, dtype: torch.dtype) -> tuple[nn.LSTM, Tensor]:
    """Weights and the vectors of five words, the same at every call."""
    start = torch.Generator().manual_seed(0)
    lstm = nn.LSTM(size, size, batch_first=True)
    for weight in lstm.parameters():
        nn.init.normal_(weight, generator=start)
    return lstm.to(device, dtype), torch.randn(5, size, generator=start).to(device, dtype)


@settings(deadline=None, max_examples=40)
@given(texts=random_texts(count=7, longest=5))
def test_the_state_after_each_beginning_is_that_of_an_lstm(device: torch.device, texts: Texts) -> None:
    lstm, vectors = recurrence(DIMENSION, device, torch.float32)
    prefixes = Prefixes.of(texts.words, texts.lengths)
    tree, last_words, whole = prefixes.tree(np.arange(len(texts.words)))
    with torch.no_grad():
        found = encode_prefixes(lstm, vectors[last_words], on(tree, device))
        expected, _ = lstm(vectors[texts.words])
    for row, length in enumerate(texts.lengths):
        beginnings = prefixes.paths[row, :length]
        torch.testing.assert_close(found[beginnings], expected[row, :length], atol=1e-6, rtol=0)
        assert beginnings[-1] == whole[row]


@settings(deadline=None, max_examples=6)
@given(texts=random_texts(count=4, longest=3))
def test_the_gradient_of_the_recurrence_is_that_of_its_differences(device: torch.device, texts: Texts) -> None:
    lstm, vectors = recurrence(3, device, torch.float64)
    tree, last_words, _ = Prefixes.of(texts.words, texts.lengths).tree(np.arange(len(texts.words)))
    tree, inputs = on(tree, device), vectors[last_words].requires_grad_()
    # A loss always depends on the states, so that there is never no gradient of them.
    assert torch.autograd.gradcheck(
        lambda inputs, *_: encode_prefixes(lstm, inputs, tree),
        (inputs, *lstm.parameters()),
        nondet_tol=1e-12,
    )


def test_the_random_batches_hold_what_they_promise() -> None:
    cases = [draw(seed, Rules.corrected, heads=True, locations=True) for seed in range(60)]
    assert sum(case.hopeless() for case in cases) > 3
    assert sum(len(set(case.images)) < len(case.images) for case in cases) > 20
    for counts in (
        [np.diff(case.split.region_offsets)[case.images] for case in cases],
        [np.diff(case.split.phrase_offsets)[case.sentences] for case in cases],
    ):
        assert sum(1 in count and count.max() > 3 for count in counts) > 10
    assert sum((case.split.sentence_vectors[case.sentences] == 0).all(axis=1).any() for case in cases) > 3
