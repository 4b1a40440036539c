"""What would narrow the interval of an accuracy, in words."""

from __future__ import annotations

from bench.report.analyse import Analysis
from bench.text.numbers import amount, count, percent


def variance_statements(analysis: Analysis) -> list[str]:
    """State where the variance of the first trained system's accuracy comes from at its largest amount of data.

    Nothing where no variance can be split: with one seed, or without spread.
    """
    if not analysis.variances:
        return []
    own = [shares for shares in analysis.variances if shares.system == analysis.variances[0].system][-1]
    by_seed, by_image, by_both = (percent(share) for share in own.shares)
    narrower = "more test images" if own.by_image >= own.by_seed else "more seeds"
    return [
        f"Variance of the {analysis.measure} of {own.system} with {amount(own.fraction)} ({own.seeds} seeds, "
        f"{count(own.images)} test images): {by_image} % comes from the test images, {by_seed} % from the seeds and "
        f"{by_both} % from both together.",
        f"So {narrower} would narrow its interval most.",
    ]
