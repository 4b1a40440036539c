from __future__ import annotations

import resource
from pathlib import Path

import pytest

from bench.trials import memory
from bench.trials.memory import private_memory

LINUX = "Name:\tpython\nVmHWM:\t  8192 kB\nVmRSS:\t  6144 kB\nRssAnon:\t  2048 kB\nRssFile:\t  4096 kB\nThreads:\t1\n"
GVISOR = "Name:\tpython\nVmSize:\t  9216 kB\nVmRSS:\t  6144 kB\nVmData:\t  5120 kB\n"


@pytest.fixture
def status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the system says of this process."""
    monkeypatch.setattr(memory, "STATUS", tmp_path / "status")
    return tmp_path / "status"


def test_what_is_mapped_from_files_does_not_count(status: Path) -> None:
    status.write_text(LINUX)
    assert private_memory() == memory.Memory(now=2, peak=4)


def test_where_files_are_not_told_apart_all_memory_counts(status: Path) -> None:
    status.write_text(GVISOR)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = private_memory()
    assert found.now == 6
    assert most <= found.peak < most + 1024


@pytest.mark.parametrize("content", [None, "", "VmRSS: many kB\n", "kB\n", "\udcff"])
def test_where_the_system_says_nothing_of_use_the_most_that_it_was_has_to_do(status: Path, content: str | None) -> None:
    if content is not None:
        status.write_bytes(content.encode(errors="surrogateescape"))
    assert private_memory().now == private_memory().peak > 0
