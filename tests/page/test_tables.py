"""Tables sort by a column, by mouse and by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Browser, Pages, View
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.page

CELLS = """
    const table = document.querySelector(`table[aria-labelledby="caption-${arguments[0]}"]`);
    const column = [...table.tHead.rows[0].cells].findIndex((title) => title.textContent === arguments[1]);
    return [...table.tBodies[0].rows].map((row) => row.cells[column].textContent.replaceAll("\\u00a0", " "));
"""
BUTTON = """
    const table = document.querySelector(`table[aria-labelledby="caption-${arguments[0]}"]`);
    for (let part = table; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    const title = [...table.tHead.rows[0].cells].find((title) => title.textContent === arguments[1]);
    title.querySelector("button").focus();
    return title;
"""
MADE = """
    const titles = "<thead><tr><th>Value</th><th>Row</th></tr></thead>";
    document.querySelector("main").innerHTML = `<div class="table"><table>${titles}<tbody></tbody></table></div>`;
    const body = document.querySelector("tbody");
    arguments[0].forEach((text, place) => {
        const row = body.insertRow();
        row.insertCell().textContent = text;
        row.insertCell().textContent = String(place);
    });
    (0, eval)([...document.scripts].at(-1).textContent);
"""


def sort(browser: Browser, table: str, column: str, key: str) -> str | None:
    """Press a key on a column's title and return the order that it then tells."""
    title = browser.run(BUTTON, table, column)
    browser.press(key)
    return title.get_attribute("aria-sort")


def test_a_column_of_numbers_is_sorted_up_and_down_and_put_back(page_of: Pages, browser: Browser) -> None:
    browser.open(page_of("plain"))
    given = browser.run(CELLS, "curve", "refinement")
    numbers = [float(cell.split()[0]) for cell in given]
    assert sort(browser, "curve", "refinement", Keys.ENTER) == "ascending"
    assert [float(cell.split()[0]) for cell in browser.run(CELLS, "curve", "refinement")] == sorted(numbers)
    assert sort(browser, "curve", "refinement", Keys.SPACE) == "descending"
    assert [float(cell.split()[0]) for cell in browser.run(CELLS, "curve", "refinement")] == sorted(numbers)[::-1]
    assert sort(browser, "curve", "refinement", Keys.ENTER) is None
    assert browser.run(CELLS, "curve", "refinement") == given


def test_one_column_at_a_time_tells_its_order(page_of: Pages, browser: Browser) -> None:
    browser.open(page_of("plain"))
    sort(browser, "curve", "sprm", Keys.ENTER)
    assert sort(browser, "curve", "Training images", Keys.ENTER) == "ascending"
    assert browser.run("return document.querySelectorAll('[aria-sort]').length") == 1


@pytest.mark.parametrize(
    ("ascending", "why"),
    [
        (["\u22122.7", "+0.3", "4.2", "11.0"], "signs"),
        (["7", "250", "1,000", "29,783"], "thousands"),
        (["5\u00a0%", "12.5\u00a0%", "100\u00a0%"], "shares"),
        (["3.7 [3.0, 4.5]", "12.0 [\u22121.0, 99.0]"], "intervals come after what counts"),
        (["[\u22121.2, 2.7]", "[0.3, 0.4]"], "intervals alone"),
        (["<\u00a0.001", ".001", ".011", ".39", ">\u00a0.99"], "p-values and their bounds"),
        (["less than 10", "10", "more than 10", "960 [at least 700]"], "bounds"),
        (["250", "500", "all 1,000"], "all of them"),
        (["3", "20", "already", "not reached"], "words after numbers"),
        (["item 2", "item 10", "prior"], "words as people count"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_cells_are_sorted_by_what_they_mean(page_of: Pages, browser: Browser, ascending: list[str], why: str) -> None:
    browser.open(page_of("plain"))
    shuffled = [*ascending[1::2], "\u2013", *ascending[::2]]
    browser.run(MADE, shuffled)
    read = "return [...document.querySelectorAll('td:first-child')].map((cell) => cell.textContent)"
    browser.run("document.querySelector('th button').click()")
    assert browser.run(read) == [*ascending, "\u2013"]
    browser.run("document.querySelector('th button').click()")
    assert browser.run(read) == [*ascending[::-1], "\u2013"], "what is not known is last either way"


def test_rows_that_tie_keep_their_order(page_of: Pages, browser: Browser) -> None:
    browser.open(page_of("plain"))
    browser.run(MADE, ["2", "1", "2", "1", "2"])
    browser.run("document.querySelector('th button').click()")
    order = browser.run("return [...document.querySelectorAll('td:last-child')].map((cell) => cell.textContent)")
    assert order == ["1", "3", "0", "2", "4"]


def test_every_table_with_rows_to_sort_sorts(page: Path, browser: Browser) -> None:
    browser.open(page)
    unsorted = browser.run("""
        return [...document.querySelectorAll("table")].filter((table) => table.tBodies[0].rows.length > 1)
            .filter((table) => ![...table.tHead.rows[0].cells].every((title) => {
                title.querySelector("button").click();
                return title.getAttribute("aria-sort") === "ascending";
            })).map((table) => table.getAttribute("aria-labelledby"));
    """)
    assert unsorted == []


def test_without_scripts_a_title_is_no_button(page: Path, browser: Browser) -> None:
    browser.open(page, View(scripts=False))
    assert browser.driver.find_elements("css selector", "table button") == []
