"""How many of the phrases that annotators marked in captions are found in the plain captions, and the other way round.

`python tests/manual/phrase_agreement.py FOLDER --phrases rule` reads every file of `FOLDER/Sentences`, as Flickr30k
Entities has it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from sprm.corpus.lines import numbered_lines, read_text
from sprm.corpus.sources.flickr30k.captions import MarkedPhrase, parse_caption, plain_caption
from sprm.errors import SprmError
from sprm.text.phrases import phrase_finder

WRONG_USE = 2


@dataclass(frozen=True)
class Agreement:
    """Shares of phrases, in [0, 1]."""

    captions: int
    visual: int
    """Phrases that are marked as something that a picture could show."""
    recall: float
    """Of these, the share that is found word for word."""
    found: int
    """Phrases that are found."""
    marked: float
    """Of these, the share that is marked word for word, as visual or not."""


def agreement(captions: list[tuple[str, list[MarkedPhrase]]], setting: str) -> Agreement:
    """Compare the phrases that are marked in plain captions with those that are found in them."""
    spans = phrase_finder(setting).spans([caption for caption, _ in captions])
    visual = matched = found = known = 0
    for (caption, marked), own in zip(captions, spans, strict=True):
        here = Counter(span.of(caption) for span in own)
        shown = Counter(phrase.text for phrase in marked if phrase.is_visual)
        visual, matched = visual + shown.total(), matched + (here & shown).total()
        found, known = found + here.total(), known + (here & Counter(phrase.text for phrase in marked)).total()
    return Agreement(len(captions), visual, matched / max(visual, 1), found, known / max(found, 1))


def read(folder: Path) -> Iterator[tuple[str, list[MarkedPhrase]]]:
    """Yield the plain captions of a folder, each with its marked phrases."""
    for path in sorted((folder / "Sentences").glob("*.txt")):
        for number, line in numbered_lines(read_text(path), path):
            marked = parse_caption(line, path, number)
            yield plain_caption(line), marked


def main(folder: Path, phrases: Annotated[str, typer.Option(help="rule, or spacy: and a pipeline")] = "rule") -> None:
    """Print how far marked and found phrases agree."""
    try:
        result = agreement(list(read(folder)), phrases)
    except SprmError as error:
        print(error, file=sys.stderr)  # noqa: T201
        raise typer.Exit(WRONG_USE) from None
    print(f"{result.captions:,} captions")  # noqa: T201
    print(f"{result.visual:,} visual phrases are marked, {result.recall:.1%} of them found word for word")  # noqa: T201
    print(f"{result.found:,} phrases are found, {result.marked:.1%} of them marked word for word")  # noqa: T201


if __name__ == "__main__":
    typer.run(main)
