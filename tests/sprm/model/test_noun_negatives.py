from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_split import LEXICON, draw, random_split

from sprm.batches.encoding import EncodedSplit, Texts
from sprm.model.noun_negatives import NounNegatives, content_words
from sprm.settings import Rules

CONTENT = content_words(LEXICON)


def split_of(seed: int) -> EncodedSplit:
    return random_split(seed, Rules.corrected, heads=True, locations=True)


def with_heads(split: EncodedSplit, *heads: str) -> EncodedSplit:
    """The same split, the heads of each phrase given by name; the empty text has no word."""
    texts = Texts.of([head.split() for head in heads], LEXICON)
    return replace(split, heads=texts, phrase_heads=np.arange(len(heads)))


def nouns_of(split: EncodedSplit, sentence: int) -> list[int]:
    """The known head words of a sentence, once for each phrase."""
    heads = split.phrase_heads[slice(*split.phrase_offsets[sentence : sentence + 2])]
    return [int(word) for head in heads for word in split.heads.words[head] if CONTENT[word]]


def test_content_words_have_a_vector_and_are_no_function_words() -> None:
    known = {word for word, content in zip(LEXICON.words, CONTENT, strict=True) if content}
    assert {"man", "red", "dog", "left"} <= known
    assert not known & {"", "a", "the", "two", "on", "in"}


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), step=st.integers(0, 1000))
def test_a_noun_of_the_sentence_comes_first_and_then_nouns_of_other_images(seed: int, step: int) -> None:
    case = draw(seed, Rules.corrected, heads=True, locations=True)
    split = case.split
    drawn = NounNegatives(split, CONTENT, count=4, seed=1).draw(case.sentences, step)
    assert drawn.shape == (len(case.sentences), 5)
    for sentence, (noun, *negatives) in zip(case.sentences, drawn.tolist(), strict=True):
        elsewhere = np.flatnonzero(split.sentence_images != split.sentence_images[sentence])
        offered = {noun for other in elsewhere for noun in nouns_of(split, other)}
        if noun == LEXICON.PADDING:
            assert not nouns_of(split, sentence) or not offered
            assert set(negatives) == {LEXICON.PADDING}
        else:
            assert noun in nouns_of(split, sentence)
            assert set(negatives) <= offered


def test_a_step_draws_the_same_every_time_and_another_step_or_seed_something_else() -> None:
    split = split_of(0)
    sentences, (first, other) = (
        np.arange(len(split.sentence_images)),
        (NounNegatives(split, CONTENT, 9, s) for s in (1, 2)),
    )
    np.testing.assert_array_equal(first.draw(sentences, 5), first.draw(sentences, 5))
    assert (first.draw(sentences, 5) != first.draw(sentences, 6)).any()
    assert (first.draw(sentences, 5) != other.draw(sentences, 5)).any()


def test_every_sentence_of_other_images_is_drawn_alike_and_then_every_noun_of_it() -> None:
    split = replace(
        split_of(0),
        phrase_offsets=np.array([0, 1, 2, 4, 5]),
        sentence_images=np.array([0, 1, 1, 2]),
    )
    split = with_heads(split, "dog", "man", "hat woman", "woman", "zzyzx")
    drawn = NounNegatives(split, CONTENT, count=30_000, seed=3).draw(np.array([0, 1, 3]), 0)
    assert drawn[0, 0] == LEXICON.index("dog")
    shares = Counter(LEXICON.words[row] for row in drawn[0, 1:])
    assert {word: count / 30_000 for word, count in shares.items()} == {
        "man": pytest.approx(1 / 2, abs=0.02),
        "woman": pytest.approx(1 / 3, abs=0.02),
        "hat": pytest.approx(1 / 6, abs=0.02),
    }
    assert set(drawn[1, 1:]) == {LEXICON.index("dog")}
    assert not drawn[2].any()


def test_only_the_images_of_the_subset_are_drawn_from() -> None:
    split = replace(split_of(0), phrase_offsets=np.array([0, 1, 2, 3]), sentence_images=np.array([0, 1, 2]))
    split = with_heads(split, "dog", "man", "hat")
    nouns = NounNegatives(split, CONTENT, count=20, seed=3, images=np.array([0, 2]))
    drawn = nouns.draw(np.arange(3), 0)
    hat, dog = LEXICON.index("hat"), LEXICON.index("dog")
    assert [set(row) for row in drawn[:, 1:].tolist()] == [{hat}, {dog, hat}, {dog}]
    elsewhere = nouns.bound_to(split).draw(np.array([0]), 0)
    assert set(elsewhere[0, 1:].tolist()) == {LEXICON.index("man"), hat}


def test_one_image_alone_has_no_negatives() -> None:
    split = split_of(0)
    nouns = NounNegatives(split, CONTENT, count=3, seed=1, images=np.array([0]))
    of_image = np.flatnonzero(split.sentence_images == 0)
    assert not nouns.draw(of_image, 0).any()
