"""What is cached is named by a version of the code that writes it, and what is written changes with it only."""

from __future__ import annotations

import json

import pytest
from golden_cache import CACHED, HELD, agree, described

GOLDEN = json.loads(HELD.read_text(encoding="utf-8"))


def test_everything_cached_is_held() -> None:
    assert GOLDEN.keys() == CACHED.keys()


@pytest.mark.parametrize("name", CACHED)
def test_what_is_written_changes_with_its_version_only(name: str) -> None:
    found = described(name)
    assert found["version"] == GOLDEN[name]["version"], (
        "its version was raised: run `python tests/support/golden_cache.py`"
    )
    different = [one for one, other in zip(found["files"], GOLDEN[name]["files"], strict=True) if not agree(one, other)]
    assert different == [], "what is cached has changed: raise the version beside the code that writes it"
