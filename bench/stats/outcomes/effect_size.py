"""The size of a difference between two accuracies on a scale that does not shrink towards 0 and 1."""

from __future__ import annotations

from math import asin, sqrt


def cohens_h(accuracy_a: float, accuracy_b: float) -> float:
    """Return the difference of two shares on the arcsine scale; 0.2, 0.5 and 0.8 pass for small, medium and large.

    h = 2 asin(sqrt a) - 2 asin(sqrt b). Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, ch. 6.

    Args:
        accuracy_a: in [0, 1]; NaN gives NaN.
        accuracy_b: in [0, 1]; NaN gives NaN.

    Raises:
        ValueError: an accuracy is outside [0, 1].
    """
    if any(accuracy < 0 or accuracy > 1 for accuracy in (accuracy_a, accuracy_b)):
        raise ValueError(f"expected accuracies in [0, 1], got {accuracy_a} and {accuracy_b}")
    return 2 * asin(sqrt(accuracy_a)) - 2 * asin(sqrt(accuracy_b))
