"""Pages are for everybody, by the rules of axe-core: WCAG 2.1 AA, and what is good practice."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import DARK, NARROW, WIDE, Browser, View

pytestmark = pytest.mark.page


@pytest.mark.parametrize("view", [WIDE, NARROW, DARK], ids=["wide", "narrow", "dark"])
def test_a_page_breaks_no_rule_of_accessibility(page: Path, browser: Browser, view: View) -> None:
    browser.open(page, view)
    browser.run("for (const folded of document.querySelectorAll('details')) folded.open = true")
    assert browser.violations() == []
