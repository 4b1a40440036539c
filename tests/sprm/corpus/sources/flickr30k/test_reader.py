from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sprm.corpus.annotation import SentenceRecord
from sprm.corpus.sources.flickr30k.annotations import UNBOXED
from sprm.corpus.sources.flickr30k.reader import Flickr30kEntities
from sprm.corpus.warnings import Tally
from sprm.errors import DataError
from sprm.settings import Rules

FOLDER = "Flickr30kEntities"


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


def read(root: Path, rules: Rules = Rules.corrected) -> tuple[Sequence[SentenceRecord], dict[str, int]]:
    source, tally = Flickr30kEntities(root, rules), Tally()
    sentences = source.read("7", tally).sentences
    return sentences, {warning.kind: warning.count for warning in tally.warnings()}


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


def test_the_official_rules_cut_an_entity_to_twenty_boxes(tmp_path: Path) -> None:
    objects = [object_([1], (n, 1, n + 5, 10)) for n in range(1, 31)]
    write_image(tmp_path, "[/EN#1/people A crowd ]", *objects)
    assert read(tmp_path)[0][0].phrases[0].target == (1, 1, 35, 10)
    sentences, warnings = read(tmp_path, Rules.official)
    assert sentences[0].phrases[0].target == (1, 1, 25, 10)
    assert warnings == {"annotated boxes passed over, beyond an entity's first 20": 10}


def test_phrases_without_a_box_and_sentences_without_a_phrase_are_left_out_and_counted(tmp_path: Path) -> None:
    write_image(
        tmp_path,
        "[/EN#1/people A man ] in [/EN#3/scene the park ]\n[/EN#0/notvisual It ] rains\n[/EN#1/people He ] waits\n",
        object_([1], (1, 1, 9, 9)),
        object_([3], None),
    )
    sentences, warnings = read(tmp_path)
    assert [sentence.sentence_id for sentence in sentences] == ["7#0", "7#2"]
    assert warnings == {
        "phrases left out for want of a box": 1,
        "captions left out for want of a visual phrase": 1,
        UNBOXED: 1,
    }


def test_unrelated_captions_are_left_out_and_counted(tmp_path: Path) -> None:
    write_image(tmp_path, "[/EN#1/people A man ]\n[/EN#1/people A car ]\n", object_([1], (1, 1, 9, 9)))
    # As the owners' list does, this one counts an image's captions from 1.
    listed = "# format: <imageID> <sentence number>\n7 2\n99 5\n"
    (tmp_path / "Flickr30kEntities/UNRELATED_CAPTIONS").write_text(listed)
    sentences, warnings = read(tmp_path)
    assert [sentence.sentence_id for sentence in sentences] == ["7#0"]
    assert warnings == {"captions left out as unrelated to their image": 1}


def test_the_official_rules_keep_unrelated_captions_and_count_them(tmp_path: Path) -> None:
    write_image(tmp_path, "[/EN#1/people A man ]\n[/EN#1/people A car ]\n", object_([1], (1, 1, 9, 9)))
    (tmp_path / "UNRELATED_CAPTIONS").write_text("7 2\n")
    sentences, warnings = read(tmp_path, Rules.official)
    assert [sentence.sentence_id for sentence in sentences] == ["7#0", "7#1"]
    assert warnings == {"captions kept though listed as unrelated to their image": 1}


def test_the_list_of_unrelated_captions_may_stand_where_its_owners_have_it(tmp_path: Path) -> None:
    write_image(tmp_path, "[/EN#1/people A man ]\n[/EN#1/people A car ]\n", object_([1], (1, 1, 9, 9)))
    beside_the_lists, with_the_captions = tmp_path / "UNRELATED_CAPTIONS", tmp_path / FOLDER / "UNRELATED_CAPTIONS"
    beside_the_lists.write_text("7 2\n")
    assert read(tmp_path)[1] == {"captions left out as unrelated to their image": 1}
    assert beside_the_lists in Flickr30kEntities(tmp_path, Rules.corrected).files([])
    with_the_captions.write_text("# the same\r\n7 2\r\n")
    assert read(tmp_path)[1] == {"captions left out as unrelated to their image": 1}
    with_the_captions.write_text("7 1\n")
    with pytest.raises(DataError, match=f"differs from {with_the_captions}; keep one of them") as caught:
        read(tmp_path)
    assert caught.value.path == beside_the_lists


def test_an_id_list_that_stands_in_both_folders_must_say_the_same(flickr_folder: Path) -> None:
    ids = (flickr_folder / "val.txt").read_text()
    (flickr_folder / FOLDER / "val.txt").write_text(f"\n{ids}")
    assert Flickr30kEntities(flickr_folder, Rules.corrected).image_ids("val") == ids.split()
    (flickr_folder / FOLDER / "val.txt").write_text(ids.split()[0])
    with pytest.raises(DataError, match=r"val\.txt: differs from .*val\.txt"):
        Flickr30kEntities(flickr_folder, Rules.corrected).image_ids("val")


def test_listed_captions_that_do_not_exist_are_counted(tmp_path: Path) -> None:
    write_image(tmp_path, "[/EN#1/people A man ]\n\n", object_([1], (1, 1, 9, 9)))
    (tmp_path / "UNRELATED_CAPTIONS").write_text("7 2\n7 6\n")
    assert read(tmp_path)[1] == {"captions that UNRELATED_CAPTIONS lists and that do not exist": 2}


@pytest.mark.parametrize("types", ["people", "people/other", "notvisual/animals"])
def test_entities_that_are_numbered_from_0_are_refused(tmp_path: Path, types: str) -> None:
    write_image(tmp_path, f"It rains .\n[/EN#0/{types} A man ] waits", object_([0], (1, 1, 9, 9)))
    told = rf"7\.txt, line 2: 'A man' is marked as entity 0, {types}, and entity 0 has a box; number entities from 1"
    with pytest.raises(DataError, match=told):
        read(tmp_path)


def test_entity_0_with_a_visual_type_and_no_box_is_counted(tmp_path: Path) -> None:
    captions = "[/EN#0/people A man ] and [/EN#1/people he ] [/EN#0/notvisual it ]"
    write_image(tmp_path, captions, object_([1], (1, 1, 9, 9)))
    sentences, warnings = read(tmp_path)
    assert [phrase.text for phrase in sentences[0].phrases] == ["he"]
    assert warnings == {"phrases of entity 0, which no picture shows, with a type that one could": 1}


def test_objects_that_add_nothing_and_entities_that_nobody_names_are_counted(tmp_path: Path) -> None:
    unmarked = object_([4], None).replace("<nobndbox>1</nobndbox>", "<scene>0</scene>")
    objects = [object_([1], (1, 1, 9, 9)), object_([2], (1, 1, 9, 9)), object_([], (1, 1, 9, 9)), unmarked]
    write_image(tmp_path, "[/EN#1/people A man ]\n[/EN#3/scene A park ]", *objects)
    assert read(tmp_path)[1] == {
        "annotated boxes without an entity": 1,
        "annotated objects without a box, and without a mark that they have none": 1,
        "annotated entities that no caption names": 1,
        "phrases left out for want of a box": 1,
        "captions left out for want of a phrase with a box": 1,
    }


def test_images_that_no_split_lists_are_counted_with_the_first_split(flickr_folder: Path) -> None:
    ids = (flickr_folder / "test.txt").read_text().split()
    (flickr_folder / "test.txt").write_text("".join(f"{name}\r\n" for name in ids[1:]))
    (flickr_folder / "UNRELATED_CAPTIONS").write_text(f"{ids[0]} 1\n{ids[0]} 2\nnowhere 1\n{ids[1]} 1\n")
    source = Flickr30kEntities(flickr_folder, Rules.corrected)
    for split in ("train", "val", "test"):
        source.image_ids(split)
    assert [(warning.kind, warning.count, warning.examples) for warning in source.passed_over("train")] == [
        ("annotated images that no split lists", 1, [ids[0]]),
        ("images of UNRELATED_CAPTIONS that no split lists", 2, [ids[0], "nowhere"]),
    ]
    assert source.passed_over("val") == []
    assert [warning.examples for warning in source.passed_over("test")] == [["test.txt"]]


@pytest.mark.parametrize("line", ["7", "7 0", "7 one", "7 1 2"])
def test_a_malformed_list_of_unrelated_captions_is_named(tmp_path: Path, line: str) -> None:
    write_image(tmp_path, "")
    (tmp_path / "Flickr30kEntities/UNRELATED_CAPTIONS").write_text(f"99 5\n{line}\n")
    with pytest.raises(DataError, match=r"UNRELATED_CAPTIONS, line 2: expected an image id and a .*, found '7"):
        read(tmp_path)
    (tmp_path / "Flickr30kEntities/UNRELATED_CAPTIONS").write_text("../7 1\n")
    with pytest.raises(DataError, match=r"UNRELATED_CAPTIONS, line 1: '\.\./7' is not an image id"):
        read(tmp_path)


def test_only_line_feeds_end_a_caption_so_stray_characters_shift_no_number(tmp_path: Path) -> None:
    captions = "[/EN#1/people A man\u2028 ] waits\x0b\x85\r\n\n[/EN#1/people He ] waits"
    write_image(tmp_path, "\N{BYTE ORDER MARK}" + captions, object_([1], (1, 1, 9, 9)))
    sentences, _ = read(tmp_path)
    assert [(s.sentence_id, s.phrases[0].text) for s in sentences] == [("7#0", "A man"), ("7#2", "He")]


def test_stray_bytes_are_replaced_and_counted(tmp_path: Path) -> None:
    write_image(tmp_path, b"[/EN#1/people A caf\xe9 owner ]\r\n", object_([1], (1, 1, 9, 9)))
    sentences, warnings = read(tmp_path)
    assert sentences[0].phrases[0].text == "A caf\N{REPLACEMENT CHARACTER} owner"
    assert warnings["stray characters in captions, read as �"] == 1


def test_a_box_outside_its_image_is_counted_and_one_upside_down_refused(tmp_path: Path) -> None:
    write_image(tmp_path, "[/EN#1/people A man ]", object_([1], (50, 50, 130, 70)))
    assert read(tmp_path)[1] == {"annotated boxes that reach outside their image": 1}
    write_image(tmp_path, "[/EN#1/people A man ]", object_([1], (50, 50, 40, 70)))
    with pytest.raises(DataError, match=r"7\.xml: the box \[50, 50, 40, 70\] ends before it starts"):
        read(tmp_path)


def test_a_box_of_one_pixel_is_kept_and_counted(tmp_path: Path) -> None:
    write_image(tmp_path, "[/EN#1/people A man ]", object_([1], (50, 50, 50, 50)))
    sentences, warnings = read(tmp_path)
    assert sentences[0].phrases[0].target == (50, 50, 50, 50)
    assert warnings == {"annotated boxes without an area": 1}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "the split is empty"),
        ("7\n7\n", "line 2: image 7 is already listed in line 1"),
        ("../../etc/passwd\n", "line 1: .* is not an image id"),
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


def test_id_lists_are_found_beside_the_captions_too(flickr_folder: Path) -> None:
    source = Flickr30kEntities(flickr_folder, Rules.corrected)
    ids = source.image_ids("test")
    (flickr_folder / "test.txt").rename(flickr_folder / "Flickr30kEntities" / "test.txt")
    assert source.image_ids("test") == ids
    (flickr_folder / "Flickr30kEntities" / "test.txt").unlink()
    with pytest.raises(DataError, match=r"test\.txt: the list of test images is missing"):
        source.image_ids("test")


def test_an_image_without_its_files_is_an_error_that_names_them(tmp_path: Path) -> None:
    write_image(tmp_path, "[/EN#1/people A man ]", object_([1], (1, 1, 9, 9)))
    (tmp_path / "Flickr30kEntities/Sentences/7.txt").unlink()
    with pytest.raises(DataError, match=r"7\.txt: cannot be read: No such file"):
        read(tmp_path)
    (tmp_path / "Flickr30kEntities/Annotations/7.xml").unlink()
    with pytest.raises(DataError, match=r"7\.xml: cannot be read: No such file"):
        read(tmp_path)
