"""Pages are for everybody, by the rules of axe-core: WCAG 2.1 AA, and what is good practice."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import CONTRAST, DARK, NARROW, WIDE, Browser, View

pytestmark = pytest.mark.page

UNFOLD = "for (const folded of document.querySelectorAll('details')) folded.open = true"


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_page_breaks_no_rule_of_accessibility(page: Path, browser: Browser, view: View) -> None:
    browser.open(page, view)
    browser.run(UNFOLD)
    assert browser.violations() == []


def test_text_stands_out_in_the_dark(page: Path, browser: Browser) -> None:
    browser.open(page, DARK)
    browser.run(UNFOLD)
    assert browser.violations(CONTRAST) == []
