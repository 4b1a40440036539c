from __future__ import annotations

import gzip
import math
import os
import re
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprm.errors import DataError, IntegrityError
from sprm.text.glove import WordTable, word_table
from sprm.text.glove_parser import BLOCK
from sprm.text.word_vectors import Lexicon, builtin_vectors


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


def glove(folder: Path, text: str) -> Path:
    path = folder / "vectors.txt"
    path.write_bytes(text.encode())
    return path


def table(path: Path) -> WordTable:
    return word_table(path, path.parent / "cache", progress=silent)


def read(path: Path, vocabulary: Collection[str]) -> Lexicon:
    return table(path).lexicon(vocabulary)


def big(folder: Path) -> tuple[Path, list[list[str]]]:
    """Write a file of several blocks; returns also the numbers of each line."""
    drawn = np.random.default_rng(0).normal(size=(300, 100)).tolist()
    numbers = [[f"{number:.17g}" for number in row] for row in drawn]
    lines = [f"word{row} {' '.join(numbers[row % 300])}\n" for row in range(9000)]
    path = glove(folder, "".join(lines))
    assert path.stat().st_size > 2 * BLOCK
    return path, numbers


def test_only_the_vocabulary_is_kept_behind_two_rows_of_zeros(tmp_path: Path) -> None:
    lexicon = read(glove(tmp_path, "dog 1 2\ncat 3 4\nman 5 6\n"), {"man", "dog", "unicorn"})
    assert lexicon.words == ("", "", "dog", "man")
    assert lexicon.missing == ("unicorn",)
    np.testing.assert_array_equal(lexicon.vectors, [[0, 0], [0, 0], [1, 2], [5, 6]])
    assert lexicon.vectors.dtype == np.float32
    assert lexicon.index("man") == 3
    assert lexicon.index("unicorn") == lexicon.index("") == lexicon.UNKNOWN


def test_blanks_at_the_end_of_a_line_do_not_count(tmp_path: Path) -> None:
    lexicon = read(glove(tmp_path, "dog 1 2 \ncat 3 4\r\na \N{NO-BREAK SPACE} b 5 6 \r\n"), {"dog", "cat", "b"})
    assert lexicon.words[2:] == ("cat", "dog")
    np.testing.assert_array_equal(lexicon.vectors[2:], [[3, 4], [1, 2]])


def test_a_malformed_line_is_shown_in_few_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 2: expected 2 finite numbers after the word, found 'cat 3 x'"):
        table(glove(tmp_path, "dog 1 2\ncat 3 x\n"))
    with pytest.raises(DataError, match=r"line 2: .*found 'y{50,60}\.\.\.") as caught:
        table(glove(tmp_path, f"dog 1 2\n{'y' * 9_000}\n"))
    assert len(caught.value.problem) < 200


def test_a_vocabulary_without_a_known_word_gives_the_two_rows_alone(tmp_path: Path) -> None:
    path = glove(tmp_path, "dog 1 2\n")
    assert read(path, {"Dog"}).vectors.shape == (2, 2)
    assert read(path, ()).words == ("", "")


def test_all_vectors_are_mapped_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = table(glove(tmp_path, "dog 1 2\ncat 3 4\n"))
    assert isinstance(found.vectors, np.memmap)
    np.testing.assert_array_equal(found.vectors, [[1, 2], [3, 4]])


def test_a_word_with_a_space_of_its_own_is_split_from_the_right(tmp_path: Path) -> None:
    path = glove(tmp_path, "dog 1 2\n. . . 3 4\nice\N{NO-BREAK SPACE}cream 5 6\n")
    lexicon = read(path, {". . .", "ice\N{NO-BREAK SPACE}cream"})
    np.testing.assert_array_equal(lexicon.vectors[2:], [[3, 4], [5, 6]])


def test_of_a_word_that_is_repeated_the_first_vector_counts(tmp_path: Path) -> None:
    lexicon = read(glove(tmp_path, "dog 1 2\ncat 3 4\ndog 5 6\n"), {"dog"})
    np.testing.assert_array_equal(lexicon.vectors[2:], [[1, 2]])


def test_lines_may_end_in_either_way_and_the_last_one_in_none(tmp_path: Path) -> None:
    path = glove(tmp_path, "dog 1 2\r\na\rb\N{LINE SEPARATOR}c 3 4\nman 5 6")
    np.testing.assert_array_equal(table(path).vectors, [[1, 2], [3, 4], [5, 6]])
    assert read(path, {"dog", "a\rb\N{LINE SEPARATOR}c", "man"}).missing == ()


WORDS = st.text(st.characters(exclude_characters="\n\ufeff", exclude_categories=["Cs"]), min_size=1).filter(
    lambda word: not re.search(r" -?\d+\.\d+(e-?\d+)?$", word, re.ASCII)
)
# Written with fewer digits, a number near the largest may become one beyond it.
NUMBERS = st.floats(-(2.0**126), 2.0**126, width=32).flatmap(
    lambda number: st.sampled_from([repr(number), f"{number:.5f}", f"{number:+.3E}", f"{number:.9g}"])
)


@given(st.lists(st.tuples(WORDS, st.tuples(NUMBERS, NUMBERS, NUMBERS))))
def test_every_word_has_the_numbers_of_its_first_line_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, tuple[str, str, str]]]
) -> None:
    lines = [("the", ("1", "-.5", "2.")), *lines]
    path = glove(tmp_path_factory.mktemp("glove"), "".join(f"{word} {' '.join(row)}\n" for word, row in lines))
    lexicon = read(path, {word for word, _ in lines})
    first = {word: row for word, row in reversed(lines)}
    assert lexicon.words == ("", "", *sorted(first))
    for word, row in first.items():
        assert lexicon.vectors[lexicon.index(word)].tobytes() == np.array(row, dtype=np.float32).tobytes()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dog 1 2\ncat 3\n", 2),
        ("dog 1 2\ncat 3.5 4.5 5.5\n", 2),
        ("dog 1 2\ncat 3 x\n", 2),
        ("dog 1 2\ncat 3 1_0\nman 1 2\n", 2),
        ("dog 1 2\ncat 3 0x1\nman 1 2\n", 2),
        ("dog 1 2\ncat 3 1-2\nman 1 2\n", 2),
        ("dog 1 2\ncat 3 4e\n", 2),
        ("dog 1 2\ncat 3 4-5\n", 2),
        ("dog 1 2\ncat 3 \nman 1 2\n", 2),
        ("dog 1 2 3\ncat 1\t2  3\n", 2),
        ("dog 1 2\nman 1 2\n\ncat 1 2\n", 3),
        ("dog 1 2\ncat nan 1\n", 2),
        ("dog 1 2\ncat 1e39 1\n", 2),
        ("dog 1 2\ncat \N{ARABIC-INDIC DIGIT ONE} 1\n", 2),
        ("dog\n", 1),
        ("\ndog 1 2\n", 1),
        ("dog 1 x\n", 1),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(DataError, match=rf"vectors\.txt, line {line}: expected"):
        table(glove(tmp_path, text))


def test_a_word_that_is_not_utf_8_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes(b"dog 1 2\ncaf\xe9 3 4\nman 5 6\n")
    with pytest.raises(DataError, match=r"latin\.txt, line 2: expected text in UTF-8"):
        table(path)


def test_the_header_of_a_word2vec_file_is_called_that(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 1: .* header of a word2vec file; delete this line"):
        table(glove(tmp_path, "2 3\ndog 1 2 3\ncat 3 4 5\n"))


def test_an_empty_a_missing_a_truncated_and_a_damaged_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="contains no word vectors"):
        table(glove(tmp_path, ""))
    with pytest.raises(DataError, match="cannot be read"):
        table(tmp_path / "nowhere.txt")
    whole = gzip.compress(b"dog 1 2\n" * 1000)
    damaged = whole[:15] + b"\xff\xff" + whole[17:]
    for content in (whole[: len(whole) // 2], damaged):
        (tmp_path / "cut.gz").write_bytes(content)
        with pytest.raises(DataError, match=r"cut\.gz: the word vectors cannot be read"):
            table(tmp_path / "cut.gz")


def test_what_has_no_lines_is_refused_before_all_of_it_is_held(tmp_path: Path) -> None:
    path = tmp_path / "binary"
    path.write_bytes(b"dog 1 2\n" + bytes(2 * BLOCK))
    with pytest.raises(DataError, match=r"line 2: .* found a longer line"):
        table(path)


def test_lines_of_all_blocks_are_read_and_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path, numbers = big(tmp_path)
    told: list[tuple[str, int, int]] = []
    found = word_table(path, tmp_path / "cache", progress=lambda *state: told.append(state))
    expected = np.array(numbers, dtype=np.float32)
    np.testing.assert_array_equal(found.vectors, np.tile(expected, (30, 1)))
    np.testing.assert_array_equal(found.lexicon(["word8999"]).vectors[2], expected[8999 % 300])
    size = math.ceil(path.stat().st_size / 10**6)
    assert told == sorted(told)
    assert told[-1] == ("reading word vectors", size, size)


def test_a_malformed_line_of_a_later_block_is_named(tmp_path: Path) -> None:
    path, _ = big(tmp_path)
    lines = path.read_bytes().split(b"\n")
    lines[7776] = lines[7776].replace(b".", b",", 1)
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(DataError, match="line 7777: expected 100 finite numbers"):
        table(path)


def test_a_packed_file_is_read_as_the_plain_one(tmp_path: Path) -> None:
    path, _ = big(tmp_path)
    packed = tmp_path / "vectors.txt.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), compresslevel=1))
    np.testing.assert_array_equal(table(packed).vectors, table(path).vectors)


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    path = glove(tmp_path, "dog 1 2\n")
    told: list[str] = []
    for _ in range(2):
        found = word_table(path, tmp_path / "cache", progress=lambda stage, done, total: told.append(stage))
    assert len(told) == 1
    path.write_text("cat 3 4\n")
    os.utime(path, ns=(1, 1))
    assert table(path).folder != found.folder
    assert read(path, {"dog", "cat"}).missing == ("dog",)


def test_a_file_that_is_mended_is_read_anew(tmp_path: Path) -> None:
    path = glove(tmp_path, "dog 1 2\ncat 3\n")
    with pytest.raises(DataError):
        table(path)
    assert [left for left in (tmp_path / "cache" / "words").iterdir() if left.is_dir()] == []
    assert table(glove(tmp_path, "dog 1 2\ncat 3 4\n")).vectors.shape == (2, 2)


def swap_a_word(folder: Path) -> None:
    (folder / "words.txt").write_text("dog\ncar\n")


def change_a_number(folder: Path) -> None:
    (folder / "vectors.f32").write_bytes((folder / "vectors.f32").read_bytes()[::-1])


def cut_the_vectors(folder: Path) -> None:
    (folder / "vectors.f32").write_bytes((folder / "vectors.f32").read_bytes()[:-1])


def lengthen_the_vectors(folder: Path) -> None:
    (folder / "vectors.f32").write_bytes((folder / "vectors.f32").read_bytes() + bytes(8))


def lose_the_words(folder: Path) -> None:
    (folder / "words.txt").unlink()


def lose_what_is_said_of_them(folder: Path) -> None:
    (folder / "table.json").unlink()


def claim_no_words(folder: Path) -> None:
    content = (folder / "table.json").read_text()
    (folder / "table.json").write_text(content.replace('"words": 2', '"words": 0'))


@pytest.mark.parametrize(
    "damage",
    [
        swap_a_word,
        change_a_number,
        cut_the_vectors,
        lengthen_the_vectors,
        lose_the_words,
        lose_what_is_said_of_them,
        claim_no_words,
    ],
)
def test_a_table_that_was_damaged_is_refused_and_read_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = glove(tmp_path, "dog 1 2\ncat 3 4\n")
    folder = table(path).folder
    damage(folder)
    with pytest.raises(IntegrityError, match=r"the content has changed|missing from|cannot be read"):
        WordTable.open(folder)
    np.testing.assert_array_equal(table(path).vectors, [[1, 2], [3, 4]])


def test_the_packaged_vectors_know_that_a_dog_is_nearer_to_a_cat_than_to_a_car(tmp_path: Path) -> None:
    lexicon = word_table(builtin_vectors(), tmp_path, progress=silent).lexicon({"dog", "cat", "car"})
    dog, cat, car = (
        vector / np.linalg.norm(vector) for vector in (lexicon.vectors[lexicon.index(w)] for w in ("dog", "cat", "car"))
    )
    assert dog @ cat > dog @ car
