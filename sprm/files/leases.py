"""Leases: a name that one process at a time may work on, told by a file that its owner keeps fresh.

A lease is a file that only one process can make. Its owner writes to it every few seconds; when that stops for a
minute, whoever waits takes it over. This asks nothing of process ids, which containers share, nor of clocks, on which
machines differ: whoever waits looks for a change, and times its absence by its own clock. Where the file system has
locks, the lease is locked as well, so that on the same machine an owner's end is seen at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

BEAT = 5.0
"""Seconds between two signs of life."""
EXPIRY = 60.0
"""Seconds without a sign of life after which an owner counts as dead."""
_POLL = 0.2
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Holder:
    """Who has a lease.

    Attributes:
        host: name of its machine.
        since: when it took the lease, by its own clock.
    """

    host: str
    since: str

    def at_work(self, work: str) -> str:
        """Say for whom one waits: `waiting for a process on HOST that reads files since ...`."""
        return f"waiting for a process on {self.host} that {work} since {self.since}"

    def __str__(self) -> str:
        return f"on {self.host} since {self.since}"


@contextmanager
def leased(name: Path, waiting: Callable[[Holder], object]) -> Iterator[None]:
    """Be the only one at work on what goes by a name; whoever dies while at work is taken over from.

    Args:
        name: path of what is worked on; the lease lies beside it, as `.<name>.lease`. Its folder is made.
        waiting: called once with the holder when another process is at work.

    Raises:
        OSError: nothing can be written to the folder.
    """
    attempts, announced = Attempts(name), False
    while (lease := attempts.take()) is None:
        if attempts.holder is not None and not announced:
            waiting(attempts.holder)
            announced = True
        time.sleep(_POLL)
    try:
        yield
    finally:
        lease.release()


def holder_of(name: Path) -> Holder | None:
    """Return who is at work on what goes by a name, as far as one look tells; None when nobody is.

    Args:
        name: see `leased`.
    """
    path = _path(name)
    seen = _read(path)
    # One look tells nothing of a change, so here the clocks of machines have to agree within the minute.
    if seen is None or _is_dead(path, seen) or time.time() - seen.changed / 1e9 > EXPIRY:
        return None
    return seen.holder


def token_of(name: Path) -> str | None:
    """Return the token of the lease of what goes by a name; None when there is none."""
    seen = _read(_path(name))
    return None if seen is None else seen.token


class Attempts:
    """What one process has seen of a lease that it tries to get, from one attempt to the next.

    Args:
        name: see `leased`.

    Attributes:
        holder: whoever had it at the latest attempt; None when nobody said so.
    """

    def __init__(self, name: Path) -> None:
        self._path_of_lease = _path(name)
        self._seen: _Seen | None = None
        self._unchanged_since = time.monotonic()
        self.holder: Holder | None = None

    def take(self) -> Lease | None:
        """Take the lease, at once; None when another process holds it that has given a sign of life lately.

        Raises:
            OSError: nothing can be written to the folder.
        """
        path = self._path_of_lease
        path.parent.mkdir(parents=True, exist_ok=True)
        if (lease := _made(path)) is not None:
            return lease
        seen, now = _read(path), time.monotonic()
        self.holder = None if seen is None else seen.holder
        if seen != self._seen:
            self._seen, self._unchanged_since = seen, now
        if seen is not None and (_is_dead(path, seen) or now - self._unchanged_since > EXPIRY):
            _remove(path, seen)
            return _made(path)
        return None


def _path(name: Path) -> Path:
    return name.with_name(f".{name.name}.lease")


class Lease:
    """A lease that this process holds, with the thread that keeps it fresh.

    Attributes:
        token: tells it from every other lease.
    """

    def __init__(self, path: Path, file: int, token: str) -> None:
        self._path, self._file, self.token = path, file, token
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            # A disk that is full or away for a moment costs a beat, and not the work.
            with suppress(OSError):
                os.utime(self._file)

    def release(self) -> None:
        """End the lease, unless somebody has taken it over."""
        self._ended.set()
        self._thread.join()
        if (seen := _read(self._path)) is not None and seen.token == self.token:
            with suppress(OSError):
                self._path.unlink()
        os.close(self._file)


@dataclass(frozen=True)
class _Seen:
    """A lease as another process sees it; equal as long as its owner gives no sign of life."""

    token: str
    boot: str
    locked: bool
    holder: Holder | None
    changed: int


def _made(path: Path) -> Lease | None:
    """Make a lease; None when there is one."""
    if path.is_symlink():
        # A link may lead where nothing can be made, and is no lease of ours.
        path.unlink(missing_ok=True)
    try:
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644)
    except FileExistsError:
        return None
    try:
        token = uuid4().hex
        content = {"token": token, "boot": _boot(), "locked": _lock(file), "host": platform.node()}
        content["since"] = datetime.now(UTC).isoformat(timespec="seconds")
        os.write(file, json.dumps(content).encode())
    except BaseException:
        os.close(file)
        path.unlink(missing_ok=True)
        raise
    return Lease(path, file, token)


def _read(path: Path) -> _Seen | None:
    """Read a lease; None when there is none."""
    try:
        with path.open("rb") as file:
            changed = os.fstat(file.fileno()).st_mtime_ns
            content = json.loads(file.read(4096))
        holder = Holder(str(content["host"]), str(content["since"]))
        return _Seen(str(content["token"]), str(content["boot"]), bool(content["locked"]), holder, changed)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError):
        # One that is being written, or no lease of this program, which nobody keeps fresh.
        return _Seen("", "", False, None, changed)


def _remove(path: Path, seen: _Seen) -> None:
    """Take a dead owner's lease away; one that another process has made meanwhile stays."""
    aside = path.with_name(f"{path.name}.{uuid4().hex}")
    with suppress(FileNotFoundError):
        path.rename(aside)
        if (there := _read(aside)) is not None and there.token != seen.token:
            # Where there are no hard links its owner goes on without, which costs time and no result.
            with suppress(OSError):
                os.link(aside, path)
        aside.unlink()


def _is_dead(path: Path, seen: _Seen) -> bool:
    """Tell whether a lease's owner has ended, as far as this machine's locks can say."""
    # A lock of another machine need not be seen here.
    if not seen.locked or not seen.boot or seen.boot != _boot():
        return False
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return _lock(file)
    finally:
        os.close(file)


def _lock(file: int) -> bool:
    """Lock an open file for as long as it is open; False when it is locked, or the file system has no locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _boot() -> str:
    """Name this machine since it was started; empty where the system does not say."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
