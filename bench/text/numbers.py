"""How the report writes numbers. Accuracies are shares in [0, 1] and are shown in percent or in points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from bench.analysis.fraction import Fraction
    from bench.stats import Estimate

MINUS = "−"
NONE = "–"


def percent(share: float) -> str:
    """Write a share in percent to one decimal, without the sign: 0.5734 is `57.3`."""
    return NONE if isnan(share) else f"{100 * share:.1f}".replace("-", MINUS)


def points(difference: float) -> str:
    """Write a difference of shares in percentage points to one decimal: -0.0081 is `−0.8`."""
    text = percent(difference)
    return "0.0" if text == f"{MINUS}0.0" else text


def signed(difference: float) -> str:
    """Write a difference in points with its sign: 0.0423 is `+4.2`."""
    text = points(difference)
    return text if text in ("0.0", NONE) or text.startswith(MINUS) else f"+{text}"


def tenths(number: float) -> str:
    """Write a mean of counts to one decimal: 12.4 is `12.4`, 3 is `3.0`."""
    return points(number / 100)


def signed_count(number: float) -> str:
    """Write a difference of mean counts to one decimal with its sign: 4.2 is `+4.2`."""
    return signed(number / 100)


def exact_points(margin: float) -> str:
    """Write a margin in points with no more decimals than it has: 0.02 is `2`, 0.015 is `1.5`."""
    return f"{100 * margin:.6g}"


def probability(p: float) -> str:
    """Write a p-value: `< .001`, `.011`, `.39`; three decimals below .1, never rounded to 0 or 1."""
    if isnan(p):
        return NONE
    if p < 0.001:
        return "< .001"
    if p > 0.99:
        return "> .99"
    return f"{p:.3f}"[1:] if p < 0.1 else f"{p:.2f}"[1:]


def p_statement(p: float) -> str:
    """Write a p-value as a statement: `p = .011`, `p < .001`."""
    text = probability(p)
    return f"p {text}" if text[0] in "<>" else f"p = {text}"


def interval(estimate: Estimate) -> str:
    """Write an accuracy's interval in percent, `[55.9, 58.7]`, cut at 0 and 100; a dash when there is none."""
    if not estimate.status.has_interval:
        return NONE
    return cut(estimate.low, estimate.high)


def cut(low: float, high: float) -> str:
    """Write the ends of an interval of accuracies in percent, cut at 0 and 100: `[55.9, 58.7]`."""
    return f"[{percent(max(0.0, low))}, {percent(min(1.0, high))}]"


def span(low: float, high: float) -> str:
    """Write the ends of an interval of differences, `−0.1 to 1.6`."""
    return f"{points(low)} to {points(high)}"


def count(number: int) -> str:
    """Write a whole number with thousands set off: `29,783`."""
    return f"{number:,}"


def images(number: int) -> str:
    """Write a number of images: `1 image`, `1,000 images`."""
    return f"{count(number)} image" if number == 1 else f"{count(number)} images"


def hypotheses(number: int) -> str:
    """Write a number of hypotheses: `1 hypothesis`, `12 hypotheses`."""
    return f"{count(number)} {'hypothesis' if number == 1 else 'hypotheses'}"


def share(value: float) -> str:
    """Write a share of the training set in percent: 0.05 is `5 %`."""
    return f"{100 * value:.3g} %"


def share_of(fraction: Fraction) -> str:
    """Write an amount's share of the training images as it was asked for: 30 of 29,783 images may be `0.1 %`."""
    try:
        return share(float(fraction.label))
    except ValueError:
        return share(fraction.share)


def amount(fraction: Fraction) -> str:
    """Write an amount of training data: `250 images (25 %)`, or `all 1,000 images`."""
    if fraction.share == 1:
        return f"all {images(fraction.images)}"
    return f"{images(fraction.images)} ({share_of(fraction)})"


def listed(words: Sequence[str]) -> str:
    """Join words as in a sentence: `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def setting(value: object) -> str:
    """Word the value of a setting: `0.001`, `soft`, `labels false`."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {setting(own)}" for name, own in value.items()) or "as published"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
