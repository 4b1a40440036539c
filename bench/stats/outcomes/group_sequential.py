"""Tests at several numbers of seeds, of which the first that decides may end the study.

Lan and DeMets' alpha spending (Discrete sequential boundaries for clinical trials, Biometrika 1983) with their
O'Brien-Fleming-type function: of a one-sided level a, the share a*(t) = 2 - 2 Phi(z_(1-a/2) / sqrt(t)) may be spent by
the time t, the seeds of a look over those of the last. Each look has a nominal level at which its p-value is tested,
such that the chance of rejecting a true hypothesis at any look is a.

The levels are those of statistics whose information grows with the number of seeds: Corr(Z_j, Z_k) = sqrt(n_j / n_k).
With crossed seeds and images, an estimate of n seeds has the variance V_n = A + B / n. A comes from the images, which
all looks share, so Cov(theta_j, theta_k) = V_k for j < k, and Corr(Z_j, Z_k) = sqrt(V_k / V_j), which without A is
sqrt(n_j / n_k), and with it is greater. The more alike statistics are, the less likely is any of them beyond its bound
while each keeps its own level (Slepian, The one-sided barrier problem for Gaussian noise, 1962). So the levels hold
whatever the images' share is, and are known before any trial.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil, exp, isnan, log, sqrt

import numpy as np
import scipy
from numpy.typing import NDArray

LOWEST = -8.0
"""Standard deviations below which no statistic lies but for rounding."""
HIGHEST = 33.7
"""Beyond this a level is too small to be a number of use, and below `SMALLEST`."""
NODES_A_WIDTH = 8
"""Points of integration within a standard deviation of what is added between two looks."""
FEWEST_NODES, MOST_NODES = 128, 3000
CLOSEST = (NODES_A_WIDTH * -2 * LOWEST / MOST_NODES) ** 2
"""Between two looks, as a share of the seeds of the earlier one: what the integration resolves with the most points."""
SMALLEST, LARGEST = 1e-250, 1 - 1e-12
"""Between these a p-value is told from 0 and from 1."""


@dataclass(frozen=True)
class Look:
    """One look of a plan; a fixed design is a plan of one look, whose levels and p-values are the usual ones.

    Attributes:
        looks: seeds of every look of the plan, ascending.
        number: of this look, from 1.
    """

    looks: tuple[int, ...]
    number: int

    @property
    def seeds(self) -> int:
        """Seeds of this look."""
        return self.looks[self.number - 1]

    @property
    def is_planned(self) -> bool:
        """Whether there is more than one look."""
        return len(self.looks) > 1

    @property
    def is_last(self) -> bool:
        """Whether no other look follows."""
        return self.number == len(self.looks)

    @property
    def last(self) -> Look:
        """The last look of the plan."""
        return Look(self.looks, len(self.looks))

    def level(self, alpha: float) -> float:
        """Return the nominal one-sided level of this look, at which its own p-value is tested.

        Args:
            alpha: one-sided level of the whole plan, in (0, 1).
        """
        if not 0 < alpha < 1:
            raise ValueError(f"expected a level in (0, 1), got {alpha}")
        return nominal_levels(self.looks, alpha)[self.number - 1]

    def two_sided_level(self, alpha: float) -> float:
        """Return the nominal two-sided level of this look; each side has half of the plan's level."""
        return 2 * self.level(alpha / 2)

    def sequential_p(self, p: float) -> float:
        """Return the smallest one-sided level of the whole plan at which a p-value is rejected at this look.

        Held against any level, it decides as the look's own p-value against its nominal level; so it can be adjusted
        for a family like any p-value. Liu & Anderson, On adaptive extensions of group sequential trials for clinical
        investigations, JASA 2008.

        Args:
            p: one-sided, of this look's own test; NaN stays so.
        """
        if not self.is_planned or isnan(p):
            return p
        if p >= self.level(LARGEST):
            return 1.0
        sought = log(max(p, SMALLEST))

        def beyond(alpha: float) -> float:
            return log(max(self.level(exp(alpha)), SMALLEST / 2)) - sought

        # The whole level is no less than what is spent at one look; at the last it may be as good as that.
        return exp(sought if beyond(sought) >= 0 else scipy.optimize.brentq(beyond, sought, log(LARGEST)))

    def two_sided_p(self, p: float) -> float:
        """Return the same of a two-sided p-value, each side having half of the plan's level."""
        return min(2 * self.sequential_p(p / 2), 1.0) if self.is_planned else p


ONCE = Look((1,), 1)
"""The only look of a study that is tested once, whatever its number of seeds."""


def spent(alpha: float, time: float) -> float:
    """Return what may be spent of a one-sided level by some time, by the O'Brien-Fleming-type function.

    Args:
        alpha: one-sided level of the whole plan, in (0, 1).
        time: share of the seeds, in (0, 1].
    """
    return alpha if time == 1 else float(2 * scipy.special.ndtr(scipy.special.ndtri(alpha / 2) / sqrt(time)))


def fewest_seeds_after(seeds: int) -> int:
    """Return the seeds that a look needs at least whose level can be found, after a look with so many."""
    return seeds + max(ceil(CLOSEST * seeds), 1)


@lru_cache(maxsize=4096)
def nominal_levels(looks: tuple[int, ...], alpha: float) -> tuple[float, ...]:
    """Return the one-sided nominal level of each look of a plan.

    With f_k(z) the density at look k of not having been rejected before, and c_k its bound, the chance of rejecting at
    look k for the first time is the integral over u < c_(k-1) of f_(k-1)(u) P(Z_k > c_k | Z_(k-1) = u), by
    Gauss-Legendre quadrature (Armitage, McPherson & Rowe 1969; Jennison & Turnbull 2000, ch. 19).

    Args:
        looks: seeds of each look, ascending.
        alpha: one-sided level of the whole plan, in (0, 1).

    Raises:
        ValueError: two looks are closer than can be told apart, see `fewest_seeds_after`.
    """
    for earlier, now in pairwise(looks):
        if now < fewest_seeds_after(earlier):
            raise ValueError(f"expected {fewest_seeds_after(earlier)} seeds or more after {earlier}, got {now}")
    if len(looks) == 1:
        return (alpha,)
    levels = [max(spent(alpha, looks[0] / looks[-1]), float(scipy.special.ndtr(-HIGHEST)))]
    bound = -float(scipy.special.ndtri(levels[0]))
    nodes: NDArray[np.float64] | None = None
    mass = np.empty(0)
    for place in range(1, len(looks)):
        earlier, now = looks[place - 1], looks[place]
        width = sqrt((now - earlier) / earlier)
        grid, weights = _grid(bound, width)
        if nodes is None:
            density = np.exp(-(grid**2) / 2) / sqrt(2 * np.pi)
        else:
            before = looks[place - 2]
            density = _density(grid, earlier, nodes, before) @ mass
        nodes, mass = grid, weights * density
        increment = spent(alpha, now / looks[-1]) - spent(alpha, earlier / looks[-1])
        bound = _bound(nodes, mass, earlier, now, increment)
        levels.append(float(scipy.special.ndtr(-bound)))
    return tuple(levels)


def _grid(bound: float, width: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points below a bound and their weights, fine enough for a kernel of some width."""
    high = min(bound, -LOWEST)
    low = min(LOWEST, high - 1)
    number = min(max(ceil(NODES_A_WIDTH * (high - low) / width), FEWEST_NODES), MOST_NODES)
    points, weights = _legendre(number)
    return (high + low) / 2 + (high - low) / 2 * points, (high - low) / 2 * weights


@lru_cache(maxsize=32)
def _legendre(number: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return scipy.special.roots_legendre(number)


def _density(at: NDArray[np.float64], now: int, earlier_at: NDArray[np.float64], earlier: int) -> NDArray[np.float64]:
    """Return the density of a look's statistic, given that of the one before: (now, earlier)."""
    scale = sqrt((now - earlier) / now)
    distance = (at[:, None] - sqrt(earlier / now) * earlier_at) / scale
    return np.exp(-(distance**2) / 2) / (scale * sqrt(2 * np.pi))


def _bound(nodes: NDArray[np.float64], mass: NDArray[np.float64], earlier: int, now: int, increment: float) -> float:
    """Return the bound beyond which a look's statistic lies, and none before it, with a chance."""
    scale, pull = sqrt((now - earlier) / now), sqrt(earlier / now)

    def excess(bound: float) -> float:
        return float(mass @ scipy.special.ndtr((pull * nodes - bound) / scale)) - increment

    if excess(LOWEST) <= 0:
        return LOWEST
    return float(scipy.optimize.brentq(excess, LOWEST, HIGHEST, xtol=1e-12)) if excess(HIGHEST) < 0 else HIGHEST
