"""What a page looks like on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Browser, View

pytestmark = pytest.mark.page

# The width of A4 between margins of 1 cm.
PAPER = View(width=718, height=1047, printed=True)


def test_everything_folded_is_printed(page: Path, browser: Browser) -> None:
    browser.open(page, PAPER)
    folded = browser.run("""
        return [...document.querySelectorAll("details")].filter((details) => {
            const content = [...details.children].filter((child) => child.tagName !== "SUMMARY");
            return content.some((child) => child.getClientRects().length && !child.checkVisibility());
        }).map((details) => details.textContent.slice(0, 60));
    """)
    assert folded == []


def test_nothing_is_cut_off_on_paper(page: Path, browser: Browser) -> None:
    browser.open(page, PAPER)
    cut = browser.run("""
        return [...document.querySelectorAll(".table, pre, main, figure, td, th")]
            .filter((part) => part.clientWidth > 0)
            .filter((part) => part.scrollWidth > part.clientWidth + 1
                || part.getBoundingClientRect().right > innerWidth)
            .map((part) => `${part.tagName} ${part.textContent.trim().slice(0, 80)}`);
    """)
    assert cut == []


def test_what_only_a_screen_can_do_is_not_printed(page: Path, browser: Browser) -> None:
    browser.open(page, PAPER)
    shown = browser.run("""
        return [...document.querySelectorAll("button:not(.sort), .readout, .skip, input, select")]
            .filter((part) => part.checkVisibility()).map((part) => part.textContent);
    """)
    assert shown == []
    titles = browser.run("""
        return [...document.querySelectorAll(".sort")]
            .map((title) => [getComputedStyle(title).display, getComputedStyle(title, "::after").content]);
    """)
    assert {tuple(title) for title in titles} <= {("contents", "none")}, "a button keeps titles from later sheets"


def test_a_page_prints(page: Path, browser: Browser) -> None:
    browser.open(page)
    assert browser.command("Page.printToPDF", printBackground=True)["data"].startswith("JVBERi0"), "%PDF- in base64"
