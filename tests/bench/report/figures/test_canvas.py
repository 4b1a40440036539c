from __future__ import annotations

from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from bench.report.figures.canvas import LABEL_ROOM, STYLE, canvas, finish, label_ends, label_room, look_of, spread

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


@given(HEIGHTS)
def test_labels_stay_between_the_ends_where_there_is_room(heights: list[float]) -> None:
    placed = np.array(spread(heights, 4, 30, 70))
    assert 30 - 1e-9 <= placed.min() <= placed.max() <= 70 + 1e-9
    assert (np.diff(placed[np.argsort(heights, kind="stable")]) >= 4 - 1e-9).all()


def test_labels_that_do_not_fit_start_at_the_lower_end() -> None:
    assert spread([5, 5, 5], 4, 2, 6) == [2, 6, 10]


def test_each_of_many_series_looks_different() -> None:
    looks = [look_of(place) for place in range(36)]
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize("name", ["prior", "prior-score-size", "a-system-with-a-name-of-forty-characters-i", "W" * 20])
def test_a_name_at_the_end_of_a_line_lies_within_the_figure(name: str) -> None:
    with mpl.rc_context(STYLE):
        room = label_room(["sprm", name])
        figure, ((axes,),) = canvas(5 + room - LABEL_ROOM, 3, right=room)
        label_ends(axes, [(0.5, name, "#000000")])
        ends = FigureCanvasAgg(figure).get_renderer()
        (label,) = axes.texts
        assert label.get_window_extent(ends).x1 <= figure.bbox.x1
    assert room >= LABEL_ROOM


@pytest.mark.filterwarnings("ignore:Glyph .* missing")
def test_a_name_with_characters_that_no_xml_file_may_hold_leaves_a_figure_whole() -> None:
    with mpl.rc_context(STYLE):
        figure, ((axes,),) = canvas(5, 3, right=1)
        axes.set_title("people\x00\x0b\x1b\ufffe\uffff")
        drawing = finish(figure, "named", "caption", "alternative", pd.DataFrame())
    ElementTree.fromstring(drawing.svg)
    assert "people" in drawing.inline
