"""The index of all reports."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import Browser, Pages, View
from hostile_run import QUOTES, TAG
from selenium.webdriver.common.keys import Keys

from sprm.errors import one_line

pytestmark = pytest.mark.page

SHOWN = """
    return [...document.querySelectorAll(".report")].filter((entry) => entry.checkVisibility())
        .map((entry) => entry.querySelector("h3 a").textContent);
"""


def test_every_report_is_reached_from_the_index_whatever_its_folder_is_called(page_of: Pages, browser: Browser) -> None:
    browser.open(page_of("index"))
    links = browser.run(
        "return [...document.querySelectorAll('.report h3 a')].map((link) => [link.textContent, link.href])"
    )
    assert len(links) == 3
    for name, address in links:
        path = Path(unquote(urlsplit(address).path))
        assert path.is_file()
        assert one_line(path.parent.name, 200) == name
    assert browser.run("return document.querySelectorAll('[onerror]').length") == 0


def test_reports_are_filtered_as_one_types(page_of: Pages, browser: Browser) -> None:
    browser.open(page_of("index"))
    browser.run("document.querySelector('.filter input').focus()")
    browser.press(*"Partial:")
    assert len(browser.run(SHOWN)) == 2
    browser.press(*" onerror")
    assert browser.run(SHOWN) == [TAG]
    browser.press(*(Keys.BACKSPACE * len("Partial: onerror")))
    assert QUOTES.replace("/", "") in browser.run(SHOWN)
    assert len(browser.run(SHOWN)) == 3


def test_without_scripts_the_index_has_all_reports_and_no_filter(page_of: Pages, browser: Browser) -> None:
    browser.open(page_of("index"), View(scripts=False))
    assert len(browser.driver.find_elements("css selector", ".report h3 a")) == 3
    assert browser.driver.find_elements("css selector", "input") == []
