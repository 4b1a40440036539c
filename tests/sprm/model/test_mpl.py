"""MPL computes what its equations say, whatever is ragged, repeated or alike in a batch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import plain_mpl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from random_split import DIMENSION, FEATURES, LEXICON, Drawn, draw, drawn
from torch import Tensor, nn

from sprm.batches.batch import Batch, BatchReader
from sprm.batches.encoding import EncodedSplit
from sprm.model import reference
from sprm.model.box_slots import BoxSlots
from sprm.model.captions import phrase_as_caption, phrases_as_caption
from sprm.model.dropout import Dropout
from sprm.model.mpl import MPL, Padding
from sprm.model.reference import PaddedBatch
from sprm.model.region_transformer import HEADS, WIDTH
from sprm.model.resemblance import resembling
from sprm.model.trainable import Moment
from sprm.settings import Rules, Siblings, TrainingSettings
from sprm.training.learner import Learner

CPU = torch.device("cpu")
PADDED = 5
"""Boxes that images are padded to: some of the random ones have more, and some fewer."""
MOMENT = Moment(step=4, epoch=1, epochs=3)


@dataclass(frozen=True)
class Form:
    padding: Padding | None = None
    siblings: Siblings = Siblings.contrasted
    joined: bool = True
    dropout: float = 0.0

    def model(self) -> MPL:
        """The same weights at every call, none of them as they start, in double precision."""
        start = torch.Generator().manual_seed(0)
        model = MPL(
            LEXICON,
            FEATURES,
            start,
            captions=phrases_as_caption if self.joined else phrase_as_caption,
            padding=self.padding,
            dropout=self.dropout,
            seed=7,
        )
        model.siblings = self.siblings
        for parameter in model.encoders.parameters():
            nn.init.normal_(parameter, std=0.3, generator=start)
        return model.double()


PLAIN = Form()
FORMS = {
    "as_the_authors": Form(Padding(PADDED)),
    "mended": Form(siblings=Siblings.excluded),
    "unpadded": PLAIN,
    "phrase_by_phrase": Form(Padding(PADDED), Siblings.excluded, joined=False),
}
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))


def with_likenesses(case: Drawn, seed: int) -> Drawn:
    """The same case where regions of different images look alike, one looks like nothing, and a sentence is long."""
    generator, split = np.random.default_rng(seed), case.split
    features = split.features.astype(np.float32)
    rows, others = generator.integers(0, len(features), (2, len(features) // 2))
    features[rows] = features[others] * 1.5 + generator.normal(0, 0.02, (len(rows), FEATURES))
    features[generator.integers(0, len(features))] = 0
    return replace(case, split=with_a_long_sentence(replace(split, features=features), int(case.sentences[0])))


def with_a_long_sentence(split: EncodedSplit, sentence: int) -> EncodedSplit:
    """Give a sentence 12 phrases more, each that of another."""
    offsets = split.phrase_offsets.copy()
    more = np.arange(12) % offsets[-1]
    order = np.insert(np.arange(offsets[-1]), offsets[sentence + 1], more)
    offsets[sentence + 1 :] += len(more)
    of_phrases = ("phrase_texts", "phrase_heads", "locations")
    return replace(split, phrase_offsets=offsets, **{name: getattr(split, name)[order] for name in of_phrases})


def read(case: Drawn) -> Batch:
    return BatchReader(case.split, CPU).read(case.sentences)


def padded(case: Drawn) -> PaddedBatch:
    counts = np.diff(case.split.region_offsets)[case.images]
    return reference.pad(case.split, case.sentences, region_slots=max(PADDED, int(counts.max())))


def learner_of(model: MPL, case: Drawn) -> Learner:
    values = TrainingSettings(learning_rate=0.05, epochs=MOMENT.epochs)
    return Learner(model, case.split, np.arange(len(case.split.region_offsets) - 1), values, length=4)


CASE = with_likenesses(draw(3, Rules.corrected, heads=True, locations=True), seed=0)


def plain_loss(model: MPL, case: Drawn, joined: bool) -> Tensor:
    return plain_mpl.loss(model, padded(case), torch.from_numpy(case.images), joined, MOMENT.elapsed)


@every_form
@settings(deadline=None, max_examples=12)
@given(case=drawn())
def test_every_phrase_scores_the_boxes_of_its_image_as_the_equations_do(form: Form, case: Drawn) -> None:
    model, batch, plain = form.model(), read(case), padded(case)
    with torch.no_grad():
        scores = plain_mpl.scores(model.encoders, plain, plain_mpl.standing_boxes(model, plain), form.joined)
        found = model(batch).flatten(0, 1)[batch.pairs.places]
    each = torch.arange(len(case.sentences))
    expected = scores[each, :, each][:, : found.shape[1], : found.shape[2]]
    there = plain.phrases[:, :, None] & plain.regions[:, None, : found.shape[2]]
    torch.testing.assert_close(found * there, expected * there, atol=1e-10, rtol=0)


@every_form
@settings(deadline=None, max_examples=12)
@given(case=drawn(), seed=st.integers(0, 2**32 - 1))
def test_losses_and_gradients_are_those_of_the_equations(form: Form, case: Drawn, seed: int) -> None:
    case = with_likenesses(case, seed)
    ours, theirs = form.model(), form.model()
    found, expected = ours.loss(read(case), MOMENT), plain_loss(theirs, case, form.joined)
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=0)
    found.backward()
    expected.backward()
    for name, parameter in theirs.encoders.named_parameters():
        gradient = ours.encoders.get_parameter(name).grad
        assert (gradient is None) == (parameter.grad is None) == name.startswith("momentum."), name
        if gradient is not None:
            torch.testing.assert_close(gradient.to_dense(), parameter.grad, atol=1e-10, rtol=0, msg=name)


@every_form
def test_steps_are_those_with_the_gradients_of_the_equations(form: Form) -> None:
    case = CASE
    ours, theirs = form.model(), form.model()
    learner = learner_of(ours, case)
    learner.go_on(learner.tensors, steps=MOMENT.step, sentences=0)
    found = torch.stack(learner.steps([case.sentences] * 4))
    optimiser, losses = torch.optim.SGD(theirs.encoders.parameters(), lr=0.05), []
    for _ in range(4):
        optimiser.zero_grad()
        losses.append(plain_loss(theirs, case, form.joined))
        losses[-1].backward()
        optimiser.step()
    torch.testing.assert_close(found, torch.stack(losses).detach(), atol=1e-9, rtol=0)
    start = form.model().encoders.state_dict()
    for name, weight in theirs.encoders.state_dict().items():
        # What all boxes share changes no softmax over them.
        assert ((weight - start[name]).abs().max() < 1e-9) == (name == "transformer.norm.bias"), name
        torch.testing.assert_close(ours.encoders.state_dict()[name], weight, atol=1e-9, rtol=0, msg=name)


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_a_training_that_is_taken_up_again_goes_on_as_it_would_have(dropout: float) -> None:
    case = CASE
    whole, broken, taken_up = (Form(dropout=dropout).model() for _ in range(3))
    expected = torch.stack(learner_of(whole, case).steps([case.sentences] * 6))
    first = learner_of(broken, case)
    first.steps([case.sentences] * 3)
    second = learner_of(taken_up, case)
    second.go_on(first.tensors, steps=3, sentences=first.sentences)
    assert torch.equal(torch.stack(second.steps([case.sentences] * 3)), expected[3:])
    for name, weight in whole.encoders.state_dict().items():
        assert torch.equal(taken_up.encoders.state_dict()[name], weight), name


def test_the_copy_follows_in_training_alone() -> None:
    model, batch = PLAIN.model(), read(CASE)
    before = {name: tensor.clone() for name, tensor in model.encoders.state_dict().items()}
    with torch.inference_mode():
        model(batch)
        model.loss(batch, MOMENT)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.encoders.state_dict().items())
    model.loss(batch, MOMENT)
    for name, slow in model.encoders.momentum.state_dict().items():
        expected = 0.99 * before[f"momentum.{name}"] + 0.01 * before[name]
        torch.testing.assert_close(slow, expected, atol=1e-12, rtol=0, msg=name)


def test_masks_go_by_seed_and_step_and_are_for_training_alone() -> None:
    batch, undropped = read(CASE), PLAIN.model().loss(read(CASE), MOMENT).item()

    def loss(step: int, seed: int = 7) -> float:
        model = Form(dropout=0.1).model()
        model.seed = seed
        return model.loss(batch, replace(MOMENT, step=step)).item()

    assert loss(4) == loss(4)
    assert len({loss(4), loss(5), loss(4, seed=9), undropped}) == 4
    with torch.no_grad():
        evaluated, again = (Form(dropout=0.1).model() for _ in range(2))
        again.dropout = 0.0
        assert evaluated.loss(batch, MOMENT) == again.loss(batch, MOMENT)
        assert torch.equal(evaluated(batch), again(batch))


class NotedDropout(Dropout):
    """Changes nothing and notes the shapes that it was asked for."""

    shapes: ClassVar[list[tuple[int, ...]]] = []

    def __call__(self, values: Tensor) -> Tensor:
        self.shapes.append(tuple(values.shape))
        return values


def test_numbers_are_dropped_where_the_authors_drop_them() -> None:
    model, batch = Form(Padding(PADDED)).model(), read(CASE)
    slots, noted = BoxSlots.of(batch.images, PADDED), NotedDropout()
    noted.shapes.clear()
    model.encoders(batch, model.captions(batch), slots, noted)
    boxes, (images, longest) = len(slots.images), slots.packing.mask.shape
    assert noted.shapes == [
        (len(batch.phrase_words), DIMENSION),
        (len(batch.regions), FEATURES),
        (images * HEADS, longest, longest),
        (boxes, DIMENSION),
        (boxes, WIDTH),
        (boxes, DIMENSION),
        (boxes, DIMENSION),
    ]


def test_steps_are_smaller_once_40_of_45_parts_are_over() -> None:
    model = PLAIN.model()
    optimiser = model.optimiser(1e-3)
    rates = []
    for epoch in (0, 40, 41, 44):
        model.before_step(optimiser, Moment(epoch=epoch, epochs=45))
        rates.append(optimiser.param_groups[0]["lr"])
    assert rates == pytest.approx([1e-3, 1e-3, 2e-4, 2e-4])


def test_targets_are_shares_and_grow_sharper() -> None:
    model, batch = PLAIN.model(), read(CASE)
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(len(batch.phrase_words), len(batch.regions), generator=generator).double()
    early, late = (model.targets(batch, scores, Moment(epoch=epoch, epochs=3)) for epoch in (0, 2))
    for shares in (early, late):
        torch.testing.assert_close(shares.sum(dim=1), torch.ones(len(scores)).double())
    several = (early > 0).sum(dim=1) > 1
    assert several.any()
    assert (late.amax(dim=1) > early.amax(dim=1))[several].all()


def test_it_starts_as_the_authors_do_and_answers_by_labels_alone() -> None:
    first, second = (MPL(LEXICON, FEATURES, torch.Generator().manual_seed(3)).encoders for _ in range(2))
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, second.state_dict()[name]), name
        assert torch.equal(weight, first.state_dict()[f"momentum.{name.removeprefix('momentum.')}"]), name
    assert torch.equal(first.words.weight, torch.from_numpy(LEXICON.vectors))
    assert not first.visual.weight.any()
    assert not first.in_caption.weight.any()
    assert torch.equal(first.textual.weight, torch.eye(DIMENSION))
    bounds = {"visual.bias": FEATURES, "in_caption.bias": 2 * DIMENSION, "textual.bias": DIMENSION}
    bounds |= {"from_end.weight_hh_l0": DIMENSION, "correction.weight": DIMENSION, "transformer.narrow.weight": 768}
    for name, inputs in bounds.items():
        assert 0.5 < first.get_parameter(name).abs().max() * inputs**0.5 <= 1, name
    batch = read(CASE)
    with torch.no_grad():
        scores = MPL(LEXICON, FEATURES, torch.Generator().manual_seed(3))(batch)
    labels = batch.images.pad(batch.region_labels)
    alike = (labels[:, :, None] == labels[:, None, :]) & batch.images.mask[:, :, None] & batch.images.mask[:, None]
    apart = (scores[:, :, :, None] - scores[:, :, None, :]).abs().amax(dim=1)
    assert apart[alike].max() < 1e-5
    assert apart[~alike].max() > 0.1


def test_one_more_input_is_the_last_of_the_coordinates() -> None:
    model, batch = MPL(LEXICON, FEATURES + 1, torch.Generator().manual_seed(3)), read(CASE)
    nn.init.normal_(model.encoders.visual.weight, generator=torch.Generator().manual_seed(4))
    moved = []
    for column in (FEATURES, -2, -1):
        regions = batch.regions.clone()
        regions[0, column] += 1.0
        with torch.no_grad():
            moved.append(not torch.equal(model(replace(batch, regions=regions)), model(batch)))
    assert moved == [False, False, True]


def test_the_random_batches_hold_what_they_promise() -> None:
    cases = [with_likenesses(draw(seed, Rules.corrected, heads=True, locations=True), seed) for seed in range(40)]
    converted = several = large = 0
    for case in cases:
        batch = read(case)
        images = batch.images.mask.nonzero()[:, 0]
        own = torch.arange(len(batch.images.mask))[:, None] == images
        converted += bool((resembling(batch.regions[:, :FEATURES], images, 0.95) & ~own).any())
        several += len(batch.sentence_images) > len(batch.images.mask)
        counts = batch.images.mask.sum(dim=1)
        large += bool((counts > PADDED).any() and (counts < PADDED).any())
        assert torch.bincount(batch.phrase_sentences).max() > 12
    assert converted > 20
    assert several > 10
    assert large > 5
