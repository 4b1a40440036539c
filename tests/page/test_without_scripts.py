"""A page is complete for readers whose browser runs no scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Browser, Pages, View

pytestmark = pytest.mark.page

BARE = View(scripts=False)


def shown(browser: Browser, selector: str) -> list[bool]:
    """Tell of each element whether it is seen."""
    return [element.is_displayed() for element in browser.driver.find_elements("css selector", selector)]


def test_question_answer_curve_and_verdicts_are_there(report: Path, browser: Browser) -> None:
    browser.open(report, BARE)
    for part in ("h1", ".answer", "#curve svg"):
        assert shown(browser, part) == [True], part
    assert all(shown(browser, ".chips a"))


def test_tables_are_there_and_folds_open_without_scripts(page_of: Pages, browser: Browser) -> None:
    browser.open(page_of("plain"), BARE)
    for summary in browser.driver.find_elements("css selector", "summary"):
        if summary.is_displayed():
            browser.driver.execute_cdp_cmd("DOM.enable", {})
            summary.click()
    tables = shown(browser, "table")
    assert len(tables) > 5
    assert all(tables)
