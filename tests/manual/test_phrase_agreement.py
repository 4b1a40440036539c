from __future__ import annotations

from pathlib import Path

import pytest
from flickr_folder import write_flickr_folder
from phrase_agreement import agreement, read


def test_marked_and_found_phrases_are_compared_word_for_word(tmp_path: Path) -> None:
    write_flickr_folder(tmp_path)
    captions = list(read(tmp_path / "Flickr30kEntities"))
    found = agreement(captions, "rule")
    assert found.captions == len(captions) > 30
    assert found.recall > 0.85
    assert found.marked > 0.85
    assert agreement(captions[:1], "rule").recall == pytest.approx(1)
