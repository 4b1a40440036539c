from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_split import random_texts

from sprm.batches.encoding import Texts
from sprm.batches.prefix_tree import Prefixes

TEXTS = random_texts(count=8, longest=5)
MAN_IN_RED = Texts(np.array([[7, 3, 0], [7, 0, 0], [7, 3, 5], [2, 3, 0]]), np.array([2, 1, 3, 2]))


def beginnings(texts: Texts) -> list[list[tuple[int, ...]]]:
    """Every beginning of each text, word by word."""
    return [
        [tuple(row[: end + 1].tolist()) for end in range(length)]
        for row, length in zip(texts.words, texts.lengths, strict=True)
    ]


def prefixes_of(texts: Texts) -> Prefixes:
    return Prefixes.of(texts.words, texts.lengths)


def spell(words: np.ndarray, parents: np.ndarray, node: int, length: int) -> tuple[int, ...]:
    """The words on the way to a node, its own last."""
    before = spell(words, parents, int(parents[node]), length - 1) if length > 1 else ()
    return (*before, int(words[node]))


def test_texts_that_begin_alike_share_their_beginnings() -> None:
    prefixes = prefixes_of(MAN_IN_RED)
    assert prefixes.levels.tolist() == [0, 2, 4, 5]
    assert prefixes.words.tolist() == [2, 7, 3, 3, 5]
    assert prefixes.parents.tolist() == [0, 1, 0, 1, 3]
    assert prefixes.paths.tolist() == [[1, 3, 3], [1, 1, 1], [1, 3, 4], [0, 2, 2]]


@given(TEXTS)
def test_every_path_spells_its_text_and_stays_at_its_end(texts: Texts) -> None:
    prefixes = prefixes_of(texts)
    for path, spelt in zip(prefixes.paths, beginnings(texts), strict=True):
        for length, beginning in enumerate(spelt, start=1):
            assert spell(prefixes.words, prefixes.parents, path[length - 1], length) == beginning
        assert (path[len(spelt) - 1 :] == path[len(spelt) - 1]).all()


@given(TEXTS)
def test_a_beginning_has_one_number_however_many_texts_share_it(texts: Texts) -> None:
    prefixes = prefixes_of(texts)
    numbered = {
        (beginning, int(number))
        for path, spelt in zip(prefixes.paths, beginnings(texts), strict=True)
        for number, beginning in zip(path[: len(spelt)], spelt, strict=True)
    }
    distinct = {beginning for beginning, _ in numbered}
    assert len(distinct) == len(numbered)
    assert sorted(number for _, number in numbered) == list(range(len(prefixes.words)))


@given(TEXTS)
def test_beginnings_are_sorted_by_length_and_follow_the_one_they_continue(texts: Texts) -> None:
    prefixes = prefixes_of(texts)
    numbers, levels = np.arange(len(prefixes.words)), prefixes.levels
    length = np.searchsorted(levels, numbers, side="right")
    assert levels[-1] == len(numbers)
    first = numbers < levels[1]
    assert (prefixes.parents[first] == numbers[first]).all()
    assert (prefixes.parents[~first] < numbers[~first]).all()
    assert (length[prefixes.parents[~first]] == length[~first] - 1).all()


@given(TEXTS, st.data())
def test_the_tree_of_some_texts_holds_their_beginnings_and_no_others(texts: Texts, data: st.DataObject) -> None:
    row = st.integers(0, len(texts.words) - 1)
    chosen = np.array(data.draw(st.lists(row, min_size=1, max_size=6)))
    tree, words, whole = prefixes_of(texts).tree(chosen)
    expected = {beginning for row in chosen for beginning in beginnings(texts)[row]}
    assert len(words) == tree.starts[-1] == len(expected)
    parents = np.concatenate([np.arange(tree.starts[1]), tree.parents.numpy()])
    assert (parents[tree.starts[1] :] < np.arange(tree.starts[1], len(words))).all()
    spelt = [
        spell(words, parents, node, length)
        for length, level in enumerate(tree.levels, start=1)
        for node in range(level.start, level.stop)
    ]
    assert set(spelt) == expected
    assert [spelt[node] for node in whole] == [beginnings(texts)[row][-1] for row in chosen]


@given(TEXTS)
def test_a_tree_is_no_deeper_than_its_longest_text(texts: Texts) -> None:
    for row, length in enumerate(texts.lengths):
        tree, _, _ = prefixes_of(texts).tree(np.array([row]))
        assert tree.starts == tuple(range(length + 1))
