"""What would narrow the interval of an accuracy, in words."""

from __future__ import annotations

from bench.analysis.variance_shares import SeedParts, VarianceShares
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
        *([] if own.of_seeds is None else _of_seeds(own, own.of_seeds)),
    ]


def _of_seeds(own: VarianceShares, parts: SeedParts) -> list[str]:
    trainings = parts.subsets * parts.initialisations
    by = (
        f"by all {trainings} trainings, of {parts.subsets} subsets with each of {parts.initialisations} initialisations"
    )
    if not own.by_seed:
        return [f"What comes from the seeds is too little to be split into subset and initialisation ({by})."]
    by_seed, by_subset, by_initialisation, by_pair = (percent(share) for share in (own.shares[0], *own.finest[:3]))
    return [
        f"The {by_seed} % of the seeds consist of {by_subset} % from the subset, {by_initialisation} % from the "
        f"initialisation (initial weights and batch order) and {by_pair} % from both. These shares are estimated {by}."
    ]
