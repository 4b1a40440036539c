"""What readers of a committed report meet: a short first screen, nothing from elsewhere, pages of a bearable size."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "reports").glob("*/index.html"))
MEGABYTE = 10**6
LONGEST = 30
"""Words of a sentence on the first screen."""


class FirstScreen(HTMLParser):
    """Collects the text of each element of the page's header, and every reference of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.references += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href")]
        if tag == "header" or (self.open and tag not in ("br", "input", "meta")):
            self.open.append(tag)
            self.texts += [""] if tag in ("p", "h1", "li") else []

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag == self.open[-1]:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.texts and self.open and "svg" not in self.open:
            self.texts[-1] += data


def read(page: Path) -> FirstScreen:
    parsed = FirstScreen()
    parsed.feed(page.read_text(encoding="utf-8"))
    return parsed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_no_sentence_of_its_first_screen_is_long(page: Path) -> None:
    texts = read(page).texts
    assert len(texts) > 3
    for sentence in (sentence for text in texts for sentence in re.split(r"(?<=[.?])\s+(?=[A-Z])", text.strip())):
        assert sum(any(letter.isalnum() for letter in word) for word in sentence.split()) <= LONGEST, sentence


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_its_curve_is_drawn_in_the_page_before_any_table(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert (
        text.index('<figure id="curve"') < text.index("<svg", text.index('<figure id="curve"')) < text.index("<table")
    )


@pytest.mark.parametrize("page", [*PAGES, ROOT / "reports" / "index.html"], ids=lambda page: page.parent.name)
def test_it_names_no_address(page: Path) -> None:
    references = read(page).references
    assert references
    assert [each for each in references if re.match(r"(?!data:image/)[a-z+.-]+:|//", each)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_its_page_is_below_5_megabytes_and_its_folder_below_8(page: Path) -> None:
    assert page.stat().st_size < 5 * MEGABYTE
    assert sum(path.stat().st_size for path in page.parent.rglob("*") if path.is_file()) < 8 * MEGABYTE


def test_the_pictures_of_the_readme_are_below_300_kilobytes_together() -> None:
    pictures = re.findall(r"\((docs/screenshots/[^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(pictures) == 3
    assert sum((ROOT / picture).stat().st_size for picture in pictures) <= 300_000
