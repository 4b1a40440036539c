"""What a check says of a plug-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from sprm.errors import SprmError

Subject = TypeVar("Subject")


class Result(StrEnum):
    """What came of a check."""

    passed = "passed"
    failed = "failed"
    skipped = "skipped"
    """There is nothing to check, or what it needs has failed."""


@dataclass(frozen=True)
class Finding:
    """What a check says of a plug-in.

    Attributes:
        check: its name.
        about: what has to be so, in words.
        result: whether it is.
        why: what is wrong, or why nothing was checked; a remark where it passed, or nothing.
    """

    check: str
    about: str
    result: Result
    why: str = ""


class Failed(Exception):
    """A check fails; says why."""


class Skipped(Exception):
    """A check has nothing to check; says why."""


Check = Callable[[Subject], str | None]
"""A function whose name is that of the check and whose docstring's first line says what has to be so. It returns None,
or a remark, and raises any error where that is not so."""


class Needed(Generic[Subject]):
    """What several checks need and is made once; where that fails, the first to need it tells, and the others skip.

    Args:
        name: what it is, for those that skip.
        make: makes it.
    """

    def __init__(self, name: str, make: Callable[[], Subject]) -> None:
        self._name, self._make = name, make
        self._made: Subject | None = None
        self._has_failed = False

    def get(self) -> Subject:
        """Return it.

        Raises:
            Skipped: making it has failed before.
        """
        if self._has_failed:
            raise Skipped(f"{self._name} failed")
        if self._made is None:
            self._has_failed = True
            self._made = self._make()
            self._has_failed = False
        return self._made


def findings(checks: Sequence[Check[Subject]], subject: Subject) -> Iterator[Finding]:
    """Run checks on a plug-in, one after the other."""
    for check in checks:
        name = check.__name__.strip("_").replace("_", " ")
        about = (check.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        try:
            remark = check(subject)
        except Skipped as error:
            yield Finding(name, about, Result.skipped, str(error))
        except Failed as error:
            yield Finding(name, about, Result.failed, str(error))
        except Exception as error:
            # Whatever a stranger's code raises is what is wrong with it.
            kind = "" if isinstance(error, SprmError) else f"{type(error).__name__}: "
            yield Finding(name, about, Result.failed, f"{kind}{error}")
        else:
            yield Finding(name, about, Result.passed, remark or "")
