"""How wide a text is, and what of it fits."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.textpath import TextPath

ELLIPSIS = "…"


def text_inches(text: str, scale: float = 1.0) -> float:
    """Return the width of a text on one line, in inches.

    Args:
        text: of any characters.
        scale: of its size against that of the figure's text.
    """
    if not text.strip():
        return 0.0
    size = scale * float(mpl.rcParams["font.size"])
    return float(TextPath((0, 0), text, size=size).get_extents().width) / 72


def shortened(text: str, inches: float) -> str:
    """Cut a text on one line to a width, with an ellipsis where something is cut off."""
    text = " ".join(text.split())
    if text_inches(text) <= inches:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if text_inches(text[:middle].rstrip() + ELLIPSIS) <= inches:
            fits = middle
        else:
            too_long = middle
    return text[:fits].rstrip() + ELLIPSIS
