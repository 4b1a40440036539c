"""What readers see first, and on a small screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import NARROW, WIDE, Browser, Pages, View

pytestmark = pytest.mark.page

LARGEST_BOTTOM = """
    return Math.max(...[...document.querySelectorAll(arguments[0])].map((part) => part.getBoundingClientRect().bottom));
"""


@pytest.mark.parametrize("width", [320, 390, 800, 1100])
def test_no_page_is_wider_than_the_screen(page: Path, browser: Browser, width: int) -> None:
    browser.open(page, View(width=width))
    browser.run("for (const folded of document.querySelectorAll('details')) folded.open = true")
    assert browser.run("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", ["reference", "paper_scale", "photographs"])
def test_the_first_screen_has_question_answer_curve_and_verdicts(
    page_of: Pages, browser: Browser, name: str, view: View
) -> None:
    browser.open(page_of(name), view)
    bottoms = {part: browser.run(LARGEST_BOTTOM, part) for part in ("h1", ".answer", "#curve svg", ".chips a")}
    assert {part: bottom for part, bottom in bottoms.items() if not 0 < bottom <= view.height} == {}


def test_the_accuracy_curve_is_drawn_in_the_page_before_any_table(report: Path, browser: Browser) -> None:
    browser.open(report)
    assert browser.run("""
        const curve = document.querySelector("#curve svg");
        return [...document.querySelectorAll("table")]
            .every((table) => curve.compareDocumentPosition(table) & Node.DOCUMENT_POSITION_FOLLOWING);
    """)


@pytest.mark.parametrize("name", ["partial", "failed", "hostile"])
def test_what_is_missing_is_told_before_the_answer(page_of: Pages, browser: Browser, name: str) -> None:
    browser.open(page_of(name))
    assert browser.run("""
        const missing = document.querySelector(".banner.alert"), answer = document.querySelector(".answer");
        return Boolean(missing.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING);
    """)
