from __future__ import annotations

import pytest

from bench.report.figures.text_width import shortened, text_inches


def test_a_text_that_fits_stays_as_it_is_on_one_line() -> None:
    assert shortened("two\n words", 3) == "two words"


@pytest.mark.parametrize("text", ["a" * 300, "W i " * 90, "مرحبا " * 60, "👍 " * 50])
def test_a_text_that_is_too_long_is_cut_to_the_width(text: str) -> None:
    cut = shortened(text, 1.0)
    assert cut.endswith("…")
    assert text_inches(cut) <= 1.0


def test_what_is_invisible_has_no_width() -> None:
    assert text_inches("  ") == 0
