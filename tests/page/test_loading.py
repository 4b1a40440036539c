"""A page needs nothing beside itself."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from browser import DARK, NARROW, WIDE, Browser, View

pytestmark = pytest.mark.page

RESOURCES = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
ADDRESS = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


class References(HTMLParser):
    """Collects the values of all attributes that make a browser load or go to something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"href", "src", "xlink:href", "srcset", "action", "poster", "data", "background", "formaction", "ping"}
        self.found += [value or "" for name, value in attrs if name in names]


@pytest.mark.parametrize("view", [WIDE, NARROW, DARK], ids=["wide", "narrow", "dark"])
def test_a_page_asks_for_nothing_and_has_nothing_to_complain_of(page: Path, browser: Browser, view: View) -> None:
    browser.open(page, view)
    browser.run("for (const folded of document.querySelectorAll('details')) folded.open = true")
    assert [name for name in browser.run(RESOURCES) if not name.startswith("data:")] == []
    assert browser.requests() == []
    assert browser.messages() == []


def test_a_page_refers_to_its_own_parts_and_to_files_beside_it_alone(page: Path) -> None:
    references = References()
    references.feed(page.read_text(encoding="utf-8"))
    elsewhere = [name for name in references.found if ADDRESS.match(name) and not name.startswith("data:image/")]
    assert elsewhere == []
    files = {name.partition("#")[0] for name in references.found if not name.startswith(("data:", "#"))}
    assert [name for name in sorted(files) if not (page.parent / unquote(name)).is_file()] == []


def test_every_fragment_that_a_page_refers_to_is_one_of_its_elements(page: Path, browser: Browser) -> None:
    browser.open(page)
    missing = browser.run("""
        return [...document.querySelectorAll('[href^="#"]')].map((link) => link.getAttribute("href"))
            .filter((href) => !document.getElementById(href.slice(1)));
    """)
    assert missing == []
