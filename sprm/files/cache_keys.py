"""Names for what is built: hashes of all that it is built from.

The code that builds it is named by a version beside it, which whoever changes what is written raises.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version


def short_hash(about: Iterable[str]) -> str:
    """First 16 hexadecimal digits of the sha256 of some texts."""
    # A folder's name need not be text.
    return hashlib.sha256("\n".join(about).encode(errors="surrogateescape")).hexdigest()[:16]


def library_versions(*names: str) -> list[str]:
    """Names and versions of installed libraries, none of which is imported."""
    return [f"{name} {version(name)}" for name in names]
