"""The page of a run that goes on."""

from __future__ import annotations

import pytest
from browser import Browser, Pages
from selenium.webdriver.common.keys import Keys
from waiting import until

from bench.report.reloading import SECONDS

pytestmark = pytest.mark.page

FASTER = "const slow = setInterval; window.setInterval = (act, wait) => slow(act, wait / 100);"
MARKED = "document.body.dataset.seen = 'yes'"


def seen(browser: Browser) -> bool:
    """Whether the page is still the one that was marked."""
    return browser.run("return document.body.dataset.seen === 'yes'") is True


def wait(browser: Browser) -> None:
    """Let three times the seconds between two loads pass, a hundred times as fast."""
    browser.driver.set_script_timeout(30)
    browser.driver.execute_async_script(f"setTimeout(arguments[0], {3 * SECONDS * 10})")


def test_the_page_loads_itself_again_until_a_reader_switches_that_off(page_of: Pages, browser: Browser) -> None:
    faster = browser.command("Page.addScriptToEvaluateOnNewDocument", source=FASTER)["identifier"]
    try:
        browser.open(page_of("going_on"))
        browser.run(MARKED)
        until(lambda: not seen(browser))
        browser.run("document.querySelector('#reloading input').focus()")
        browser.press(Keys.SPACE)
        browser.run(MARKED)
        wait(browser)
        assert seen(browser)
        browser.driver.refresh()
        assert not browser.run("return document.querySelector('#reloading input').checked")
    finally:
        browser.command("Page.removeScriptToEvaluateOnNewDocument", identifier=faster)
        browser.run("sessionStorage.clear()")


def test_the_page_does_not_load_itself_again_while_something_is_open(page_of: Pages, browser: Browser) -> None:
    faster = browser.command("Page.addScriptToEvaluateOnNewDocument", source=FASTER)["identifier"]
    try:
        browser.open(page_of("going_on"))
        browser.run("document.querySelector('details').open = true")
        browser.run(MARKED)
        wait(browser)
        assert seen(browser)
    finally:
        browser.command("Page.removeScriptToEvaluateOnNewDocument", identifier=faster)
