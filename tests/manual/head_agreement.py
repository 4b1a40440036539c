"""How far two ways to find head words agree on the same phrases.

`python tests/manual/head_agreement.py PHRASES --pipeline spacy:NAME` sets the rule against a parser. Neither is the
truth: they also differ where each does what it says, as over `a group of people`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sprm.errors import DataError, SprmError
from sprm.text.heads.finder import head_finder, identity

SHOWN = 25
"""Disagreements that are listed at most."""
WRONG_USE = 2


@dataclass(frozen=True)
class Agreement:
    """Shares of phrases, in [0, 1], on which two finders agree."""

    phrases: int
    """Phrases compared."""
    same: float
    """Both find the same set of heads."""
    sharing: float
    """At least one head is found by both."""
    same_first: float
    """Both find the same head first."""


@dataclass(frozen=True)
class Disagreement:
    """A phrase and what each finder makes of it."""

    phrase: str
    ours: list[str]
    theirs: list[str]


def agreement(ours: Sequence[Sequence[str]], theirs: Sequence[Sequence[str]]) -> Agreement:
    """Compare the heads of the same phrases; two empty lists of heads are the same, but share none.

    Raises:
        ValueError: there are no phrases, or not equally many on both sides.
    """
    pairs = list(zip(ours, theirs, strict=True))
    if not pairs:
        raise ValueError("there are no phrases to compare")
    return Agreement(
        phrases=len(pairs),
        same=sum(set(one) == set(other) for one, other in pairs) / len(pairs),
        sharing=sum(not set(one).isdisjoint(other) for one, other in pairs) / len(pairs),
        same_first=sum(list(one[:1]) == list(other[:1]) for one, other in pairs) / len(pairs),
    )


def disagreements(phrases: Sequence[str], ours: Sequence[list[str]], theirs: Sequence[list[str]]) -> list[Disagreement]:
    """List the phrases whose sets of heads differ, the most telling first.

    Those without a head in common come first, then those whose first heads differ; and of each kind the short ones,
    for there is less in them to be mistaken about.
    """
    found = [
        Disagreement(phrase, one, other)
        for phrase, one, other in zip(phrases, ours, theirs, strict=True)
        if set(one) != set(other)
    ]
    return sorted(found, key=_how_telling)


def _how_telling(case: Disagreement) -> tuple[bool, bool, int]:
    share, first = not set(case.ours).isdisjoint(case.theirs), case.ours[:1] == case.theirs[:1]
    return share, first, len(case.phrase.split())


def read_phrases(path: Path) -> list[str]:
    """Read a phrase a line; blank lines are skipped.

    Raises:
        DataError: the file cannot be read, or holds no phrase.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read as a list of phrases, one a line: {error}", path=path) from error
    phrases = [line.strip() for line in lines if line.strip()]
    if not phrases:
        raise DataError("holds no phrase; expected one a line", path=path)
    return phrases


def compare(
    phrases: Annotated[Path, typer.Argument(metavar="PHRASES", help="A text file, a phrase a line.")],
    pipeline: Annotated[str, typer.Option(metavar="spacy:NAME", help="The pipeline to compare the rule with.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Compare the head words of the rule with those of a spaCy pipeline."""
    try:
        texts, named = read_phrases(phrases), identity(pipeline)
        ours, theirs = (head_finder(setting).heads(texts) for setting in ("rule", pipeline))
    except SprmError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(WRONG_USE) from error
    figures, cases = agreement(ours, theirs), disagreements(texts, ours, theirs)[:SHOWN]
    if as_json:
        answer = {"pipeline": named, **asdict(figures), "disagreements": [asdict(case) for case in cases]}
        sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
        return
    _show(figures, named, cases)


def _show(figures: Agreement, named: str, cases: Sequence[Disagreement]) -> None:
    console = Console(highlight=False)
    console.print(f"{figures.phrases:,} phrases, the rule and {named}", markup=False)
    console.print(f"{figures.same:6.1%}  the same heads")
    console.print(f"{figures.sharing:6.1%}  at least one head in common")
    console.print(f"{figures.same_first:6.1%}  the same first head")
    table = Table("phrase", "rule", "pipeline", title=f"{len(cases)} telling disagreements", title_justify="left")
    for case in cases:
        table.add_row(*(_plain(text) for text in (case.phrase, " ".join(case.ours), " ".join(case.theirs))))
    if cases:
        console.print(table)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


if __name__ == "__main__":
    typer.run(compare)
