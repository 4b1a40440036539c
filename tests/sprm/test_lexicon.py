from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from sprm.errors import DataError, IntegrityError
from sprm.lexicon import Lexicon, builtin_vectors, read_glove


def glove(folder: Path, text: str) -> Path:
    path = folder / "vectors.txt"
    path.write_bytes(text.encode())
    return path


def test_only_the_vocabulary_is_kept_behind_two_rows_of_zeros(tmp_path: Path) -> None:
    lexicon = read_glove(glove(tmp_path, "dog 1 2\ncat 3 4\nman 5 6\n"), {"man", "dog", "unicorn"})
    assert lexicon.words == ("", "", "dog", "man")
    assert lexicon.missing == ("unicorn",)
    np.testing.assert_array_equal(lexicon.vectors, [[0, 0], [0, 0], [1, 2], [5, 6]])
    assert lexicon.index("man") == 3
    assert lexicon.index("unicorn") == lexicon.index("") == lexicon.UNKNOWN


def test_a_word_with_a_space_of_its_own_is_split_from_the_right(tmp_path: Path) -> None:
    path = glove(tmp_path, "dog 1 2\n. . . 3 4\nice\N{NO-BREAK SPACE}cream 5 6\r\n")
    lexicon = read_glove(path, {". . .", "ice\N{NO-BREAK SPACE}cream"})
    np.testing.assert_array_equal(lexicon.vectors[2:], [[3, 4], [5, 6]])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dog 1 2\ncat 3\n", 2),
        ("dog 1 2\ncat 3.5 4.5 5.5\n", 2),
        ("dog 1 2\ncat 3 x\n", 2),
        ("dog 1 2\ncat nan 1\n", 2),
        ("dog\n", 1),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(DataError, match=rf"vectors\.txt, line {line}: "):
        read_glove(glove(tmp_path, text), {"dog", "cat"})


def test_an_empty_a_missing_and_a_truncated_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no word vectors"):
        read_glove(glove(tmp_path, ""), {"dog"})
    with pytest.raises(DataError, match="cannot be read"):
        read_glove(tmp_path / "nowhere.txt", {"dog"})
    whole = gzip.compress(b"dog 1 2\n" * 1000)
    (tmp_path / "cut.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read"):
        read_glove(tmp_path / "cut.gz", {"dog"})


def test_saved_vectors_open_again_and_spoiled_ones_are_refused(tmp_path: Path) -> None:
    lexicon = read_glove(glove(tmp_path, "dog 1 2\ncat 3 4\n"), {"dog", "cat", "unicorn"})
    lexicon.save(tmp_path)
    again = Lexicon.open(tmp_path)
    assert again.words == lexicon.words
    assert again.missing == lexicon.missing == ("unicorn",)
    assert again.fingerprint == lexicon.fingerprint
    spoiled = lexicon.vectors.copy()
    spoiled[2, 0] += 1
    np.save(tmp_path / "vectors.npy", spoiled)
    with pytest.raises(IntegrityError, match="not what was written"):
        Lexicon.open(tmp_path)


def test_the_packaged_vectors_know_that_a_dog_is_nearer_to_a_cat_than_to_a_car() -> None:
    assert builtin_vectors().stat().st_size <= 1_000_000
    lexicon = read_glove(builtin_vectors(), {"dog", "cat", "car"})
    dog, cat, car = (
        vector / np.linalg.norm(vector) for vector in (lexicon.vectors[lexicon.index(w)] for w in ("dog", "cat", "car"))
    )
    assert dog @ cat > dog @ car
