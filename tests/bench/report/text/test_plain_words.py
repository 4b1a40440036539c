"""What readers see is plain: short sentences, and no turn of phrase that they would stop at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import typer.main

from bench.cli.app import app
from bench.report.analyse import analyse
from bench.report.tables.accuracy import tables
from bench.report.text.story import tell

STUDIES = sorted(path for path in Path("results/studies").iterdir())
LONGEST = 28
"""Words of a sentence; numbers are not counted, for a list of amounts is as long as the protocol makes it."""
LONGEST_OF_CAPTIONS = 32
"""The same in a caption of a table, which defines its columns."""
QUAINT = (
    *("for want of", "hang on", "hangs on", "hanging on", "none of it", "in the place of", "endless", "nobody"),
    *(
        "is told",
        "are told",
        "tells nothing",
        "nothing is told",
        "goes by",
        "go by",
        "settles its ties",
        "as was asked",
    ),
    *("so many times", "which is why", "whatever the", "takes over what", "is there already", "were already there"),
    *("be that", "no bearing", "of its own accord", "not even", "have one", "written down", "made of it"),
)
"""Turns of phrase that a reader of papers does not meet there."""
ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-Z“(`a-z])|(?<=”)\s+(?=[A-Z])")
QUOTED = "renders"
"""A sentence of a paper, which is not ours."""


def strings(value: object) -> Iterator[str]:
    """Yield every text of a record and of the records in it, except what is quoted."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            if field.name != QUOTED:
                yield from strings(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for member in value:
            yield from strings(member)


def words(sentence: str) -> int:
    return sum(any(letter.isalpha() for letter in word) for word in sentence.split())


def too_long(texts: list[str], longest: int) -> list[str]:
    return [sentence for text in texts for sentence in ENDS.split(text) if words(sentence) > longest]


def quaint(text: str) -> list[str]:
    return [phrase for phrase in QUAINT if re.search(rf"\b{re.escape(phrase)}\b", text, flags=re.IGNORECASE)]


@pytest.fixture(scope="module", params=STUDIES, ids=lambda path: path.name)
def told(request: pytest.FixtureRequest) -> tuple[list[str], list[str]]:
    """The prose of a report, and the captions of its tables."""
    analysis = analyse(request.param)
    return list(strings(tell(analysis))), [table.caption for table in tables(analysis)]


def test_no_sentence_of_a_report_is_long(told: tuple[list[str], list[str]]) -> None:
    prose, captions = told
    assert too_long(prose, LONGEST) == []
    assert too_long(captions, LONGEST_OF_CAPTIONS) == []


def test_no_sentence_of_a_report_is_quaint(told: tuple[list[str], list[str]]) -> None:
    prose, captions = told
    assert [(phrases, text) for text in [*prose, *captions] if (phrases := quaint(text))] == []


def helps() -> dict[str, list[str]]:
    """What the help of every command says of it, of its arguments and of its options."""
    group = typer.main.get_command(app)
    told = {"bench": [group.help or "", group.epilog or ""]}
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        told[name] = [*command.help.split("\n\n"), *(option.help for option in command.params if option.help)]
    return told


@pytest.mark.parametrize("command", helps())
def test_the_help_of_a_command_has_no_long_and_no_quaint_sentence(command: str) -> None:
    texts = helps()[command]
    assert any(texts)
    assert [phrases for text in texts if (phrases := quaint(" ".join(text.split())))] == []
    assert too_long(texts, LONGEST) == []
