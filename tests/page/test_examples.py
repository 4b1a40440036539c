"""Examples can be filtered, looked through and read without a mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser import NARROW, WIDE, Browser, View
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.page

SHOWN = "return [...document.querySelectorAll('.example')].filter((card) => card.checkVisibility()).length"
STATUS = "return document.querySelector('#examples .shown').textContent"
CASES = "return [...document.querySelectorAll('.example:not([hidden])')].map((card) => card.dataset.cases)"
FOCUS = "document.querySelector(arguments[0]).focus()"


@pytest.fixture
def examples_page(page_of: Callable[[str], Path]) -> Path:
    return page_of("examples")


@pytest.fixture
def opened(examples_page: Path, browser: Browser) -> Browser:
    browser.open(examples_page)
    return browser


def test_twelve_are_shown_first_and_more_on_demand(opened: Browser) -> None:
    assert opened.run(SHOWN) == 12
    opened.run(FOCUS, "#examples .more")
    opened.press(Keys.ENTER)
    assert opened.run(SHOWN) == 24
    assert opened.run("return [...document.querySelectorAll('.example')].indexOf(document.activeElement)") == 12


def test_a_case_is_chosen_by_keyboard_and_counted(opened: Browser) -> None:
    opened.run(FOCUS, "[data-case='hurt']")
    opened.press(Keys.SPACE)
    assert opened.run("return document.activeElement.getAttribute('aria-pressed')") == "true"
    cards = [cases.split()[0] for cases in opened.run(CASES)]
    assert set(cards) == {"hurt"}
    here = opened.run("return document.querySelector('[data-case=hurt] .rate').innerText").split()[0]
    assert opened.run(STATUS).startswith(f"Shown: {min(12, int(here))} of {here} that match")


def test_helped_and_hurt_are_those_of_the_chosen_system(opened: Browser) -> None:
    opened.run(FOCUS, "[data-case='helped']")
    opened.press(Keys.SPACE)
    opened.run(FOCUS, "select[name='system']")
    opened.press(Keys.ARROW_DOWN)
    cards = [cases.split()[1] for cases in opened.run(CASES)]
    assert set(cards) == {"helped"}
    visible = opened.run(
        "return [...document.querySelectorAll('[data-case=helped] .rate')].map((rate) => rate.checkVisibility())"
    )
    assert visible == [False, True]


def test_a_type_leaves_the_examples_of_that_type(opened: Browser) -> None:
    opened.run(FOCUS, "select[name='type']")
    opened.press(Keys.ARROW_DOWN)
    types = opened.run(
        "return [...document.querySelectorAll('.example:not([hidden])')].map((card) => card.dataset.types.split(' '))"
    )
    assert types
    assert all("0" in own for own in types)


def test_a_row_sets_its_box_apart_and_arrow_keys_go_along_the_rows(opened: Browser) -> None:
    opened.run(FOCUS, ".choices li")
    opened.press(Keys.ARROW_DOWN)
    assert opened.run("return document.activeElement.dataset.key") == "1"
    strong = opened.run("""
        return [...document.querySelectorAll(".pointed rect[data-key]")]
            .filter((box) => getComputedStyle(box).opacity === "1").map((box) => box.dataset.key);
    """)
    assert set(strong) == {"1"}
    opened.press(Keys.TAB)
    assert opened.run("return document.querySelectorAll('.pointed').length") <= 1
    assert (
        opened.run("return document.activeElement.closest('.example') === document.querySelector('.example')") is False
    )


def test_a_system_is_left_out_by_the_legend(opened: Browser) -> None:
    opened.run(FOCUS, ".legend input[data-key='2']")
    opened.press(Keys.SPACE)
    drawn = opened.run("""
        return [...document.querySelectorAll(".example [data-key]")]
            .filter((part) => part.checkVisibility()).map((part) => part.dataset.key);
    """)
    assert set(drawn) == {"0", "1", "3", "4", "5"}


def test_without_scripts_the_first_are_shown_and_the_others_folded(examples_page: Path, browser: Browser) -> None:
    browser.open(examples_page, View(scripts=False))
    assert browser.run(SHOWN) == 24
    assert browser.run("return document.querySelector('.filters').checkVisibility()") is False


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pictures_are_drawn_in_their_cards(examples_page: Path, browser: Browser, view: View) -> None:
    browser.open(examples_page, view)
    sizes = browser.run("""
        return [...document.querySelectorAll(".example:not([hidden]) use")].map((use) => use.getBBox().width);
    """)
    assert len(sizes) == 12
    assert min(sizes) > 100
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")


def test_printed_there_are_cards_and_no_controls(examples_page: Path, browser: Browser) -> None:
    browser.open(examples_page, View(printed=True))
    assert browser.run(SHOWN) == 12
    visible = browser.run("""
        return [...document.querySelectorAll(".filters, .more, .legend input")].some((part) => part.checkVisibility());
    """)
    assert visible is False
