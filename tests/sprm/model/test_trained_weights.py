"""Trained word vectors go by the spelling of their words."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from sprm.model.trained_weights import WORDS, TrainedWeights, WordMatch
from sprm.text.word_vectors import Lexicon

WORDS_OF_TRAINING = ("man", "dog", "red", "ball")
PRETRAINED = {word: float(number) for number, word in enumerate(("man", "dog", "red", "ball", "cat", "tree"), start=1)}


def lexicon(*words: str, shift: float = 0.0, dimension: int = 3) -> Lexicon:
    vectors = np.zeros((2 + len(words), dimension), dtype=np.float32)
    for row, word in enumerate(words, start=2):
        vectors[row] = PRETRAINED[word] / 3 + shift
    return Lexicon(("", "", *words), vectors)


@pytest.fixture
def weights() -> TrainedWeights:
    table = torch.arange(18, dtype=torch.float32).reshape(6, 3) + 100
    return TrainedWeights.of({WORDS: table, "visual.bias": torch.ones(3)}, lexicon(*WORDS_OF_TRAINING))


def table_for(other: Lexicon, weights: TrainedWeights) -> torch.Tensor:
    return weights.for_words_of(other)[WORDS]


def test_on_the_same_words_the_table_is_as_it_was_trained(weights: TrainedWeights) -> None:
    assert torch.equal(table_for(lexicon(*WORDS_OF_TRAINING), weights), weights.tensors[WORDS])


def test_words_of_another_corpus_are_found_by_their_spelling(weights: TrainedWeights) -> None:
    trained = weights.tensors[WORDS].tolist()
    other = lexicon("ball", "cat", "man")
    found = table_for(other, weights)
    assert found[:2].tolist() == trained[:2]
    assert found[2].tolist() == trained[5]
    assert found[4].tolist() == trained[2]
    assert found[3].tolist() == other.vectors[3].tolist()
    assert weights.match(other, np.arange(5)) == WordMatch(trained=2, pretrained=1, unknown=0)
    assert weights.match(other, np.array([0, 1, 3])) == WordMatch(trained=0, pretrained=1, unknown=0)


@pytest.mark.parametrize(
    "other",
    [lexicon("ball", "cat", "man", shift=0.1), lexicon("ball", "cat", "man", dimension=5), lexicon("cat", "tree")],
    ids=["another file", "another length", "no word in common"],
)
def test_vectors_of_another_file_mean_nothing_to_the_weights(weights: TrainedWeights, other: Lexicon) -> None:
    found = table_for(other, weights)
    assert found.shape[1] == 3
    assert found[other.index("cat")].tolist() == weights.tensors[WORDS][Lexicon.UNKNOWN].tolist()
    assert weights.match(other, np.arange(len(other.words))).unknown == (2 if "tree" in other.words else 1)


def test_every_table_of_words_is_moved_and_nothing_else(weights: TrainedWeights) -> None:
    table, other = weights.tensors[WORDS], lexicon("ball")
    both = TrainedWeights({**weights.tensors, f"copy.{WORDS}": 2 * table}, weights.vocabulary)
    found = both.for_words_of(other)
    assert torch.equal(found[f"copy.{WORDS}"], 2 * found[WORDS])
    assert found[WORDS].shape == (3, 3)
    assert torch.equal(found["visual.bias"], weights.tensors["visual.bias"])


def test_weights_without_a_table_go_by_pretrained_vectors(weights: TrainedWeights) -> None:
    frozen = TrainedWeights({"visual.bias": torch.ones(3)}, weights.vocabulary)
    assert frozen.for_words_of(lexicon("ball")).keys() == {"visual.bias"}
    assert frozen.match(lexicon("ball", "cat"), np.arange(4)) == WordMatch(trained=2, pretrained=0, unknown=0)
    other = lexicon("ball", "cat", shift=0.1)
    assert frozen.match(other, np.arange(4)) == WordMatch(trained=0, pretrained=0, unknown=2)


def test_what_is_read_is_what_was_written(weights: TrainedWeights) -> None:
    content = weights.to_bytes("this trial")
    assert content == weights.to_bytes("this trial")
    again = TrainedWeights.from_bytes(content, "this trial")
    assert again.vocabulary == weights.vocabulary
    assert list(again.vocabulary) == list(WORDS_OF_TRAINING)
    assert again.tensors.keys() == weights.tensors.keys()
    assert all(torch.equal(again.tensors[name], tensor) for name, tensor in weights.tensors.items())


def test_a_file_that_is_cut_off_anywhere_is_refused(weights: TrainedWeights) -> None:
    content = weights.to_bytes("this trial")
    for end in range(len(content)):
        with pytest.raises(ValueError, match="no file of kept weights"):
            TrainedWeights.from_bytes(content[:end], "this trial")


def test_weights_of_another_trial_are_refused(weights: TrainedWeights) -> None:
    with pytest.raises(ValueError, match="weights of another trial"):
        TrainedWeights.from_bytes(weights.to_bytes("that trial"), "this trial")


@pytest.mark.parametrize(
    ("tensors", "vocabulary", "problem"),
    [
        ({WORDS: torch.zeros(5, 3)}, {"man": 1.0, "dog": 2.0}, "the vectors of 4 words"),
        ({WORDS: torch.zeros(4)}, {"man": 1.0, "dog": 2.0}, "the vectors of 4 words"),
        ({"copy.words.weight": torch.zeros(5, 3)}, {"man": 1.0, "dog": 2.0}, "4 words, as copy.words.weight"),
        ({WORDS: torch.zeros(3, 3)}, {"man": "one"}, "no file of kept weights"),
        ({WORDS: torch.zeros(3, 3)}, None, "no file of kept weights"),
    ],
)
def test_a_table_that_its_words_do_not_fit_is_refused(
    tensors: dict[str, torch.Tensor], vocabulary: object, problem: str
) -> None:
    header = json.dumps({"schema_version": 1, "fingerprint": "this trial", "vocabulary": vocabulary})
    with pytest.raises(ValueError, match=problem):
        TrainedWeights.from_bytes(save(tensors, {"sprm_bench": header}), "this trial")


def test_any_program_that_knows_safetensors_can_read_the_weights(weights: TrainedWeights) -> None:
    assert load(weights.to_bytes("this trial")).keys() == {WORDS, "visual.bias"}
