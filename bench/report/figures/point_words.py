"""What a point of a figure says of itself, in one line: series, amount of data, value with its interval, seeds."""

from __future__ import annotations

from math import isnan

from bench.analysis.efficiency import Multiplier
from bench.analysis.fraction import Fraction
from bench.analysis.phrase_properties import PropertyPoint
from bench.stats import Estimate, Interval
from bench.text.curve_words import needed_cell, times
from bench.text.numbers import amount, count, cut, percent, signed


def accuracy_told(what: str, fraction: Fraction, accuracy: Estimate) -> str:
    """Write a trained system's accuracy: `sprm, 250 images (25 %): 54.3 % [52.1, 56.5], 5 seeds`."""
    return f"{what}, {amount(fraction)}: {_percentage(accuracy)}, {_seeds(accuracy)}"


def untrained_told(what: str, accuracy: Estimate) -> str:
    """Write the accuracy of a system that is not trained: `prior, not trained: 52.0 % [50.1, 53.9]`."""
    return f"{what}, not trained: {_percentage(accuracy)}"


def trial_told(what: str, fraction: Fraction, seed: int, accuracy: float) -> str:
    """Write the accuracy of one trial: `sprm, 250 images (25 %), seed 3: 54.9 %`."""
    return f"{what}, {amount(fraction)}, seed {seed}: {percent(accuracy)} %"


def difference_told(what: str, fraction: Fraction, difference: Estimate) -> str:
    """Write a difference: `sprm − prior, 250 images (25 %): +2.3 points [+1.5, +3.1], 5 seeds`."""
    ends = f" [{signed(difference.low)}, {signed(difference.high)}]" if difference.status.has_interval else ""
    return f"{what}, {amount(fraction)}: {signed(difference.estimate)} points{ends}, {_seeds(difference)}"


def band_told(what: str, fraction: Fraction, accuracy: Estimate, band: Interval) -> str:
    """Write an accuracy with its band: `sprm, 250 images (25 %): 54.3 %, band [51.8, 56.8], 5 seeds`."""
    ends = "" if isnan(band.low) else f", band {cut(band.low, band.high)}"
    return f"{what}, {amount(fraction)}: {percent(accuracy.estimate)} %{ends}, {_seeds(accuracy)}"


def multiple_told(multiplier: Multiplier) -> str:
    """Write a multiplier: `refinement to match sprm with 250 images (25 %): 2.40 [1.90, 3.10] times the images`."""
    what = f"{multiplier.rival} to match {multiplier.system} with {amount(multiplier.fraction)}"
    return f"{what}: {needed_cell(multiplier.needed, times)} times the images"


def property_told(what: str, who: str, point: PropertyPoint) -> str:
    """Write an accuracy on one bin of phrases: `words 3, sprm, 250 images: 54.3 % [52.1, 56.5], 4,037 phrases`."""
    return f"{what}, {who}: {_percentage(point.accuracy)}, {count(round(point.phrases))} phrases"


def epoch_told(what: str, fraction: Fraction, epoch: int, measured: str, seeds: int) -> str:
    """Write a mean over seeds: `sprm, 250 images (25 %), epoch 3: training loss 0.213, mean of 5 seeds`."""
    over = f", mean of {seeds} seeds" if seeds > 1 else ", 1 seed"
    return f"{what}, {amount(fraction)}, epoch {epoch}: {measured}{over}"


def _percentage(accuracy: Estimate) -> str:
    ends = f" {cut(accuracy.low, accuracy.high)}" if accuracy.status.has_interval else ""
    return f"{percent(accuracy.estimate)} %{ends}"


def _seeds(estimate: Estimate) -> str:
    return "1 seed" if estimate.seeds == 1 else f"{estimate.seeds} seeds"
