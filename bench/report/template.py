"""Filling in the templates of pages."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bench.report.text.markdown import markdown_text

NO_BREAK = "\u00a0"
SIGNED = re.compile(r"(?<=\bp) (?=(?:=|&[lg]t;) \.\d)|(?<=[=;]) (?=\.\d)| (?=%)")
"""What stands between a number and its sign."""
VERBATIM = re.compile(rf"<(script|style|pre)\b.*?</\1>|{SIGNED.pattern}", re.DOTALL)
"""The same, or what is run or copied as it stands."""


def filled(template: str, **values: Any) -> str:
    """Fill in a template by its name; in a page whatever is no markup of ours is escaped."""
    environment = Environment(
        loader=PackageLoader("bench.report"),
        autoescape=template.endswith(".html.jinja"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["markdown_text"] = markdown_text
    return environment.get_template(template).render(**values)


def unbroken(page: str) -> str:
    """Keep the numbers of a page's text on one line with their signs."""
    return VERBATIM.sub(lambda found: found[0] if found[1] else NO_BREAK, page)
