"""What every part of a protocol has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

FolderName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64),
    Field(description="lower-case letters, digits and single hyphens; it names a folder"),
]
