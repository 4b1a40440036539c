"""SPRM+ computes what its equations say, and before training answers as its prior does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from plain_sprm_plus import PlainSPRMPlus
from random_refinement import contrasting, of_each_pair, read
from random_split import FEATURES, LEXICON, Drawn, draw, drawn, random_split
from torch import nn

from sprm.batches.encoding import EncodedSplit
from sprm.evaluation.scoring import score
from sprm.model.prior import BoxTerms
from sprm.model.sprm import SPRM
from sprm.model.sprm_plus import Residual, SPRMPlus
from sprm.model.sprm_plus_loss import PlusLoss, similarity
from sprm.model.trainable import Moment
from sprm.settings import Contrast, Rules, Siblings, TrainingSettings
from sprm.training.learner import Learner

TEMPERATURE = 0.5
TERMS = BoxTerms(0.15, 0.1)


MADE_OF = {
    "evidence": PlusLoss(),
    "attention and all terms": PlusLoss(Contrast.attention, distillation=0.7, entropy=0.4, sharing=0.9),
    "phrases": PlusLoss(Contrast.phrases, distillation=0.7),
    "phrases alike": PlusLoss(Contrast.phrases_alike, sharing=0.9),
}


def untrained(inputs: int = FEATURES + 6, *, context: bool = False) -> Residual:
    return Residual(LEXICON, inputs, torch.Generator().manual_seed(0), context=context).double()


def moved(*, context: bool = True) -> Residual:
    """Every weight moved, so that no term is zero; the same at every call."""
    residual, chance = untrained(context=context), torch.Generator().manual_seed(1)
    for parameter in (*residual.parameters(), residual.mean, residual.scale):
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=chance, dtype=parameter.dtype)
    return residual


def with_scores(case: Drawn) -> Drawn:
    scores = np.random.default_rng(0).standard_normal((len(case.split.region_labels), 1)).astype(np.float32)
    return Drawn(replace(case.split, coordinates=np.hstack([case.split.coordinates, scores])), case.sentences)


def model_of(
    split: EncodedSplit,
    residual: Residual,
    device: torch.device,
    siblings: Siblings,
    made_of: PlusLoss = MADE_OF["evidence"],
) -> SPRMPlus:
    concepts = torch.from_numpy(split.concepts).double().to(device)
    return contrasting(SPRMPlus(concepts, residual.to(device), TERMS, TEMPERATURE, made_of), siblings)


def plain(
    case: Drawn, residual: Residual, made_of: PlusLoss = MADE_OF["evidence"], kept: torch.Tensor | None = None
) -> PlainSPRMPlus:
    return PlainSPRMPlus(case, residual, TERMS.score_weight, TERMS.size_weight, TEMPERATURE, made_of, kept)


def assert_same_gradients(found: nn.Module, expected: nn.Module) -> None:
    for name, parameter in expected.named_parameters():
        ours, theirs = found.get_parameter(name).grad, parameter.grad
        assert ours is not None, name
        # What the equations do not come across has no gradient there.
        theirs = torch.zeros_like(parameter) if theirs is None else theirs
        torch.testing.assert_close(ours.cpu(), theirs, atol=1e-5, rtol=1e-5, msg=name)


@settings(deadline=None, max_examples=30)
@given(case=drawn().map(with_scores))
def test_every_phrase_scores_every_box_as_the_equations_do(device: torch.device, case: Drawn) -> None:
    batch, equations = read(case, device, None), plain(case, moved())
    with torch.no_grad():
        found = of_each_pair(batch, model_of(case.split, moved(), device, Siblings.contrasted)(batch)).cpu()
        for place, (sentence, image) in enumerate(zip(case.sentences, case.images, strict=True)):
            for number, phrase in enumerate(equations.phrases(sentence)):
                expected = equations.answer(phrase, image)
                own = found[place, number]
                torch.testing.assert_close(own[: len(expected)], expected, atol=1e-5, rtol=0)
                assert not own[len(expected) :].any()


@pytest.mark.parametrize("siblings", Siblings)
@pytest.mark.parametrize("made_of", MADE_OF.values(), ids=list(MADE_OF))
@settings(deadline=None, max_examples=10)
@given(case=drawn().map(with_scores))
def test_similarities_losses_and_gradients_are_those_of_the_equations(
    device: torch.device, made_of: PlusLoss, siblings: Siblings, case: Drawn
) -> None:
    ours, theirs = moved(), moved()
    model, batch, equations = (
        model_of(case.split, ours, device, siblings, made_of),
        read(case, device, None),
        plain(case, theirs, made_of),
    )
    parts = model.parts(batch)
    of_phrases = parts.attended if made_of.contrast is Contrast.attention else parts.evidence
    similar = similarity(batch, of_phrases).detach()[:, batch.sentence_images].cpu()
    expected = [[equations.similarity(sentence, image).item() for image in case.images] for sentence in case.sentences]
    torch.testing.assert_close(similar, torch.tensor(expected, dtype=torch.float64), atol=1e-5, rtol=1e-5)
    found, loss = model.loss(batch), equations.loss(siblings)
    torch.testing.assert_close(found.cpu(), loss, atol=1e-5, rtol=1e-5)
    found.backward()
    loss.backward()
    assert_same_gradients(ours, theirs)


@settings(deadline=None, max_examples=10)
@given(case=drawn().map(with_scores))
def test_a_step_leaves_out_numbers_of_its_own_and_enlarges_the_others_in_proportion(
    device: torch.device, case: Drawn
) -> None:
    made_of = PlusLoss(dropout=0.5, seed=3)
    residual = moved()
    model, batch = model_of(case.split, residual, device, Siblings.contrasted, made_of), read(case, device, None)
    for step in range(3):
        kept = np.random.default_rng([3, step]).random(FEATURES + 6) >= 0.5
        theirs = moved()
        loss = plain(case, theirs, made_of, 2.0 * torch.from_numpy(kept)).loss(Siblings.contrasted)
        loss.backward()
        residual.zero_grad()
        own = model.loss(batch, Moment(step=step))
        own.backward()
        torch.testing.assert_close(own.detach().cpu(), loss.detach(), atol=1e-5, rtol=1e-5)
        assert_same_gradients(residual, theirs)
        gradient = residual.visual.weight.grad
        assert gradient is not None
        assert not gradient[:, ~torch.from_numpy(kept)].any()
    with torch.no_grad():
        whole = plain(case, moved(), made_of).loss(Siblings.contrasted)
        torch.testing.assert_close(model.loss(batch).cpu(), whole, atol=1e-5, rtol=1e-5)


def test_adam_takes_the_steps_that_it_takes_with_the_gradients_of_the_equations(device: torch.device) -> None:
    split = with_scores(Drawn(random_split(0, Rules.corrected, heads=True, locations=True), np.arange(2))).split
    chance = np.random.default_rng(0)
    cases = [Drawn(split, chance.permutation(len(split.sentence_images))[:4]) for _ in range(5)]
    ours, theirs = untrained(), untrained()
    model = model_of(split, ours, device, Siblings.excluded)
    images, taken = np.arange(split.images), TrainingSettings(learning_rate=1e-2)
    found = torch.stack(Learner(model, split, images, taken, len(cases)).steps([case.sentences for case in cases]))
    optimiser, expected = torch.optim.Adam(theirs.parameters(), lr=1e-2), []
    for case in cases:
        optimiser.zero_grad()
        loss = plain(case, theirs).loss(Siblings.excluded)
        loss.backward()
        optimiser.step()
        expected.append(loss.detach())
    torch.testing.assert_close(found.cpu(), torch.stack(expected), atol=1e-4, rtol=1e-4)
    assert ours.labels.weight.abs().max() > 1e-3


@pytest.mark.parametrize("terms", [TERMS, BoxTerms()], ids=["score and size", "neither"])
@pytest.mark.parametrize("rules", Rules)
def test_before_training_it_answers_as_its_prior_does_and_no_image_has_evidence(rules: Rules, terms: BoxTerms) -> None:
    for seed in range(10):
        case = with_scores(draw(seed, rules, heads=True, locations=True))
        concepts = torch.from_numpy(case.split.concepts)
        model = SPRMPlus(concepts, untrained(context=True).float(), terms, TEMPERATURE, PlusLoss())
        ours, priors = (score(each, case.split).highest for each in (model, SPRM(concepts, None, 0.0, terms)))
        np.testing.assert_array_equal(ours.boxes, priors.boxes)
        np.testing.assert_array_equal(ours.tied, priors.tied)
        found = model.parts(read(case, torch.device("cpu"), None)).evidence
        torch.testing.assert_close(found, torch.zeros_like(found), atol=1e-6, rtol=0)


def test_a_box_that_the_prior_rules_out_gives_no_evidence() -> None:
    for seed in range(30):
        case = with_scores(draw(seed, Rules.corrected, heads=True, locations=True))
        if case.hopeless():
            continue
        model = model_of(case.split, moved(), torch.device("cpu"), Siblings.contrasted)
        batch = read(case, torch.device("cpu"), None)
        before = model.parts(batch).evidence
        named = case.split.locations < 255
        if not named.any():
            continue
        features = case.split.features.copy()
        said = np.bitwise_or.reduce(case.split.locations[named])
        ruled_out = (case.split.relations & said) == 0
        features[ruled_out] += 1
        other = read(Drawn(replace(case.split, features=features), case.sentences), torch.device("cpu"), None)
        restricted = batch.locations < 255
        after = model.parts(other).evidence
        torch.testing.assert_close(after[:, restricted], before[:, restricted], atol=1e-9, rtol=0)
