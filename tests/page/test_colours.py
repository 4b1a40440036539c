"""Text can be read in light and dark, in the figures as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import DARK, WIDE, Browser, View

pytestmark = pytest.mark.page

ENOUGH = 4.5
"""The least contrast of text by WCAG AA."""
FAINT = """
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const luminance = (colour) => {
        const [r, g, b] = channels(colour).slice(0, 3).map((value) => value / 255)
            .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paper = luminance(getComputedStyle(document.body).backgroundColor);
    const contrast = (colour) => {
        const [low, high] = [paper, luminance(colour)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    return [...document.querySelectorAll("svg text")]
        .map((text) => [getComputedStyle(text).fill, text.textContent])
        .filter(([fill]) => contrast(fill) < arguments[0]);
"""


@pytest.mark.parametrize("view", [WIDE, DARK], ids=["light", "dark"])
def test_text_in_figures_stands_out_from_the_page(page: Path, browser: Browser, view: View) -> None:
    browser.open(page, view)
    assert browser.run(FAINT, ENOUGH) == []


@pytest.mark.parametrize(("view", "is_dark"), [(WIDE, False), (DARK, True)], ids=["light", "dark"])
def test_the_page_follows_the_readers_setting(page: Path, browser: Browser, view: View, is_dark: bool) -> None:
    browser.open(page, view)
    background = browser.run("return getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number)")
    assert (max(background) < 64) == is_dark
