from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprm.corpus.flickr30k import Flickr30kEntities, parse_caption, read_annotation
from sprm.corpus.tally import Tally
from sprm.errors import DataError
from sprm.settings import Rules

HERE = Path("caption.txt")
words = st.text(
    st.characters(codec="utf-8", exclude_characters="[]/#\n\r", exclude_categories=["Cs", "Cc"]), max_size=12
)
types = st.lists(st.sampled_from(["people", "clothing", "other", "scene"]), min_size=1, max_size=3)


def object_(names: list[int], box: tuple[int, ...] | None) -> str:
    tags = ("xmin", "ymin", "xmax", "ymax")
    body = "<nobndbox>1</nobndbox>"
    if box is not None:
        body = "<bndbox>" + "".join(f"<{t}>{v}</{t}>" for t, v in zip(tags, box, strict=True)) + "</bndbox>"
    return "<object>" + "".join(f"<name>{name}</name>" for name in names) + body + "</object>"


def write_image(root: Path, captions: str | bytes, *objects: str) -> None:
    for name in ("Sentences", "Annotations"):
        (root / "Flickr30kEntities" / name).mkdir(parents=True, exist_ok=True)
    content = captions.encode() if isinstance(captions, str) else captions
    (root / "Flickr30kEntities/Sentences/7.txt").write_bytes(content)
    xml = f"<annotation><size><width>100</width><height>80</height></size>{''.join(objects)}</annotation>"
    (root / "Flickr30kEntities/Annotations/7.xml").write_text(xml)


def read(root: Path, rules: Rules = Rules.corrected) -> tuple[list, dict[str, int]]:
    source, tally = Flickr30kEntities(root, rules), Tally()
    sentences = source.sentences("7", source.annotation("7", tally), tally)
    return sentences, {warning.kind: warning.count for warning in tally.warnings()}


@given(st.lists(st.tuples(words, st.integers(0, 10**6), types, words.filter(str.strip)), max_size=4), words)
def test_every_marked_phrase_is_found_whatever_stands_between(
    parts: list[tuple[str, int, list[str], str]], end: str
) -> None:
    line = "".join(f"{gap} [/EN#{entity}/{'/'.join(kinds)} {text} ]" for gap, entity, kinds, text in parts) + end
    found = parse_caption(line, HERE, 1)
    assert [(phrase.entity, list(phrase.types), phrase.text) for phrase in found] == [
        (str(entity), kinds, " ".join(text.split())) for _, entity, kinds, text in parts
    ]


def test_a_bracket_may_close_right_after_the_last_word() -> None:
    assert parse_caption("[/EN#1/people A man] waits", HERE, 1) == parse_caption("[/EN#1/people A man ] waits", HERE, 1)


@pytest.mark.parametrize(
    "line",
    [
        "[/EN#1/people A man walks",
        "[/EN#1/people A man [/EN#2/clothing in red ] ]",
        "[/EN#x/people A man ]",
        "[/EN#1 A man ]",
        "[/EN#1/people ]",
    ],
)
def test_a_broken_bracket_is_an_error_with_file_and_line(line: str) -> None:
    with pytest.raises(DataError, match=r"caption\.txt, line 3: a phrase's bracket is broken"):
        parse_caption(line, HERE, 3)


def test_the_target_is_the_union_of_all_boxes_of_all_objects_of_the_entity(tmp_path: Path) -> None:
    write_image(
        tmp_path,
        "[/EN#1/people/other Two men ] and [/EN#2/clothing a hat ]",
        object_([1], (10, 20, 30, 40)),
        object_([1, 2], (25, 5, 50, 30)),
    )
    (sentence,), _ = read(tmp_path)
    men, hat = sentence.phrases
    assert men.target == (10, 5, 50, 40)
    assert hat.target == (25, 5, 50, 30)
    assert men.category == "people/other"
    assert men.head == "men"


def test_the_official_rules_cut_an_entity_to_twenty_boxes(tmp_path: Path) -> None:
    objects = [object_([1], (n, 1, n + 5, 10)) for n in range(1, 31)]
    write_image(tmp_path, "[/EN#1/people A crowd ]", *objects)
    assert read(tmp_path)[0][0].phrases[0].target == (1, 1, 35, 10)
    assert read(tmp_path, Rules.official)[0][0].phrases[0].target == (1, 1, 25, 10)


def test_phrases_without_a_box_and_sentences_without_a_phrase_are_left_out_and_counted(tmp_path: Path) -> None:
    write_image(
        tmp_path,
        "[/EN#1/people A man ] in [/EN#3/scene the park ]\n[/EN#0/notvisual It ] rains\n[/EN#1/people He ] waits\n",
        object_([1], (1, 1, 9, 9)),
        object_([3], None),
    )
    sentences, warnings = read(tmp_path)
    assert [sentence.sentence_id for sentence in sentences] == ["7#0", "7#2"]
    assert warnings == {"phrases left out for want of a box": 2}


def test_unrelated_captions_are_left_out_and_counted(tmp_path: Path) -> None:
    write_image(tmp_path, "[/EN#1/people A man ]\n[/EN#1/people A car ]\n", object_([1], (1, 1, 9, 9)))
    (tmp_path / "Flickr30kEntities/UNRELATED_CAPTIONS").write_text("7 1\n99 0\n")
    sentences, warnings = read(tmp_path)
    assert [sentence.sentence_id for sentence in sentences] == ["7#0"]
    assert warnings == {"captions left out as unrelated to their image": 1}


def test_stray_bytes_are_replaced_and_counted(tmp_path: Path) -> None:
    write_image(tmp_path, b"[/EN#1/people A caf\xe9 owner ]\r\n", object_([1], (1, 1, 9, 9)))
    sentences, warnings = read(tmp_path)
    assert sentences[0].phrases[0].text == "A caf\N{REPLACEMENT CHARACTER} owner"
    assert list(warnings.values()) == [1]


def test_a_box_outside_its_image_is_counted_and_one_upside_down_refused(tmp_path: Path) -> None:
    write_image(tmp_path, "[/EN#1/people A man ]", object_([1], (50, 50, 130, 70)))
    assert read(tmp_path)[1] == {"annotated boxes that reach outside their image": 1}
    write_image(tmp_path, "[/EN#1/people A man ]", object_([1], (50, 50, 40, 70)))
    with pytest.raises(DataError, match=r"7\.xml: the box \[50, 50, 40, 70\] ends before it starts"):
        read(tmp_path)


def test_xml_that_declares_entities_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "7.xml"
    path.write_text('<!DOCTYPE a [<!ENTITY b "boom"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>')
    with pytest.raises(DataError, match="declares a document type"):
        read_annotation(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("<annotation><size>", "not well-formed"),
        ("<annotation/>", "<size/width> should hold a whole number, found None"),
        ("<annotation><size><width>wide</width><height>1</height></size></annotation>", "found 'wide'"),
    ],
)
def test_malformed_xml_is_named(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "7.xml"
    path.write_text(content)
    with pytest.raises(DataError, match=problem):
        read_annotation(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "the split is empty"),
        ("7\n7\n", "line 2: image 7 is listed before, in line 1"),
        ("../../etc/passwd\n", "line 1: .* is no image id"),
    ],
)
def test_a_bad_id_list_is_named(flickr_folder: Path, content: str, problem: str) -> None:
    (flickr_folder / "val.txt").write_text(content)
    with pytest.raises(DataError, match=problem):
        Flickr30kEntities(flickr_folder, Rules.corrected).image_ids("val")


@pytest.mark.parametrize(
    "missing", ["Flickr30kEntities", "Flickr30kEntities/Sentences", "Flickr30kEntities/Annotations"]
)
def test_a_missing_folder_is_named(tmp_path: Path, missing: str) -> None:
    write_image(tmp_path, "")
    for path in sorted((tmp_path / missing).rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (tmp_path / missing).rmdir()
    with pytest.raises(DataError, match=f"{missing}: this folder is missing"):
        Flickr30kEntities(tmp_path, Rules.corrected)
