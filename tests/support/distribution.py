"""Distributions that bring something to the registries, as if they were installed in a folder."""

from __future__ import annotations

from pathlib import Path


def distribution(folder: Path, name: str, source: str, group: str) -> str:
    """Write a distribution of one module that an entry point of a group names; return the folder, for a path."""
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / f"{name}.py").write_text(source)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\n{name} = {name}\n")
    return str(folder)
