"""The figures answer to the pointer and to the keyboard, with the numbers of the tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from browser import WIDE, Browser, Pages, View
from selenium.webdriver.common.keys import Keys

from bench.text.numbers import percent

pytestmark = pytest.mark.page

READOUT = "return document.querySelector('#curve .readout').textContent"
FOCUS = "document.querySelector('#curve svg').focus({focusVisible: true})"
POINTS = """
    return [...document.querySelectorAll("#curve .points circle")].map((circle) => {
        const {left, top, width, height} = circle.getBoundingClientRect();
        const {name} = circle.parentNode.dataset;
        return {series: name, x: left + width / 2, y: top + height / 2, text: circle.textContent};
    });
"""
DRAWN = """
    const number = [...document.querySelectorAll("#curve .points > g")]
        .find((group) => group.dataset.name === arguments[0]).dataset.series;
    return [...document.querySelectorAll(`#curve svg [data-series="${number}"]`)].map((part) => {
        const style = getComputedStyle(part);
        return {shown: style.display !== "none", opacity: Number(style.opacity)};
    });
"""


@pytest.fixture
def curve(page_of: Pages, browser: Browser) -> Path:
    """The report of a small, plain run, freshly opened; its folder."""
    browser.open(page_of("plain"))
    return page_of("plain").parent


def told(folder: Path, system: str) -> list[str]:
    """What each point of a trained system should say, by the report's table."""
    table = pd.read_csv(folder / "tables" / "curve.csv", dtype={"fraction": str})
    return [
        f"{percent(row.accuracy)}\u00a0% [{percent(row.low)}, {percent(row.high)}], {row.seeds} seeds"
        for row in table[table["system"] == system].itertuples()
    ]


def test_arrow_keys_walk_along_a_system_with_the_numbers_of_the_table(curve: Path, browser: Browser) -> None:
    browser.run(FOCUS)
    read = [browser.run(READOUT)]
    for _ in range(2):
        browser.press(Keys.ARROW_RIGHT)
        read.append(browser.run(READOUT))
    assert [text.partition(": ")[2] for text in read] == told(curve, "sprm")
    assert read[0].startswith("sprm, 100 images (10\u00a0%): ")
    assert read[-1].startswith("sprm, all 1,000 images: ")


def test_walking_ends_at_the_smallest_and_at_the_largest_amount(curve: Path, browser: Browser) -> None:
    browser.run(FOCUS)
    browser.press(Keys.END, Keys.ARROW_RIGHT)
    assert "all 1,000 images" in browser.run(READOUT)
    browser.press(Keys.HOME, Keys.ARROW_LEFT)
    assert "100 images" in browser.run(READOUT)


def test_arrow_keys_change_to_the_system_above_or_below(curve: Path, browser: Browser) -> None:
    browser.run(FOCUS)
    browser.press(Keys.ARROW_DOWN)
    below = browser.run(READOUT)
    browser.press(Keys.ARROW_UP, Keys.ARROW_UP)
    above = browser.run(READOUT)
    assert below.startswith("prior, not trained: ")
    assert above.startswith("upper bound, not trained: ")


def test_escape_clears_the_values(curve: Path, browser: Browser) -> None:
    hint = browser.run(READOUT)
    browser.run(FOCUS)
    assert browser.run(READOUT) != hint
    browser.press(Keys.ESCAPE)
    assert browser.run(READOUT) == hint


def test_a_figure_is_one_stop_of_the_tab_key(curve: Path, browser: Browser) -> None:
    assert browser.run("return document.querySelectorAll('#curve svg, #curve svg [tabindex]').length") == 1
    browser.run(FOCUS)
    browser.press(Keys.TAB)
    assert browser.run("return document.activeElement.textContent") == "sprm"


def test_the_pointer_reads_the_nearest_point_and_sets_its_system_apart(curve: Path, browser: Browser) -> None:
    browser.run("document.querySelector('#curve').scrollIntoView()")
    for point in browser.run(POINTS):
        if point["series"] in ("sprm", "refinement"):
            browser.point_at(point["x"] + 1, point["y"] + 1)
            assert browser.run(READOUT) == point["text"]
            other = "refinement" if point["series"] == "sprm" else "sprm"
            assert all(part["opacity"] == 1 for part in browser.run(DRAWN, point["series"]))
            assert all(part["opacity"] < 0.5 for part in browser.run(DRAWN, other))
    browser.point_at(1, 1)
    assert all(part["opacity"] == 1 for part in browser.run(DRAWN, "sprm"))


def test_a_system_is_hidden_and_shown_again_by_its_button(curve: Path, browser: Browser) -> None:
    browser.run(FOCUS)
    browser.press(Keys.TAB, Keys.SPACE)
    assert len(browser.run(DRAWN, "sprm")) == 4, "line, bars, name and targets"
    assert not any(part["shown"] for part in browser.run(DRAWN, "sprm"))
    assert browser.run("return document.activeElement.getAttribute('aria-pressed')") == "false"
    browser.run(FOCUS)
    assert browser.run(READOUT).startswith("refinement"), "what is hidden is passed over"
    browser.press(Keys.TAB, Keys.ENTER)
    assert all(part["shown"] for part in browser.run(DRAWN, "sprm"))
    assert browser.run("return document.activeElement.getAttribute('aria-pressed')") == "true"


def test_every_figure_with_points_is_read_by_keyboard(report: Path, browser: Browser) -> None:
    browser.open(report)
    browser.run("for (const folded of document.querySelectorAll('details')) folded.open = true")
    unread = browser.run("""
        const keys = ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "End", "Home"];
        return [...document.querySelectorAll("figure svg")].filter((svg) => svg.querySelector(".points circle"))
            .filter((svg) => {
                const titles = new Set([...svg.querySelectorAll(".points title")].map((title) => title.textContent));
                svg.focus({focusVisible: true});
                return !keys.every((key) => {
                    svg.dispatchEvent(new KeyboardEvent("keydown", {key}));
                    return titles.has(svg.parentNode.querySelector(".readout").textContent);
                });
            }).map((svg) => svg.getAttribute("aria-label"));
    """)
    assert unread == []


@pytest.mark.parametrize("still", [True, False])
def test_nothing_moves_for_a_reader_who_asks_for_little_motion(page_of: Pages, browser: Browser, still: bool) -> None:
    browser.open(page_of("plain"), View(still=still))
    moving = browser.run("""
        return [...document.querySelectorAll("*")].some((element) => {
            const style = getComputedStyle(element);
            return style.animationName !== "none" || style.transitionDuration.split(", ").some((time) => time !== "0s");
        });
    """)
    assert moving is not still


def test_without_scripts_each_point_has_its_values_as_a_tooltip(page_of: Pages, browser: Browser) -> None:
    browser.open(page_of("plain"), View(scripts=False))
    assert browser.driver.find_elements("css selector", ".readout, .legend, [tabindex='0'] svg") == []
    titles = [
        title.get_attribute("textContent") for title in browser.driver.find_elements("css selector", "#curve title")
    ]
    for text in told(page_of("plain").parent, "refinement"):
        assert any(title.startswith("refinement, ") and title.endswith(text) for title in titles)
    browser.open(page_of("plain"), WIDE)
