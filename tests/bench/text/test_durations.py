from __future__ import annotations

import pytest

from bench.text.durations import estimated, spoken


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "under 1 s"),
        (7.6, "8 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (3600, "1 h"),
        (273600, "3 d 4 h"),
    ],
)
def test_a_duration_is_told_to_two_units_at_most(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "under 1 s"), (0.6, "about 1 s"), (300, "about 5 min")])
def test_an_estimate_says_that_it_is_one_unless_it_is_a_bound(seconds: float, words: str) -> None:
    assert estimated(seconds) == words
