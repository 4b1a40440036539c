from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.report.figures.canvas import spread

HEIGHTS = st.lists(st.floats(0, 100), min_size=1, max_size=8)


def test_labels_that_do_not_touch_stay_where_they_are() -> None:
    assert spread([10, 50, 30], 5) == [10, 50, 30]


def test_labels_that_touch_share_the_move() -> None:
    assert spread([50, 52], 6) == [48, 54]


@given(HEIGHTS)
def test_labels_end_up_apart_and_in_their_order(heights: list[float]) -> None:
    placed = np.array(spread(heights, 4))
    ordered = placed[np.argsort(heights, kind="stable")]
    assert (np.diff(ordered) >= 4 - 1e-9).all()


@given(HEIGHTS)
def test_labels_keep_their_common_centre(heights: list[float]) -> None:
    assert np.isclose(np.mean(spread(heights, 4)), np.mean(heights))
