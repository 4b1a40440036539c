"""Lengths of time, as a person would say them."""

from __future__ import annotations


def spoken(seconds: float) -> str:
    """Return a duration to two units at most: `under 1 s`, `8 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`."""
    whole = round(seconds)
    for large, small, size, factor in (("d", "h", 86400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if whole >= size:
            first, rest = divmod(round(whole / factor), size // factor)
            return f"{first} {large} {rest} {small}" if rest else f"{first} {large}"
    return f"{whole} s" if whole else "under 1 s"


def estimated(seconds: float) -> str:
    """Return an estimate of a duration: `about 5 min`, `under 1 s`."""
    return f"about {spoken(seconds)}" if round(seconds) else spoken(seconds)
