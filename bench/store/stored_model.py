"""What every record on disk has in common."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 5
"""Raised when a record on disk changes its meaning; older results then count as stale."""


class Record(BaseModel):
    """A record inside another: it has exactly its own keys and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Stored(Record):
    """A record with a file of its own."""

    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> bytes:
        """Return the record as it is written to disk."""
        return (self.model_dump_json(indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Read a record.

        Raises:
            ValueError: it is no record.
        """
        return cls.model_validate_json(content)
