from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sprm.errors import IntegrityError
from sprm.text.word_vectors import Lexicon, builtin_vectors


def a_lexicon() -> Lexicon:
    vectors = np.array([[0, 0], [0, 0], [3, 4], [1, 2]], dtype=np.float32)
    return Lexicon(("", "", "cat", "dog"), vectors, ("unicorn",))


def test_a_word_has_its_row_and_any_other_the_row_of_the_unknown() -> None:
    lexicon = a_lexicon()
    assert lexicon.index("dog") == 3
    assert lexicon.index("unicorn") == lexicon.index("") == lexicon.UNKNOWN
    assert lexicon.dimension == 2


def test_saved_vectors_open_again(tmp_path: Path) -> None:
    lexicon = a_lexicon()
    lexicon.save(tmp_path)
    again = Lexicon.open(tmp_path)
    assert again.words == lexicon.words
    assert again.missing == ("unicorn",)
    assert again.fingerprint == lexicon.fingerprint
    np.testing.assert_array_equal(again.vectors, lexicon.vectors)


def test_spoiled_vectors_and_missing_ones_are_refused(tmp_path: Path) -> None:
    lexicon = a_lexicon()
    lexicon.save(tmp_path)
    spoiled = lexicon.vectors.copy()
    spoiled[2, 0] += 1
    np.save(tmp_path / "vectors.npy", spoiled)
    with pytest.raises(IntegrityError, match="has changed"):
        Lexicon.open(tmp_path)
    (tmp_path / "words.json").unlink()
    with pytest.raises(IntegrityError, match="cannot be read"):
        Lexicon.open(tmp_path)


def test_the_vectors_that_ship_with_the_package_are_small() -> None:
    assert 0 < builtin_vectors().stat().st_size <= 1_000_000
