"""What data say is shown as text, whatever it looks like."""

from __future__ import annotations

import pytest
from browser import DARK, Browser, Pages, View
from hostile_run import RIGHT_TO_LEFT, TAG, TEXTS, UNBROKEN

pytestmark = pytest.mark.page

SHOWN = """
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walk.nextNode()) texts.push(walk.currentNode.data.replace(/\\s+/g, " "));
    return texts.join("\\n");
"""


@pytest.mark.parametrize("view", [View(), View(scripts=False), DARK], ids=["light", "bare", "dark"])
def test_hostile_text_does_no_harm(page_of: Pages, browser: Browser, view: View) -> None:
    browser.open(page_of("hostile"), view)
    browser.run("for (const folded of document.querySelectorAll('details')) folded.open = true")
    assert browser.run("return window.harmed ?? null") is None
    assert browser.run(
        "return document.querySelectorAll('[onerror], img[src=\"x\"], main script, main style').length"
    ) <= (browser.run("return document.querySelectorAll('figure svg style').length"))


@pytest.mark.parametrize("text", TEXTS, ids=["tag", "script", "quotes", "right-to-left", "emoji", "long", "unbroken"])
def test_hostile_text_is_shown_as_it_is(page_of: Pages, browser: Browser, text: str) -> None:
    browser.open(page_of("hostile"))
    assert " ".join(text.split()) in browser.run(SHOWN)


def test_the_error_of_a_failed_trial_is_shown_as_text(page_of: Pages, browser: Browser) -> None:
    browser.open(page_of("hostile"))
    error = browser.run("return document.querySelector('#missing code').textContent")
    assert error.startswith(" ".join(TEXTS)[:150])


@pytest.mark.parametrize("name", [TAG, RIGHT_TO_LEFT, UNBROKEN], ids=["tag", "right-to-left", "unbroken"])
def test_the_values_of_a_point_are_read_out_as_text(page_of: Pages, browser: Browser, name: str) -> None:
    browser.open(page_of("hostile"))
    read = browser.run(
        """
        const title = [...document.querySelectorAll(".points title")]
            .find((title) => title.textContent.startsWith(arguments[0]));
        const {left, top} = title.parentNode.getBoundingClientRect();
        const at = {clientX: left + 8, clientY: top + 8, bubbles: true};
        title.parentNode.dispatchEvent(new PointerEvent("pointermove", at));
        const readout = title.closest("figure").querySelector(".readout");
        return {elements: readout.childElementCount, text: readout.textContent};
        """,
        name,
    )
    assert read["elements"] == 0
    assert read["text"]
