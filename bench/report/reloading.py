"""What makes a page load itself again while its run goes on; a reader can switch it off."""

from __future__ import annotations

from functools import cache

SECONDS = 30
"""Between two loads."""
END = b"</body>"


def with_reloading(page: bytes) -> bytes:
    """Let a page load itself again."""
    # What comes from data is escaped, so the last end of a body is the page's own.
    before, end, after = page.rpartition(END)
    return before + _reloading() + end + after


def without_reloading(page: bytes) -> bytes:
    """Return a page as it is without."""
    return page.replace(_reloading(), b"")


@cache
def _reloading() -> bytes:
    # Most commands draw nothing.
    from bench.report.template import filled

    return filled("reloading.html.jinja", seconds=SECONDS).encode()
