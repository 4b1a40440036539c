"""InfoGround computes what its equations say, whatever is ragged, repeated or missing in a batch."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plain_infoground import PlainInfoGround
from random_refinement import contrasting, of_each_pair, read
from random_split import DIMENSION, FEATURES, LEXICON, Drawn, draw, drawn, random_split

from sprm.batches.encoding import EncodedSplit
from sprm.model import reference
from sprm.model.attention_maps import GroundingMaps
from sprm.model.infoground import InfoGround, Padding
from sprm.model.noun_negatives import NounNegatives, content_words
from sprm.model.trainable import START, Moment
from sprm.settings import Rules, Siblings, TrainingSettings
from sprm.training.learner import Learner

CPU = torch.device("cpu")
CONTENT = content_words(LEXICON)
PADDINGS = (None, Padding(boxes=5, words=3))
CLOSE = {"atol": 1e-9, "rtol": 0}


def maps_at(seed: int, inputs: int = FEATURES) -> GroundingMaps:
    """Weights of which none is as at the start."""
    generator = torch.Generator().manual_seed(seed)
    maps = GroundingMaps(inputs, DIMENSION, generator)
    for tensor in maps.state_dict().values():
        tensor.add_(torch.rand(tensor.shape, generator=generator) / 2)
    return maps


def nouns_of(split: EncodedSplit) -> NounNegatives:
    return NounNegatives(split, CONTENT, count=3, seed=5)


def model_of(
    split: EncodedSplit, padding: Padding | None, *, nouns: bool = True, siblings: Siblings = Siblings.contrasted
) -> InfoGround:
    drawn_from = nouns_of(split) if nouns else None
    return contrasting(InfoGround(maps_at(0), LEXICON, nouns=drawn_from, padding=padding), siblings).double()


def plain_of(padding: Padding | None) -> PlainInfoGround:
    vectors = torch.from_numpy(LEXICON.vectors).double()
    return PlainInfoGround(maps_at(0).double(), vectors, torch.from_numpy(CONTENT), padding)


def plain_loss(plain: PlainInfoGround, case: Drawn, step: int, *, nouns: bool, siblings: Siblings) -> torch.Tensor:
    drawn = torch.from_numpy(nouns_of(case.split).draw(case.sentences, step)) if nouns else None
    batch, images = reference.pad(case.split, case.sentences), torch.from_numpy(case.images)
    return plain.loss(batch, images, drawn, excluded=siblings is Siblings.excluded)


def normalisable(case: Drawn, padding: Padding | None, *, nouns: bool) -> bool:
    """Whether every batch norm has two rows, without which torch refuses to compute it."""
    batch = read(case, CPU, None)
    words, _ = model_of(case.split, None).words_of(batch)
    named = nouns_of(case.split).draw(case.sentences, 0)[:, 0].any()
    return padding is not None or (int(words.counts.sum()) > 1 and (bool(named) or not nouns))


@pytest.mark.parametrize("padding", PADDINGS)
@settings(deadline=None, max_examples=30)
@given(case=drawn())
def test_every_phrase_scores_every_box_as_the_equations_do(padding: Padding | None, case: Drawn) -> None:
    batch = read(case, CPU, None)
    with torch.no_grad():
        found = of_each_pair(batch, model_of(case.split, padding)(batch))
        expected = plain_of(padding).scores(reference.pad(case.split, case.sentences))
    assert found.dtype == torch.float64
    boxes = torch.from_numpy(np.diff(case.split.region_offsets)[case.images])
    standing = batch.pairs.phrases[..., None] & (torch.arange(found.shape[2]) < boxes[:, None, None])
    torch.testing.assert_close(found[standing], expected[standing], **CLOSE)
    assert not found[batch.pairs.phrases[..., None] & ~standing].any()


@pytest.mark.parametrize("siblings", Siblings)
@pytest.mark.parametrize("nouns", [True, False])
@pytest.mark.parametrize("padding", PADDINGS)
@settings(deadline=None, max_examples=15)
@given(case=drawn())
def test_loss_gradients_and_running_statistics_are_those_of_the_equations(
    padding: Padding | None, nouns: bool, siblings: Siblings, case: Drawn
) -> None:
    assume(normalisable(case, padding, nouns=nouns))
    model, plain = model_of(case.split, padding, nouns=nouns, siblings=siblings), plain_of(padding)
    found = model.loss(read(case, CPU, None))
    expected = plain_loss(plain, case, 0, nouns=nouns, siblings=siblings)
    torch.testing.assert_close(found, expected, **CLOSE)
    found.backward()
    expected.backward()
    for name, parameter in plain.maps.named_parameters():
        torch.testing.assert_close(model.maps.get_parameter(name).grad, parameter.grad, **CLOSE, msg=name)
    for name, statistic in plain.maps.named_buffers():
        torch.testing.assert_close(model.maps.get_buffer(name), statistic, **CLOSE, msg=name)


@pytest.mark.parametrize("siblings", Siblings)
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("seed", range(3))
def test_adam_takes_the_steps_that_it_takes_with_the_gradients_of_the_equations(
    seed: int, padding: Padding | None, siblings: Siblings
) -> None:
    split, generator = random_split(seed, Rules.corrected, heads=True, locations=True), np.random.default_rng(seed)
    candidates = (Drawn(split, generator.permutation(len(split.sentence_images))[:5]) for _ in range(40))
    cases = [case for case in candidates if normalisable(case, padding, nouns=True)][:6]
    model, plain = model_of(split, padding, siblings=siblings), plain_of(padding)
    images = np.arange(len(split.region_offsets) - 1)
    learner = Learner(model, split, images, TrainingSettings(learning_rate=1e-3), len(cases))
    found = torch.stack(learner.steps([case.sentences for case in cases]))
    optimiser, expected = torch.optim.Adam(plain.maps.parameters(), lr=1e-3), []
    for step, case in enumerate(cases):
        optimiser.zero_grad()
        loss = plain_loss(plain, case, step, nouns=True, siblings=siblings)
        loss.backward()
        optimiser.step()
        expected.append(loss.detach())
    torch.testing.assert_close(found, torch.stack(expected), atol=1e-8, rtol=0)
    start = maps_at(0).double().state_dict()
    for name, weight in plain.maps.state_dict().items():
        torch.testing.assert_close(model.maps.state_dict()[name], weight, atol=1e-8, rtol=0, msg=name)
    assert (plain.maps.box_keys.output.weight - start["box_keys.output.weight"]).abs().max() > 1e-3


@pytest.mark.parametrize("padding", PADDINGS)
def test_a_batch_without_content_words_or_nouns_teaches_nothing_and_moves_no_statistic_of_words(
    padding: Padding | None,
) -> None:
    case = draw(1, Rules.corrected, heads=True, locations=True)
    silent = replace(case.split.texts, words=np.minimum(case.split.texts.words, LEXICON.UNKNOWN))
    split = replace(case.split, texts=silent, heads=replace(silent, lengths=np.ones_like(silent.lengths)))
    split = replace(split, phrase_heads=split.phrase_texts)
    model = model_of(split, padding)
    before = copy.deepcopy(model.maps.state_dict())
    loss = model.loss(read(Drawn(split, case.sentences), CPU, None))
    loss.backward()
    assert loss.item() == 0
    for name, parameter in model.maps.named_parameters():
        assert parameter.grad is not None
        assert not parameter.grad.any(), name
    followed = {name for name, value in model.maps.state_dict().items() if not torch.equal(value, before[name])}
    words = {f"word_{of}.norm.running_{what}" for of in ("keys", "values") for what in ("mean", "variance")}
    boxes = {name.replace("word", "box") for name in words}
    assert followed == (boxes if padding is None else boxes | words)


def test_a_validation_loss_uses_the_running_statistics_and_changes_nothing() -> None:
    case = draw(1, Rules.corrected, heads=True, locations=True)
    model, batch = model_of(case.split, None), read(case, CPU, None)
    before = copy.deepcopy(model.maps.state_dict())
    with torch.inference_mode():
        first, later = (model.loss(batch, Moment(step)).item() for step in (10, 20))
        model(batch)
    assert first == later
    for name, value in model.maps.state_dict().items():
        assert torch.equal(value, before[name]), name
    in_training = model.loss(batch, START).item()
    assert in_training != pytest.approx(first)
    with torch.inference_mode():
        assert model.loss(batch).item() != pytest.approx(first)


def test_seen_through_another_split_it_has_the_same_weights_and_nouns_of_that_split() -> None:
    case, other = (draw(seed, Rules.corrected, heads=True, locations=True) for seed in (1, 2))
    model = model_of(case.split, None, siblings=Siblings.excluded)
    bound = model.bound_to(other.split)
    assert bound.maps is model.maps
    assert bound.siblings is Siblings.excluded
    with torch.inference_mode():
        expected = model_of(other.split, None, siblings=Siblings.excluded).loss(read(other, CPU, None))
        assert torch.equal(bound.loss(read(other, CPU, None)), expected)
        unchanged = model_of(case.split, None, siblings=Siblings.excluded).loss(read(case, CPU, None))
        assert torch.equal(model.loss(read(case, CPU, None)), unchanged)


def test_a_training_that_goes_on_ends_where_one_without_a_break_does() -> None:
    case = draw(3, Rules.corrected, heads=True, locations=True)
    images, taught = np.arange(len(case.split.region_offsets) - 1), TrainingSettings(learning_rate=1e-3)
    batches = [case.sentences] * 6

    def learner() -> Learner:
        return Learner(model_of(case.split, None), case.split, images, taught, length=6)

    whole, half, rest = learner(), learner(), learner()
    whole.steps(batches)
    half.steps(batches[:3])
    rest.go_on(half.tensors, steps=3, sentences=half.sentences)
    rest.steps(batches[3:])
    for name, tensor in whole.tensors.items():
        assert torch.equal(rest.tensors[name], tensor), name


def test_what_is_trained_holds_no_word() -> None:
    model = model_of(draw(0, Rules.corrected, heads=True, locations=True).split, None)
    assert model.words is None
    assert {name.partition(".")[0] for name in model.trained.state_dict()} == {
        "box_keys",
        "box_values",
        "word_keys",
        "word_values",
    }
    assert set(model.state_dict()) == {f"maps.{name}" for name in model.trained.state_dict()}


def test_the_score_of_a_box_is_one_more_feature() -> None:
    case = draw(4, Rules.corrected, heads=True, locations=True)
    score = np.random.default_rng(0).standard_normal((len(case.split.features), 1)).astype(np.float16)
    beside = replace(case.split, coordinates=np.concatenate([case.split.coordinates, score], axis=1, dtype=np.float32))
    among = replace(case.split, features=np.concatenate([case.split.features, score], axis=1))
    maps = maps_at(0, FEATURES + 1)
    found = InfoGround(maps, LEXICON, padding=Padding(), score=True)
    expected = InfoGround(maps, LEXICON, padding=Padding())
    for part in (case.sentences, case.sentences[:1]):
        one, other = (read(Drawn(split, part), CPU, None) for split in (beside, among))
        with torch.no_grad():
            torch.testing.assert_close(found(one), expected(other), atol=0, rtol=0)
            torch.testing.assert_close(found.loss(one), expected.loss(other), atol=0, rtol=0)


def test_weights_start_within_the_bounds_of_a_linear_map_and_come_from_the_generator_alone() -> None:
    first, again, other = (GroundingMaps(16, 9, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    for name, parameter in first.named_parameters():
        assert torch.equal(parameter, again.get_parameter(name))
        if "norm" in name:
            continue
        assert not torch.equal(parameter, other.get_parameter(name))
        bound = 1 / np.sqrt(16 if name.startswith("box") else 9)
        assert parameter.abs().max() <= bound, name
        # The biases of the outputs are 4 numbers, of which even the largest may be small.
        assert parameter.abs().max() > (0.9 * bound if parameter.ndim == 2 else 0.4 * bound), name
    assert first.word_values.output.weight.shape == (4, 9)
    assert first.box_keys.hidden.weight.shape == (16, 16)


@settings(deadline=None, max_examples=15)
@given(case=drawn(), padding=st.sampled_from(PADDINGS))
def test_in_single_precision_it_agrees_with_double(case: Drawn, padding: Padding | None) -> None:
    single, double = (
        InfoGround(maps_at(0).to(dtype), LEXICON, nouns=nouns_of(case.split), padding=padding).to(dtype)
        for dtype in (torch.float32, torch.float64)
    )
    batch = read(case, CPU, None)
    with torch.no_grad():
        assert single(batch).dtype == torch.float32
        torch.testing.assert_close(single(batch).double(), double(batch), atol=1e-5, rtol=0)
        torch.testing.assert_close(single.loss(batch).double(), double.loss(batch), atol=1e-5, rtol=0)


def test_mixed_precision_computes_the_first_products_of_boxes_in_bfloat16_and_nothing_else() -> None:
    case = draw(4, Rules.corrected, heads=True, locations=True)
    batch, exact, mixed = (
        read(case, CPU, None),
        maps_at(0),
        GroundingMaps(FEATURES, DIMENSION, torch.Generator(), mixed_precision=True),
    )
    mixed.load_state_dict(exact.state_dict())
    rows = batch.regions[:, :FEATURES]
    found, expected = (maps.box_keys(rows, None) for maps in (mixed, exact))
    assert found.dtype == torch.float32
    assert not torch.equal(found, expected)
    torch.testing.assert_close(found, expected, atol=0.1, rtol=0)
    words = torch.from_numpy(LEXICON.vectors)
    assert torch.equal(mixed.word_keys(words, None), exact.word_keys(words, None))
