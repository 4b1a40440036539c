from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import matplotlib as mpl
import pytest
from simulated_run import SimulatedRun

from bench.analysis.efficiency import Multiplier
from bench.report.analyse import Analysis, analyse
from bench.report.figures.canvas import MARKERS, SERIES, STYLE, Drawing
from bench.report.figures.multipliers import data_multipliers
from bench.report.figures.panels import Series
from bench.stats import AmountNeeded, CurveStatus, Interval, NeededStatus

CLAIM = "name: saves, kind: more_efficient, system: sprm, rival: refinement, factor: 2"
NAMES = "sprm", "refinement"


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    run = SimulatedRun(fractions=(0.25, 0.5, 1.0), seeds=2, images=20, claims=(CLAIM,))
    return analyse(run.write(tmp_path_factory.mktemp("run") / "run"))


def drawn(analysis: Analysis) -> Drawing | None:
    with mpl.rc_context(STYLE):
        return data_multipliers(analysis, [Series(name, SERIES[i], MARKERS[i]) for i, name in enumerate(NAMES)])


def found(analysis: Analysis, *needed: AmountNeeded, curve: CurveStatus = CurveStatus.ok) -> Analysis:
    """The analysis with these multiples of refinement, at the amounts of sprm in turn."""
    made = [
        Multiplier("sprm", "refinement", fraction, (0, 1), one, curve)
        for fraction, one in zip(analysis.fractions, needed, strict=True)
    ]
    return replace(analysis, multipliers=tuple(made))


def test_the_numbers_are_the_multiples_with_their_open_ends(analysis: Analysis) -> None:
    known = AmountNeeded(0.5, 2.5, Interval(2.0, 3.0), NeededStatus.ok)
    more = AmountNeeded(0.6, nan, Interval(1.5, inf), NeededStatus.not_reached)
    less = AmountNeeded(0.4, nan, Interval(0.0, 0.7), NeededStatus.already)
    drawing = drawn(found(analysis, less, known, more))
    assert drawing is not None
    numbers = drawing.data
    assert list(numbers["system"]) == ["refinement"] * 3
    assert list(numbers["to_match"]) == ["sprm"] * 3
    assert list(numbers["training_images"]) == [250, 500, 1000]
    assert list(numbers["low_times"]) == [0.0, 2.0, 1.5]
    assert list(numbers["high_times"]) == [0.7, 3.0, inf]
    assert list(numbers["needs_times"].fillna(-1)) == [-1, 2.5, -1]
    assert list(numbers["accuracy_to_match_percent"]) == pytest.approx([40, 50, 60])


def test_the_claimed_factor_is_drawn_and_the_caption_says_what_tests_it(analysis: Analysis) -> None:
    known = AmountNeeded(0.5, 2.5, Interval(2.0, 3.0), NeededStatus.ok)
    drawing = drawn(found(analysis, known, known, known))
    assert drawing is not None
    assert ">claimed<" in drawing.inline
    assert "the claim is tested by accuracies" in drawing.caption
    assert "95 % bootstrap intervals over seeds and test images" in drawing.caption
    assert "Open markers" not in drawing.caption


def test_what_is_extrapolated_is_said_to_be(analysis: Analysis) -> None:
    known = AmountNeeded(0.5, 2.5, Interval(2.0, 3.0), NeededStatus.ok)
    further = replace(known, status=NeededStatus.extrapolated)
    drawing = drawn(found(analysis, known, known, further))
    assert drawing is not None
    assert "Open markers: extrapolated" in drawing.caption


def test_without_a_curve_there_is_no_figure(analysis: Analysis) -> None:
    unknown = AmountNeeded(0.5, nan, Interval(nan, nan), NeededStatus.no_curve)
    assert drawn(found(analysis, unknown, unknown, unknown, curve=CurveStatus.empty)) is None


def test_one_trained_system_has_nothing_to_match(analysis: Analysis) -> None:
    assert drawn(replace(analysis, multipliers=())) is None
