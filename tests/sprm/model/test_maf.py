"""MAF computes what its equations say, whatever is ragged, repeated, padded or tied in a batch."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from plain_maf import PlainMAF
from random_refinement import contrasting, of_each_pair, read
from random_split import DIMENSION, FEATURES, LABELS, LEXICON, Drawn, draw, drawn, random_split
from torch import nn

from sprm.evaluation.scoring import score
from sprm.model.maf import MAF, Alignment, Boxes, Padding
from sprm.settings import Rules, Siblings, TrainingSettings
from sprm.training.learner import Learner

PADDINGS = {
    "masked": None,
    "padded": Padding(words=9, phrases=6, boxes=10),
    "padded less than there is": Padding(words=2, phrases=2, boxes=3),
}


@pytest.fixture(scope="module", params=PADDINGS.values(), ids=list(PADDINGS))
def padding(request: pytest.FixtureRequest) -> Padding | None:
    return request.param


def untrained(padding: Padding | None, inputs: int = FEATURES, seed: int = 0) -> Alignment:
    return Alignment(LEXICON, inputs, torch.Generator().manual_seed(seed), padding).double()


def moved(padding: Padding | None, inputs: int = FEATURES) -> Alignment:
    """Every weight moved, so that no term is zero; the same at every call."""
    alignment, chance = untrained(padding, inputs), torch.Generator().manual_seed(1)
    for parameter in alignment.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=chance, dtype=parameter.dtype)
    if padding is None:
        alignment.words.weight.data[LEXICON.PADDING] = 0
    return alignment


def assert_same_gradients(found: nn.Module, expected: nn.Module) -> None:
    for name, parameter in expected.named_parameters():
        ours, theirs = found.get_parameter(name).grad, parameter.grad
        assert ours is not None, name
        assert theirs is not None, name
        torch.testing.assert_close(ours.to_dense().cpu(), theirs, atol=1e-9, rtol=0, msg=name)


@settings(deadline=None, max_examples=30)
@given(case=drawn())
def test_every_phrase_scores_every_box_as_the_equations_do(
    device: torch.device, padding: Padding | None, case: Drawn
) -> None:
    plain, batch = PlainMAF(case, moved(padding), padding), read(case, device, None)
    with torch.no_grad():
        found = of_each_pair(batch, MAF(moved(padding).to(device))(batch)).cpu()
        each = torch.arange(len(case.sentences))
        expected, compete = plain.x[each, each], plain.boxes_compete & ~plain.batch.regions
    phrases, boxes = found.shape[1:]
    expected, padded = expected[:, :phrases], expected.masked_fill(~compete[:, None, :], -torch.inf)[:, :phrases]
    standing = plain.batch.regions[:, None, :]
    best = expected.masked_fill(~standing, -torch.inf).amax(dim=2)
    # Where the padded box beats all, the first answers in its place.
    expected[:, :, 0] = torch.where(padded.amax(dim=2) > best, padded.amax(dim=2), expected[:, :, 0])
    standing = (standing & plain.batch.phrases[:, :phrases, None])[:, :, :boxes]
    torch.testing.assert_close(found[standing], expected[:, :, :boxes][standing], atol=1e-9, rtol=0)


@pytest.mark.parametrize("siblings", Siblings)
@settings(deadline=None, max_examples=30)
@given(case=drawn())
def test_similarities_losses_and_gradients_are_those_of_the_equations(
    device: torch.device, padding: Padding | None, siblings: Siblings, case: Drawn
) -> None:
    ours, theirs = moved(padding).to(device), moved(padding)
    model, batch, plain = contrasting(MAF(ours), siblings), read(case, device, None), PlainMAF(case, theirs, padding)
    similar = model.similarity(batch).detach()[:, batch.sentence_images].cpu()
    torch.testing.assert_close(similar, plain.similarity.detach(), atol=1e-9, rtol=0)
    found, expected = model.loss(batch), plain.loss(siblings)
    torch.testing.assert_close(found.cpu(), expected, atol=1e-9, rtol=0)
    found.backward()
    expected.backward()
    assert_same_gradients(ours, theirs)


@pytest.mark.parametrize("siblings", Siblings)
@pytest.mark.parametrize("seed", range(3))
def test_adam_takes_the_steps_that_it_takes_with_the_gradients_of_the_equations(
    device: torch.device, padding: Padding | None, siblings: Siblings, seed: int
) -> None:
    split, chance = random_split(seed, Rules.corrected, heads=True, locations=True), np.random.default_rng(seed)
    cases = [Drawn(split, chance.permutation(len(split.sentence_images))[:5]) for _ in range(8)]
    ours, theirs = moved(padding).to(device), moved(padding)
    images, taken = np.arange(len(split.region_offsets) - 1), TrainingSettings(learning_rate=1e-3)
    learner = Learner(contrasting(MAF(ours), siblings), split, images, taken, len(cases))
    found = torch.stack(learner.steps([case.sentences for case in cases]))
    optimiser, expected = torch.optim.Adam(theirs.parameters(), lr=1e-3), []
    for case in cases:
        optimiser.zero_grad()
        loss = PlainMAF(case, theirs, padding).loss(siblings)
        loss.backward()
        optimiser.step()
        expected.append(loss.detach())
    torch.testing.assert_close(found.cpu(), torch.stack(expected), atol=1e-8, rtol=0)
    for name, weight in theirs.named_parameters():
        if name != "visual.bias":
            assert (weight - moved(padding).get_parameter(name)).abs().max() > 1e-3, name
        torch.testing.assert_close(ours.get_parameter(name).cpu(), weight, atol=1e-8, rtol=0, msg=name)


def test_the_detectors_score_is_one_more_input_of_a_box(device: torch.device) -> None:
    """The score stands behind features and coordinates."""
    case = with_scores(draw(2, Rules.corrected, heads=True, locations=True))
    ours, theirs = moved(None, FEATURES + 1).to(device), moved(None, FEATURES + 1)
    found, expected = MAF(ours).loss(read(case, device, None)), PlainMAF(case, theirs, None).loss(Siblings.contrasted)
    torch.testing.assert_close(found.cpu(), expected, atol=1e-9, rtol=0)
    found.backward()
    expected.backward()
    assert_same_gradients(ours, theirs)
    gradient = theirs.visual.weight.grad
    assert gradient is not None
    assert gradient[:, -1].abs().max() > 1e-3


def with_scores(case: Drawn) -> Drawn:
    scores = np.random.default_rng(0).standard_normal((len(case.split.region_labels), 1)).astype(np.float32)
    coordinates = np.concatenate([case.split.coordinates, scores], axis=1)
    return Drawn(replace(case.split, coordinates=coordinates), case.sentences)


def test_of_boxes_that_tie_the_first_has_the_gradient_and_padding_is_last() -> None:
    scores = torch.tensor([[2.0, 5.0, 5.0, 9.0], [3.0, 3.0, 1.0, 1.0], [4.0, 2.0, 2.0, 2.0]], requires_grad=True)
    padded = torch.tensor([5.0, 6.0, 7.0], requires_grad=True)
    boxes = Boxes(
        labels=torch.zeros(0),
        seen=torch.zeros(0),
        vectors=torch.zeros(0),
        standing=torch.tensor([[True, True, True, False], [True, True, True, True], [True, True, True, True]]),
        padded=torch.zeros(0),
        copies=torch.tensor([2.0, 1.0, 0.0]),
    )
    best = boxes.best(scores, padded)
    best.sum().backward()
    assert best.tolist() == [5, 6, 4]
    assert scores.grad.tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert padded.grad.tolist() == [0, 1, 0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_before_training_boxes_of_one_label_tie(dtype: torch.dtype) -> None:
    for seed in range(10):
        split = random_split(seed, Rules.corrected, heads=True, locations=True)
        with_label = [
            np.bincount(split.region_labels[start:end], minlength=len(LABELS))
            for start, end in pairwise(split.region_offsets)
        ]
        highest = score(MAF(untrained(None, seed=seed).to(dtype)), split).highest
        images = split.sentence_images[np.repeat(np.arange(len(split.sentence_images)), np.diff(split.phrase_offsets))]
        first = highest.boxes[np.cumsum(highest.tied) - highest.tied]
        labels = split.region_labels[split.region_offsets[images] + first]
        alike = [with_label[image][label] for image, label in zip(images, labels, strict=True)]
        np.testing.assert_array_equal(highest.tied, alike)


def test_the_authors_padding_is_a_word_that_is_trained_and_else_stays_zero(padding: Padding | None) -> None:
    case = draw(0, Rules.corrected, heads=True, locations=True)
    alignment = moved(padding)
    before = alignment.words.weight.detach().clone()
    images = np.arange(len(case.split.region_offsets) - 1)
    learner = Learner(MAF(alignment), case.split, images, TrainingSettings(learning_rate=1e-3), 1)
    learner.steps([case.sentences])
    change = (alignment.words.weight - before).abs().amax(dim=1)
    assert (change[LEXICON.PADDING] > 1e-4) == (padding is not None)
    assert change[LEXICON.UNKNOWN] > 1e-4
    if padding is None:
        assert not alignment.words.weight[LEXICON.PADDING].any()


def test_nothing_but_what_competes_counts_in_the_masked_form() -> None:
    """Padding up to less than the smallest member is no padding."""
    case = draw(3, Rules.corrected, heads=True, locations=True)
    nothing = moved(None)
    none = Alignment(LEXICON, FEATURES, torch.Generator(), Padding(words=1, phrases=1, boxes=1)).double()
    none.load_state_dict(nothing.state_dict())
    batch = read(case, torch.device("cpu"), None)
    assert torch.equal(MAF(nothing).similarity(batch), MAF(none).similarity(batch))


def test_a_sentence_that_describes_one_image_with_all_others_learns_nothing_where_siblings_are_excluded() -> None:
    case = draw(1, Rules.corrected, heads=True, locations=True)
    image = np.bincount(case.split.sentence_images).argmax()
    own = Drawn(case.split, np.flatnonzero(case.split.sentence_images == image))
    assert len(own.sentences) > 1
    batch = read(own, torch.device("cpu"), None)
    assert contrasting(MAF(moved(None)), Siblings.excluded).loss(batch).item() == 0
    alike = MAF(moved(None)).loss(batch).item()
    assert alike == pytest.approx(np.log(len(own.sentences)))


def test_the_first_weights_are_the_authors_distributions() -> None:
    alignment = Alignment(LEXICON, 400, torch.Generator().manual_seed(0), Padding())
    np.testing.assert_array_equal(alignment.words.weight.detach(), LEXICON.vectors)
    assert not alignment.visual.weight.any()
    assert torch.equal(alignment.textual.weight, torch.eye(DIMENSION))
    assert alignment.visual.bias.abs().max() <= 1 / 20
    for drawn_from in (alignment.textual.bias, alignment.second.weight, alignment.second.bias):
        assert 1 / 20 < drawn_from.abs().max() <= DIMENSION**-0.5


def test_the_first_weights_come_from_the_given_generator_alone() -> None:
    first = untrained(None, seed=0).state_dict()
    torch.rand(7)
    again, other = untrained(None, seed=0).state_dict(), untrained(None, seed=1).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    same = {name for name in first if torch.equal(first[name], other[name])}
    assert same == {"words.weight", "visual.weight", "textual.weight"}


def test_mixed_precision_rounds_what_the_visual_map_makes_and_nothing_else() -> None:
    full, mixed = (
        Alignment(LEXICON, FEATURES, torch.Generator(), None, mixed_precision=mixed) for mixed in (False, True)
    )
    state = {name: weight.float() for name, weight in moved(None).state_dict().items()}
    batch = read(draw(0, Rules.corrected, heads=True, locations=True), torch.device("cpu"), None)
    boxes = []
    for alignment in (full, mixed):
        alignment.load_state_dict(state)
        boxes.append(alignment.boxes(batch, alignment.words(batch.words)))
    exact, rounded = boxes
    assert rounded.seen.dtype == torch.float32
    assert not torch.equal(rounded.seen, exact.seen)
    torch.testing.assert_close(rounded.seen, exact.seen, atol=0.02, rtol=0)
    assert torch.equal(rounded.labels, exact.labels)
