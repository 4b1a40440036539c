from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report.text.markdown import fence, markdown_text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("# a heading", r"\# a heading"),
        ("a\n\n# heading\n<script>alert(1)</script>", r"a # heading \<script>alert(1)\</script>"),
        ("![a](http://x/y.png)", r"![a\](http://x/y.png)"),
        ("[a]: http://x", r"[a\]: http://x"),
        ("[a][b]", r"[a\][b]"),
        ("people|clothing", r"people\|clothing"),
        ("*a* __b__ `c` ~~d~~ $e$", r"\*a\* \_\_b\_\_ \`c\` \~\~d\~\~ \$e\$"),
        ("a\\|b", r"a\\\|b"),
        ("- a", r"\- a"),
        ("---", r"\---"),
        ("12. a", r"12\. a"),
        ("> a", r"\> a"),
        ("&lt;b&gt; &#60;", "&amp;lt;b&amp;gt; &amp;#60;"),
        ("<!-- a -->", r"\<!-- a -->"),
    ],
)
def test_markup_in_a_text_is_escaped(text: str, escaped: str) -> None:
    assert markdown_text(text) == escaped


@pytest.mark.parametrize(
    "text",
    [
        "+2.7", "> .99", "< .001", "[3.4, 4.7]", "57.3 [55.9, 58.7]", "most_similar", "45.2",
        "(95 % interval 3.4 to 4.7)", "adjusted p < .001", "−0.8", "A & B", "36979#4, 1#2, …",
        "small-fraction", "tables/left_out.csv",
    ],
)  # fmt: skip
def test_what_is_no_markup_stays_as_it_is(text: str) -> None:
    assert markdown_text(text) == text


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_text_stays_on_one_line_and_within_its_cell(text: str) -> None:
    escaped = markdown_text(text)
    assert "\n" not in escaped
    assert re.search(r"(?<!\\)(?:\\\\)*\|", escaped) is None
    assert re.search(r"(?<!\\)(?:\\\\)*<[A-Za-z/!?]", escaped) is None


@given(st.text("|\\*_`<>[]()#-+. a1\n&;~$", max_size=40))
def test_escapes_taken_away_leave_the_words(text: str) -> None:
    plain = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown_text(text)).replace("&amp;", "&")
    assert plain == " ".join(text.split())


def test_a_fence_is_longer_than_any_in_its_text() -> None:
    assert fence("a") == "```"
    assert fence("a ````` b ``` c") == "``````"
