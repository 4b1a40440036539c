from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sprm.corpus.annotation import union_box
from sprm.corpus.boxes import (
    ALL_RELATIONS,
    FLAG,
    centres_inside,
    iou_matrix,
    normalised_coordinates,
    relations,
)
from sprm.settings import Rules

RULES = [Rules.corrected, Rules.official]


@st.composite
def boxes(draw: st.DrawFn, most: int = 8) -> np.ndarray:
    corners = draw(hnp.arrays(np.int64, st.tuples(st.integers(1, most), st.just(4)), elements=st.integers(0, 60)))
    low, size = corners[:, :2], corners[:, 2:] + 1
    return np.concatenate([low, low + size], axis=1).astype(np.float64)


def covered_pixels(box: np.ndarray) -> set[tuple[int, int]]:
    x1, y1, x2, y2 = box.astype(int)
    return {(x, y) for x in range(x1, x2 + 1) for y in range(y1, y2 + 1)}


@given(boxes(3), boxes(3))
def test_official_iou_counts_the_pixels_that_two_boxes_share(first: np.ndarray, second: np.ndarray) -> None:
    found = iou_matrix(first, second, Rules.official)
    for i, a in enumerate(map(covered_pixels, first)):
        for j, b in enumerate(map(covered_pixels, second)):
            assert found[i, j] == pytest.approx(len(a & b) / len(a | b))


@pytest.mark.parametrize("rules", RULES)
@given(boxes(), boxes())
def test_iou_is_symmetric_and_one_only_with_itself(rules: Rules, first: np.ndarray, second: np.ndarray) -> None:
    found = iou_matrix(first, second, rules)
    assert np.array_equal(found, iou_matrix(second, first, rules).T)
    same = (first[:, None] == second[None]).all(axis=2)
    assert np.array_equal(found == 1, same)


def test_the_rules_disagree_where_a_pixel_decides() -> None:
    box, target = np.array([[0, 0, 10, 10]]), np.array([[0, 0, 20, 10]])
    assert iou_matrix(box, target, Rules.corrected)[0, 0] == 0.5
    assert iou_matrix(box, target, Rules.official)[0, 0] == pytest.approx(11 / 21)


def test_boxes_without_an_area_fit_nothing() -> None:
    point = np.array([[5, 5, 5, 5]])
    assert iou_matrix(point, point, Rules.corrected)[0, 0] == 0


@given(boxes())
def test_the_union_covers_every_box_and_nothing_more(members: np.ndarray) -> None:
    union = union_box(members)
    assert (union[:2] <= members[:, :2]).all()
    assert (union[2:] >= members[:, 2:]).all()
    assert set(union[:2]) <= set(members[:, :2].ravel())
    assert set(union[2:]) <= set(members[:, 2:].ravel())


def test_a_centre_on_the_border_counts_as_inside() -> None:
    targets = np.array([[10, 10, 20, 20], [11, 10, 20, 20]])
    assert centres_inside(np.array([[0, 0, 20, 20]]), targets).tolist() == [[True, False]]


def test_coordinates_are_shares_of_the_image() -> None:
    found = normalised_coordinates(np.array([[20, 10, 60, 50]]), np.array([200]), np.array([100]))
    np.testing.assert_allclose(found, [[0.1, 0.1, 0.3, 0.5, 0.2 * 0.4]], rtol=1e-6)


def names(flags: int) -> set[str]:
    return {name for name, flag in FLAG.items() if flags & flag}


def test_relations_hold_among_boxes_of_one_label_and_one_image_only() -> None:
    # Three dogs in a row and a man; in the next image a lone dog.
    row = np.array([[0, 0, 10, 10], [20, 5, 30, 15], [40, 10, 50, 20], [5, 5, 9, 9], [0, 0, 10, 10]])
    found = relations(row, np.array([0, 0, 0, 1, 0]), np.array([0, 0, 0, 0, 1]), Rules.corrected)
    assert [names(flags) for flags in found[:3]] == [
        {"left", "top"},
        {"center", "middle"},
        {"right", "bottom"},
    ]
    assert list(found[3:]) == [ALL_RELATIONS, ALL_RELATIONS]


def test_the_official_center_compares_a_y_with_an_x() -> None:
    # The second dog is rightmost, and its centre's y, 25, is not 45, the rightmost x: official calls it center.
    pair = np.array([[0, 0, 10, 10], [40, 20, 50, 30]])
    labels, images = np.zeros(2, np.int64), np.zeros(2, np.int64)
    assert "center" not in names(relations(pair, labels, images, Rules.corrected)[1])
    assert "center" in names(relations(pair, labels, images, Rules.official)[1])


@given(boxes(), st.randoms(use_true_random=False))
def test_relations_do_not_depend_on_the_order_of_the_boxes(members: np.ndarray, random: object) -> None:
    count = len(members)
    labels, images = np.arange(count) % 2, np.arange(count) // 4
    order = np.array(random.sample(range(count), count))  # type: ignore[attr-defined]
    found = relations(members, labels, images, Rules.corrected)
    again = relations(members[order], labels[order], images[order], Rules.corrected)
    assert np.array_equal(found[order], again)


@given(boxes())
def test_every_group_has_a_leftmost_and_a_lowest_box(members: np.ndarray) -> None:
    zeros = np.zeros(len(members), np.int64)
    found = relations(members, zeros, zeros, Rules.corrected)
    for name in ("left", "right", "top", "bottom"):
        assert (found & FLAG[name]).any()
