from __future__ import annotations

import numpy as np
import pytest

from sprm.corpus.box_matches import BoxMatches


def matches(*ious: list[float]) -> BoxMatches:
    """Phrases whose images have boxes of these overlaps."""
    counts = [len(one) for one in ious]
    packed = np.concatenate([np.array(one) for one in ious])
    return BoxMatches(np.cumsum([0, *counts]), packed, packed > 0, packed)


def test_a_box_is_correct_from_an_overlap_of_one_half_on_border_included() -> None:
    found = matches([0.0, 0.4999, 0.5, 0.5001, 1.0])
    assert found.correct.tolist() == [False, False, True, True, True]


def test_those_of_some_phrases_are_what_they_were_among_all() -> None:
    whole = matches([0.1, 0.2], [0.3], [0.4, 0.0, 0.6])
    part, expected = whole.of_phrases(np.array([0, 2])), matches([0.1, 0.2], [0.4, 0.0, 0.6])
    for name in ("offsets", "iou", "pointing", "areas"):
        assert getattr(part, name).tolist() == getattr(expected, name).tolist()


def test_the_upper_bound_is_the_share_of_phrases_with_any_correct_box() -> None:
    assert matches([0.1, 0.9], [0.2], [0.5, 0.5, 0.0]).upper_bound == pytest.approx(2 / 3)


def test_chance_is_the_mean_over_phrases_of_the_share_of_correct_boxes() -> None:
    assert matches([0.1, 0.9], [0.2], [0.5, 0.5, 0.0]).chance == pytest.approx((1 / 2 + 0 + 2 / 3) / 3)
