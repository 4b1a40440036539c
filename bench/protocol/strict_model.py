"""What every part of a protocol has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

FolderName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64),
    Field(description="lower-case letters, digits and single hyphens; it names a folder"),
]


class Settings(BaseModel):
    """Settings that cannot change and that know their own keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
