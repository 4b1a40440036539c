from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import pytest
from simulated_learning import LearningRun
from simulated_run import SimulatedRun

from bench.report.analyse import analyse
from bench.report.figures.canvas import MARKERS, SERIES, STYLE, Drawing
from bench.report.figures.learning import learning_curves
from bench.report.figures.panels import Series
from bench.store.records import TrialKey


def drawn(run: Path) -> Drawing:
    analysis = analyse(run)
    series = [Series(one.system, SERIES[i], MARKERS[i]) for i, one in enumerate(analysis.learning)]
    with mpl.rc_context(STYLE):
        return learning_curves(analysis, series)


def words(figure: Drawing) -> str:
    return " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", figure.inline))


def joined(figure: Drawing, colour: str) -> list[str]:
    """The paths of thin lines in a colour, as SVG has them."""
    thin = f"fill: none; stroke: {colour}; stroke-width: 0.8"
    return re.findall(rf'<path d="([^"]*)"[^>]*style="{thin}', figure.svg.decode())


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Drawing:
    return drawn(LearningRun(images=60, seeds=3).write(tmp_path_factory.mktemp("run") / "run"))


def test_what_is_beyond_the_largest_amount_is_marked_as_not_measured(fitted: Drawing) -> None:
    assert words(fitted).count("not measured") == 2
    assert words(fitted).count("exponent") == 2
    assert "an extrapolation, not measured" in fitted.caption
    assert "a 95 % band that holds for all measured fractions at once" in fitted.caption
    assert "Horizontal dashed line: the prior." in fitted.caption
    assert not any(joined(fitted, colour) for colour in SERIES)
    assert "Thin line" not in fitted.caption


def test_a_refused_curve_says_why_and_nothing_is_extrapolated(tmp_path: Path) -> None:
    figure = drawn(SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=2, images=20).write(tmp_path / "run"))
    assert words(figure).count("no power law: fewer than five") == 2
    assert [path.count("L") for colour in SERIES[:2] for path in joined(figure, colour)] == [2, 2]
    assert "Thin line, where no power law is fitted: the points joined" in figure.caption
    assert "not measured" not in words(figure)
    assert "extrapolation" not in figure.caption


def test_without_prior_or_band_the_caption_names_neither(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(0.5, 1.0), seeds=1, images=1)
    figure = drawn(study.write(tmp_path / "run", without=(TrialKey("prior", "0", 0),)))
    assert "prior" not in figure.caption
    assert "band" not in figure.caption


def test_a_system_without_a_seed_in_common_has_an_empty_panel_that_says_so(tmp_path: Path) -> None:
    without = (TrialKey("sprm", "0.5", 0), TrialKey("sprm", "1", 1))
    figure = drawn(SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=12).write(tmp_path / "run", without=without))
    assert "no power law: no seed is" in words(figure)


def test_the_same_run_gives_the_same_figure(fitted: Drawing, tmp_path: Path) -> None:
    again = drawn(LearningRun(images=60, seeds=3).write(tmp_path / "run"))
    assert (again.png, again.svg) == (fitted.png, fitted.svg)
