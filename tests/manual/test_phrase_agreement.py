from __future__ import annotations

from pathlib import Path

from phrase_agreement import Agreement, agreement, read

CAPTIONS = """\
[/EN#1/people A man] throws [/EN#2/other a hat] into [/EN#0/notvisual the air] .
[/EN#3/people Someone] runs with [/EN#4/other a ball] and some luck .
"""


def test_marked_and_found_phrases_are_compared_word_for_word(tmp_path: Path) -> None:
    (tmp_path / "Sentences").mkdir()
    (tmp_path / "Sentences" / "1.txt").write_text(CAPTIONS)
    # Someone is a pronoun, which is not looked for, and nobody marked the luck.
    assert agreement(list(read(tmp_path)), "rule") == Agreement(
        captions=2, visual=4, recall=3 / 4, found=5, marked=4 / 5
    )
