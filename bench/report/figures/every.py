"""Every figure of a report."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl

from bench.report.analyse import Analysis
from bench.report.figures.accuracy import accuracy_curve, gain_curves, seed_curves, type_curves
from bench.report.figures.canvas import STYLE, Drawing, look_of
from bench.report.figures.corpus_sizes import corpus_sizes
from bench.report.figures.forest import forest
from bench.report.figures.learning import learning_curves
from bench.report.figures.looks import look_curves
from bench.report.figures.multipliers import data_multipliers
from bench.report.figures.panels import Series
from bench.report.figures.phrase_properties import phrase_properties
from bench.report.figures.reliability import reliability_curves
from bench.report.figures.training import training_curves
from bench.report.figures.variances import variance_bars
from bench.verdicts.look_series import look_series


def figures(analysis: Analysis) -> list[Drawing]:
    """Draw every figure that the run has something for; a trained system has one colour and marker in all of them."""
    trained = dict.fromkeys(point.system for point in analysis.curve if point.fraction is not None)
    series = [Series(name, *look_of(i)) for i, name in enumerate(trained)]
    compared = {gain.system for gain in analysis.gains}
    followed = look_series(analysis.looks)
    with mpl.rc_context(STYLE):
        drawn = [accuracy_curve(analysis, series), forest(analysis, series)]
        if compared:
            drawn.append(gain_curves(analysis, [style for style in series if style.system in compared]))
        if series:
            drawn += [seed_curves(analysis, series), type_curves(analysis, series), learning_curves(analysis, series)]
        drawn += [phrase_properties(analysis, series), reliability_curves(analysis, series)]
        drawn += [data_multipliers(analysis, series), training_curves(analysis, series)]
        drawn.append(variance_bars(analysis, series))
        if analysis.by_size:
            drawn.append(corpus_sizes(analysis))
        if followed:
            drawn.append(look_curves(analysis, followed))
    made = [drawing for drawing in drawn if drawing is not None]
    return [replace(drawing, data=drawing.data.rename(columns=analysis.measure.column)) for drawing in made]
