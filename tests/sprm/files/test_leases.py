from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waiting import LONGEST, until

from sprm.files import leases
from sprm.files.leases import Holder, leased

HOLDING = """\
import sys, time
from pathlib import Path
from sprm.files.leases import leased
with leased(Path(sys.argv[1]), lambda holder: None):
    print("held", flush=True)
    time.sleep(600)
"""


@contextmanager
def holder(name: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a lease."""
    with subprocess.Popen([sys.executable, "-c", HOLDING, str(name)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def taken_in(name: Path, seconds: float = LONGEST) -> Callable[[], bool]:
    """Try to take a lease in a thread; return what tells whether it was taken within some seconds."""
    taken = threading.Event()

    def take() -> None:
        with leased(name, lambda holder: None):
            taken.set()

    threading.Thread(target=take, daemon=True).start()
    return lambda: taken.wait(seconds)


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has no locks, as NFS without a lock daemon; in this process alone."""

    def refuse(file: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)


def test_a_lease_leaves_nothing_behind(tmp_path: Path) -> None:
    with leased(tmp_path / "new" / "house", lambda holder: None):
        assert [path.name for path in (tmp_path / "new").iterdir()] == [".house.lease"]
    assert list((tmp_path / "new").iterdir()) == []


def test_whoever_waits_is_told_once_by_whom_and_goes_on_when_the_lease_ends(tmp_path: Path) -> None:
    told: list[Holder] = []
    order: list[str] = []
    with leased(tmp_path / "house", told.append):

        def wait() -> None:
            with leased(tmp_path / "house", told.append):
                order.append("second")

        thread = threading.Thread(target=wait)
        thread.start()
        until(lambda: bool(told))
        # It looks again and again, and tells nothing more.
        time.sleep(3 * leases._POLL)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert [one.host for one in told] == [os.uname().nodename]


def test_the_lease_of_a_process_that_was_killed_is_free_at_once(tmp_path: Path) -> None:
    with holder(tmp_path / "house") as process:
        taken = taken_in(tmp_path / "house")
        process.send_signal(signal.SIGKILL)
        assert taken()


def test_a_lease_is_kept_from_a_process_that_cannot_know_the_owner_by_its_number(tmp_path: Path) -> None:
    # In two containers both are process 1, and neither finds the other among its own.
    with holder(tmp_path / "house"):
        assert not taken_in(tmp_path / "house", 1.5)()


@pytest.mark.usefixtures("no_locks")
def test_without_locks_of_the_file_system_an_owner_that_gives_signs_of_life_keeps_its_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "BEAT", 0.1)
    monkeypatch.setattr(leases, "EXPIRY", 3.0)
    with leased(tmp_path / "house", lambda holder: None):
        assert not taken_in(tmp_path / "house", 4.0)()


@pytest.mark.usefixtures("no_locks")
def test_without_locks_of_the_file_system_an_owner_that_gives_none_is_taken_over_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holder(tmp_path / "house") as process:
        process.kill()
    monkeypatch.setattr(leases, "EXPIRY", 0.5)
    assert taken_in(tmp_path / "house")()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"token": 1}'])
def test_a_file_that_is_no_lease_is_in_the_way_for_a_while_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / ".house.lease").write_bytes(content)
    monkeypatch.setattr(leases, "EXPIRY", 0.2)
    assert taken_in(tmp_path / "house")()


def test_an_owner_that_was_taken_over_from_leaves_the_other_lease_alone(tmp_path: Path) -> None:
    lease = tmp_path / ".house.lease"
    with leased(tmp_path / "house", lambda holder: None):
        lease.rename(tmp_path / "aside")
        lease.write_bytes(b"somebody else's")
    assert lease.read_bytes() == b"somebody else's"


def test_of_many_only_one_has_a_lease_at_a_time(tmp_path: Path) -> None:
    within, most, done = [0], [0], []
    guard = threading.Lock()

    def work() -> None:
        for _ in range(5):
            with leased(tmp_path / "house", lambda holder: None):
                with guard:
                    within[0] += 1
                    most[0] = max(most[0], within[0])
                time.sleep(0.001)
                with guard:
                    within[0] -= 1
        done.append(True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most[0], len(done)) == (1, 4)
