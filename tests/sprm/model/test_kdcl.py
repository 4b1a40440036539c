"""KD+CL computes what its equations say, whatever is ragged, repeated or unknown in a batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_kdcl import PlainKDCL, tensorflow_adam
from random_refinement import contrasting, of_each_pair
from random_split import FEATURES, LEXICON, Drawn, draw, drawn, random_split
from torch import Tensor

from sprm.batches.batch import Batch, BatchReader
from sprm.batches.encoding import Texts
from sprm.batches.feature_scale import FeatureScale
from sprm.batches.prefix_tree import Prefixes
from sprm.model.distillation import Distillation
from sprm.model.joint_space import JointSpace, Widths
from sprm.model.kdcl import KDCL, Padding
from sprm.model.trainable import Moment
from sprm.settings import Rules, Siblings, Teacher, TrainingSettings
from sprm.training.learner import Learner

CPU = torch.device("cpu")
SCALE = FeatureScale(mean=0.1, deviation=0.5)
# Fewer than many images have, so that it matters which are near.
SOFT = Distillation(Teacher.soft, neighbours=3)
ONE_HOT = Distillation(Teacher.one_hot, temperature=2.0, neighbours=2, threshold=0.3)
TEACHERS = pytest.mark.parametrize("distillation", [None, SOFT, ONE_HOT], ids=["none", "soft", "one_hot"])
# Some images have more boxes.
PADDINGS = pytest.mark.parametrize("padding", [None, Padding(4)], ids=["mended", "padded"])


def space(dtype: torch.dtype = torch.float64, *, score: bool = False) -> JointSpace:
    """The same weights at every call; no bias is zero."""
    start = torch.Generator().manual_seed(0)
    made = JointSpace(LEXICON, FEATURES, start, Widths(state=5, hidden=9, space=4), score=score)
    made.standardise_by(SCALE)
    for name, parameter in made.named_parameters():
        if parameter.requires_grad and "bias" in name:
            torch.nn.init.normal_(parameter, std=0.3, generator=start)
    return made.to(dtype)


def both(
    case: Drawn,
    distillation: Distillation | None = None,
    padding: Padding | None = None,
    siblings: Siblings = Siblings.contrasted,
) -> tuple[KDCL, PlainKDCL]:
    """The model and the equations, with weights of their own that are equal."""
    concepts = torch.from_numpy(case.split.concepts)
    model = contrasting(KDCL(space(), concepts, distillation, padding), siblings).double()
    filled = None if padding is None else padding.boxes
    return model, PlainKDCL(space(), case.split, distillation, filled, siblings)


def read(case: Drawn) -> Batch:
    return BatchReader(case.split, CPU).read(case.sentences)


def assert_same_gradients(model: KDCL, plain: PlainKDCL) -> None:
    for name, weight in plain.space.named_parameters():
        found = model.space.get_parameter(name).grad
        assert (found is None) == (weight.grad is None) == (name == "recurrence.bias_hh_l0"), name
        if found is not None:
            assert (found - weight.grad).abs().max() < 1e-9, name


@settings(max_examples=30)
@given(case=drawn())
def test_every_phrase_scores_every_box_of_its_own_image_as_the_equations_do(case: Drawn) -> None:
    (model, plain), batch = both(case), read(case)
    found, expected = of_each_pair(batch, model(batch)), plain.scores(case.sentences)
    each, padded = torch.arange(len(case.sentences)), plain.pad(case.sentences)
    of_own = expected[each, :, each].masked_fill(~padded.regions[:, None], -2)[padded.phrases]
    torch.testing.assert_close(found[padded.phrases], of_own, atol=1e-12, rtol=0)


@PADDINGS
@TEACHERS
@pytest.mark.parametrize("siblings", Siblings)
@settings(max_examples=12)
@given(case=drawn(), step=st.sampled_from([0, 499, 500, 1700]))
def test_losses_and_gradients_are_those_of_the_equations(
    siblings: Siblings, distillation: Distillation | None, padding: Padding | None, case: Drawn, step: int
) -> None:
    model, plain = both(case, distillation, padding, siblings)
    found, expected = model.loss(read(case), Moment(step)), plain.loss(case.sentences, step)
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=0)
    found.backward()
    expected.backward()
    assert_same_gradients(model, plain)


@PADDINGS
@TEACHERS
def test_the_training_loop_takes_the_steps_of_tensorflows_adam(
    distillation: Distillation | None, padding: Padding | None
) -> None:
    split, generator = random_split(3, Rules.corrected, heads=True, locations=True), np.random.default_rng(3)
    distillation = None if distillation is None else replace(distillation, ramp=3)
    batches = [generator.permutation(len(split.sentence_images))[:5] for _ in range(10)]
    model, plain = both(Drawn(split, batches[0]), distillation, padding)
    everything = np.arange(len(split.region_offsets) - 1)
    learner = Learner(model, split, everything, TrainingSettings(learning_rate=1e-3), len(batches))
    found, expected = learner.steps(batches), tensorflow_adam(plain, batches, rate=1e-3)
    torch.testing.assert_close(torch.stack(found), torch.stack(expected), atol=1e-8, rtol=0)
    for name, start in space().named_parameters():
        weight = model.space.get_parameter(name)
        torch.testing.assert_close(weight, plain.space.get_parameter(name), atol=1e-8, rtol=0)
        assert weight.requires_grad == bool((weight - start).abs().max() > 1e-3), name


def test_single_precision_differs_by_its_rounding_alone() -> None:
    case = draw(5, Rules.corrected, heads=True, locations=True)
    model, _ = both(case, SOFT, Padding(4))
    double = model.loss(read(case), Moment(500))
    torch.testing.assert_close(model.float().loss(read(case), Moment(500)).double(), double, atol=1e-5, rtol=0)


@settings(max_examples=20)
@given(case=drawn())
def test_padding_never_cuts_the_boxes_of_an_image(case: Drawn) -> None:
    """An image has one box at least, so that padding to one box is none."""
    batch = read(case)
    without, cut = (both(case, SOFT, padding)[0].loss(batch, Moment(500)) for padding in (None, Padding(1)))
    torch.testing.assert_close(without, cut, atol=1e-12, rtol=0)


def test_what_the_authors_pad_takes_part_in_either_term() -> None:
    case = draw(3, Rules.corrected, heads=True, locations=True)
    with torch.no_grad():
        mended, padded = (both(case, SOFT, padding)[0].terms(read(case)) for padding in (None, Padding(30)))
    assert all(abs(first - second) > 1e-2 for first, second in zip(mended, padded, strict=True))


def vectors_of(*texts: list[int]) -> Tensor:
    """Vectors of texts, whose words are rows of the lexicon."""
    case = draw(0, Rules.corrected, heads=False, locations=False)
    longest = max(map(len, texts))
    words = np.array([[*text, *[LEXICON.PADDING] * (longest - len(text))] for text in texts])
    lengths = np.array([len(text) for text in texts])
    split = replace(
        case.split,
        texts=Texts(words, lengths),
        prefixes=Prefixes.of(words, lengths),
        phrase_texts=np.arange(len(texts)),
        phrase_heads=np.zeros(len(texts), dtype=np.int64),
        locations=case.split.locations[:1].repeat(len(texts)),
        phrase_offsets=np.array([0, len(texts)]),
        sentence_images=np.zeros(1, dtype=np.int64),
    )
    vectors, which = space().phrases(BatchReader(split, CPU).read(np.array([0])))
    return vectors[which]


def test_a_later_unknown_word_is_read_but_enters_no_maximum() -> None:
    one, unknown = 5, LEXICON.UNKNOWN
    alone, ended, interrupted, joined = vectors_of([one], [one, unknown], [one, unknown, 6], [one, 6])
    torch.testing.assert_close(alone, ended, atol=1e-12, rtol=0)
    assert (interrupted - joined).abs().max() > 1e-3


def test_a_first_unknown_word_enters_the_maximum() -> None:
    """Its state is that of a zero vector, which the state of the next word does not reach everywhere."""
    (found,) = vectors_of([LEXICON.UNKNOWN, 5])
    made = space()
    nothing = torch.zeros(1, LEXICON.dimension, dtype=torch.float64)
    states, _ = made.recurrence(torch.cat([nothing, made.vectors[5][None]]))
    assert (states[0] > states[1]).any()
    expected = torch.nn.functional.normalize(made.of_phrases(states.amax(dim=0)), dim=0)
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


def test_a_phrase_without_a_known_word_takes_no_part_in_the_contrast_and_is_answered() -> None:
    case = draw(0, Rules.corrected, heads=True, locations=True)
    texts = Texts(np.full_like(case.split.texts.words, LEXICON.UNKNOWN), case.split.texts.lengths)
    split = replace(case.split, texts=texts, prefixes=Prefixes.of(texts.words, texts.lengths))
    nothing = Drawn(split, case.sentences)
    (model, _), batch = both(nothing), read(nothing)
    loss = model.loss(batch)
    assert loss.item() == pytest.approx(np.log(len(case.sentences)))
    loss.backward()
    assert not any(weight.grad.any() for weight in model.space.parameters() if weight.grad is not None)
    assert batch.pairs.by_image.pack(model(batch))[:, 0].abs().min() > 0


def test_a_batch_of_which_the_teacher_knows_no_phrase_has_the_loss_of_the_contrast() -> None:
    case = draw(0, Rules.corrected, heads=True, locations=True)
    ignorant = Drawn(replace(case.split, concepts=np.zeros_like(case.split.concepts)), case.sentences)
    for distillation in (SOFT, ONE_HOT):
        model, _ = both(ignorant, distillation)
        contrast, distilled = model.terms(read(ignorant))
        assert distilled is None
        assert torch.equal(model.loss(read(ignorant), Moment(5000)), contrast)


def test_a_one_hot_teacher_knows_the_nearest_class_that_is_near_enough() -> None:
    teacher = Distillation(Teacher.one_hot, threshold=0.5)
    concepts = torch.tensor([[1.0, 0.9, 0.0], [0.2, 0.6, 0.5], [0.4, 0.3, 0.4], [0.7, 0.7, 0.1], [0.0, 0.0, 0.0]])
    expected = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 0], [1, 1, 0], [0, 0, 0]])
    assert torch.equal(teacher.values(concepts), expected)
    assert torch.equal(Distillation(Teacher.soft).values(concepts), concepts)


def test_a_box_without_an_area_is_its_own_neighbour() -> None:
    boxes = torch.tensor([[[0.0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 2, 2]]])
    student, nothing = torch.tensor([[0.1, 0.2, 0.9]]), torch.zeros(1)
    found = Distillation(Teacher.soft, neighbours=2).loss(
        student, torch.tensor([[0.5, 0.0, 0.5]]), boxes, torch.tensor([3]), nothing, torch.zeros(1, dtype=torch.int64)
    )
    of_the_last_and_the_first = -torch.tensor([0.9, 0.1]).log_softmax(dim=0).mean()
    torch.testing.assert_close(found, of_the_last_and_the_first)


def test_the_teacher_gains_weight_by_steps() -> None:
    weights = [Distillation(Teacher.soft).weight(step) for step in (0, 499, 500, 999, 1000, 1499, 1500, 10**6)]
    assert weights == [0.001, 0.001, 1.001, 1.001, 2.001, 2.001, 3.0, 3.0]


def test_another_split_is_answered_with_the_same_weights_and_its_own_teacher() -> None:
    first, second = (draw(seed, Rules.corrected, heads=True, locations=True) for seed in (0, 1))
    model, _ = both(first, SOFT, Padding(4), Siblings.excluded)
    bound, (expected, _) = model.bound_to(second.split), both(second, SOFT, Padding(4), Siblings.excluded)
    assert bound.trained is model.trained
    assert torch.equal(bound.loss(read(second), Moment(500)), expected.loss(read(second), Moment(500)))


def test_what_an_epoch_leaves_behind_answers_whatever_a_model_started_from() -> None:
    """What features are standardised by is part of it, word vectors are not."""
    case, start = draw(0, Rules.corrected, heads=True, locations=True), torch.Generator().manual_seed(1)
    (model, _), concepts = both(case), torch.from_numpy(case.split.concepts)
    other = JointSpace(LEXICON, FEATURES, start, Widths(state=5, hidden=9, space=4)).double()
    assert not torch.equal(KDCL(other, concepts)(read(case)), model(read(case)))
    other.load_state_dict(model.trained.state_dict())
    assert torch.equal(KDCL(other, concepts)(read(case)), model(read(case)))


def test_the_first_weights_come_from_the_given_generator_alone() -> None:
    def drawn_from(seed: int) -> dict[str, Tensor]:
        return JointSpace(LEXICON, FEATURES, torch.Generator().manual_seed(seed)).state_dict()

    first = drawn_from(0)
    torch.rand(7)
    again, other = drawn_from(0), drawn_from(1)
    assert all(torch.equal(first[name], again[name]) for name in first)
    same = {name for name in first if torch.equal(first[name], other[name])}
    assert same == {"mean", "deviation"} | {name for name in first if "bias" in name}


def test_the_authors_widths_give_their_number_of_parameters() -> None:
    vectors = np.zeros((2, 300), dtype=np.float32)
    made = JointSpace(replace(LEXICON, words=("", ""), vectors=vectors), 2048, torch.Generator())
    assert sum(weight.numel() for weight in made.parameters() if weight.requires_grad) == 4_177_200


def test_mixed_precision_rounds_the_map_of_boxes_and_nothing_else() -> None:
    batch, made = read(draw(0, Rules.corrected, heads=True, locations=True)), space(torch.float32)
    mixed = JointSpace(LEXICON, FEATURES, torch.Generator(), Widths(state=5, hidden=9, space=4), mixed_precision=True)
    mixed.load_state_dict(made.state_dict())
    exact, rounded = made.regions(batch), mixed.regions(batch)
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, exact)
    torch.testing.assert_close(rounded, exact, atol=0.03, rtol=0)
    assert torch.equal(mixed.phrases(batch)[0], made.phrases(batch)[0])


def test_features_are_standardised_by_those_of_the_images_that_it_is_trained_on() -> None:
    case = draw(0, Rules.corrected, heads=True, locations=True)
    (model, _), images = both(case), np.array([1])
    model.measure(case.split, images)
    scale = FeatureScale.of(case.split, images)
    weights = model.trained.state_dict()
    assert [weights[name].item() for name in ("mean", "deviation")] == pytest.approx([scale.mean, scale.deviation])


def test_the_log_score_of_a_box_can_be_one_more_input() -> None:
    case, made = draw(0, Rules.corrected, heads=True, locations=True), space(score=True)
    scores = np.linspace(-3, 0, len(case.split.features), dtype=np.float32)[:, None]
    split = replace(case.split, coordinates=np.concatenate([case.split.coordinates, scores], axis=1))
    batch = read(Drawn(split, case.sentences))
    features = (batch.regions[:, :FEATURES].double() - 0.1) / 0.5
    described = torch.cat([features, batch.regions[:, -1:].double()], dim=1)
    expected = torch.nn.functional.normalize(made.of_regions(described), dim=1)
    torch.testing.assert_close(made.regions(batch), expected, atol=1e-6, rtol=0)
    nothing = torch.tensor([-0.1 / 0.5] * FEATURES + [np.log(0.001)], dtype=torch.float64)
    expected = torch.nn.functional.normalize(made.of_regions(nothing), dim=0)
    found = made.regions(batch, padding=True)
    torch.testing.assert_close(found[-1], expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(found[:-1], made.regions(batch), atol=1e-12, rtol=0)
