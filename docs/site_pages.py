"""Pages of the site that are made when it is built: from the README and its like, and from docstrings."""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
PACKAGES = ("bench", "sprm")
WRITTEN = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages that stand outside this folder, where people look for them, and their names on the site."""
REPORTS = tuple(f"reports/{path.name}" for path in sorted((ROOT / "results" / "studies").iterdir()))
INDEX = "reports/index.html"
"""The page that lists them."""
MOVED = {
    "docs/": "",
    "reports/README.md": INDEX,
    **{f"{report}/report.md": f"{report}/index.html" for report in REPORTS},
    **WRITTEN,
}
"""What the targets of their links begin with, and what they are on the site."""
LINKED = ("LICENSE", "NOTICE", "CITATION.cff", INDEX, *REPORTS)
"""Files and folders that they link to, copied as they are."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add a section of the packages' rooms to the navigation."""
    code = [{package: [{room: f"code/{room}.md"} for room in rooms(package)]} for package in PACKAGES]
    config.nav = [*(config.nav or []), {"Code": code}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add every page that is made, and what these link to."""
    pages = {page: with_moved_links((ROOT / name).read_text(encoding="utf-8")) for name, page in WRITTEN.items()}
    pages |= {f"code/{room}.md": f"::: {room}\n" for package in PACKAGES for room in rooms(package)}
    for page, text in pages.items():
        files.append(File.generated(config, page, content=text))
    for path in linked():
        files.append(File.generated(config, path.relative_to(ROOT).as_posix(), abs_src_path=str(path)))
    return files


def rooms(package: str) -> list[str]:
    """List a package's folders and modules by their dotted names."""
    folder = ROOT / package
    found = [path.parent for path in folder.glob("*/__init__.py")]
    found += [path.with_suffix("") for path in folder.glob("*.py") if not path.stem.startswith("__")]
    return sorted(f"{package}.{path.name}" for path in found)


def with_moved_links(text: str) -> str:
    """Let a page's links lead to where their targets are on the site."""
    for target, place in MOVED.items():
        text = text.replace(f"]({target}", f"]({place}")
    return text


def linked() -> list[Path]:
    """List the files that are copied as they are; a report's Markdown would be a page beside its own page."""
    below = [path for name in LINKED for path in (ROOT / name, *sorted((ROOT / name).rglob("*")))]
    return [path for path in below if path.is_file() and path.suffix != ".md"]
