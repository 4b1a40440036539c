from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report.tables.latex_text import latex_text


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a_b & c, 5 % of #1 {x}", r"a\_b \& c, 5 \% of \#1 \{x\}"),
        ("−1.5 ≤ x × 3 – …", r"$-$1.5 $\leq$ x $\times$ 3 -- \dots{}"),
        ("“Müller’s” façade, Łódź, Ærø", r"``M\"{u}ller's'' fa\c{c}ade, \L{}\'{o}d\'{z}, \AE{}r\o{}"),
        ("naïve Ǘ", r"na\"{\i}ve \'{\"{U}}"),
        ("λ and Ω", r"$\lambda$ and $\Omega$"),
        ("ﬁne ４２", "fine 42"),
        ("\\input{x} $a^b$ ~", r"\textbackslash{}input\{x\} \$a\textasciicircum{}b\$ \textasciitilde{}"),
    ],
)
def test_text_stands_in_latex_as_it_is_read(text: str, latex: str) -> None:
    assert latex_text(text) == latex


def test_what_the_fonts_lack_is_named_by_its_code() -> None:
    assert latex_text("犬 😀") == r"\texttt{U+72AC} \texttt{U+1F600}"


def test_marks_that_only_steer_their_neighbours_are_left_out() -> None:
    assert latex_text("\u202eabc\u202c \u2764\ufe0f") == r"abc \texttt{U+2764}"


def test_characters_next_to_each_other_do_not_join_to_another_sign() -> None:
    assert latex_text("a--b ---") == "a-{}-b -{}-{}-"
    assert latex_text("?` ''") == r"?{}\`{} '{}'"


@given(st.text())
def test_no_text_leaves_ascii_or_its_line_or_opens_a_group(text: str) -> None:
    written = latex_text(text)
    assert written.isascii()
    assert written.isprintable()
    braces = re.sub(r"\\[{}]", "", written)
    depth = 0
    for brace in re.findall("[{}]", braces):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert not re.search(r"(?<!\\)[%#&]", written)
    assert written.replace(r"\$", "").count("$") % 2 == 0
