"""The gallery of protocols, made from their keys and comments."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

KEY = re.compile(r"(?P<indent> *)(?:(?:- name: *)(?P<item>[\w-]+)|(?P<key>[\w-]+):.*)")
COMMENT = re.compile(r"(?:^|\s+)# ?(.*)$")
INTRODUCTION = """\
# Protocols

A protocol says what is trained on how much data, and what is claimed of it. These come with the suite; the notes are
the comments of their files. `--set KEY=VALUE` overrides any key, and a copy of a file is a protocol of one's own.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page to the site."""
    from mkdocs.structure.files import File

    paths = sorted((Path(__file__).parent.parent / "protocols").glob("*.yaml"))
    files.append(File.generated(config, "protocols.md", content=gallery(paths)))
    return files


def gallery(paths: Sequence[Path]) -> str:
    """Write the page of some protocol files, as Markdown."""
    return "\n".join([INTRODUCTION, *(section(path) for path in paths)])


def section(path: Path) -> str:
    """Write what a protocol file says: its settings, its systems and its claims, each with its comment."""
    text = path.read_text(encoding="utf-8")
    protocol, notes = yaml.safe_load(text), comments(text)
    name = protocol.pop("name")
    systems, claims = protocol.pop("systems"), protocol.pop("claims", [])
    settings = [(key, value, notes.get(key, "")) for key, value in flat(protocol) if value or key in notes]
    kinds = [(f"`{key}`", options(one), notes.get(f"systems.{key}", "")) for key, one in systems.items()]
    parts = [
        f"## {name}",
        notes.get("name", ""),
        f"```sh\npython -m bench run protocols/{path.name}\n```",
        table(("setting", "value", "why"), settings),
        table(("system", "settings", "what it is"), kinds),
        notes.get("claims", ""),
        *(claim(one, notes.get(f"claims.{one['name']}", "")) for one in claims),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def comments(text: str) -> dict[str, str]:
    """Read the comment of each key: the lines above it and what follows it on its line.

    Returns:
        Comments by key; one key below another is named by both, joined with a dot.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    above: list[str] = []
    parent = ""
    for line in text.splitlines():
        said = COMMENT.search(line)
        code = line[: said.start()] if said else line
        match = KEY.fullmatch(code)
        if match and len(match["indent"]) <= 2:
            key = match["item"] or match["key"]
            parent = parent if match["indent"] else key
            found[f"{parent}.{key}" if match["indent"] else key] += [*above, *([said[1]] if said else [])]
            above = []
        elif said:
            above.append(said[1])
        elif not code:
            # What an empty line follows is about all that comes after it.
            found[parent] += above
            above = []
    return {key: " ".join(lines) for key, lines in found.items() if lines}


def flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Name each value by its dotted path; what holds others is there, too, without a value."""
    for key, value in settings.items():
        yield f"{prefix}{key}", "" if isinstance(value, dict) else f"`{value}`"
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")


def claim(stated: Mapping[str, Any], note: str) -> str:
    """Write a claim: what it puts to the test, and by which numbers."""
    others = {key: value for key, value in stated.items() if key not in ("name", "renders")}
    quoted = f"> {stated['renders']}" if "renders" in stated else ""
    return "\n\n".join(part for part in (f"**{stated['name']}**: {options(others)}", note, quoted) if part)


def options(settings: Mapping[str, Any]) -> str:
    """Write settings on a line."""
    return ", ".join(f"{key} `{value}`" for key, value in settings.items())


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table."""
    lines = [header, ["--"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)
