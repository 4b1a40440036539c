from __future__ import annotations

from pathlib import Path

import pytest

from sprm.corpus.flickr30k import Flickr30kEntities
from sprm.corpus.tally import Tally
from sprm.errors import DataError
from sprm.settings import Rules


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
    assert warnings == {"phrases left out for want of a box": 1, "captions left out for want of a visual phrase": 1}


def test_unrelated_captions_are_left_out_and_counted(tmp_path: Path) -> None:
    write_image(tmp_path, "[/EN#1/people A man ]\n[/EN#1/people A car ]\n", object_([1], (1, 1, 9, 9)))
    # As the owners' list does, this one counts an image's captions from 1.
    listed = "# format: <imageID> <sentence number>\n7 2\n99 5\n"
    (tmp_path / "Flickr30kEntities/UNRELATED_CAPTIONS").write_text(listed)
    sentences, warnings = read(tmp_path)
    assert [sentence.sentence_id for sentence in sentences] == ["7#0"]
    assert warnings == {"captions left out as unrelated to their image": 1}


@pytest.mark.parametrize("line", ["7", "7 0", "7 one", "7 1 2"])
def test_a_malformed_list_of_unrelated_captions_is_named(tmp_path: Path, line: str) -> None:
    write_image(tmp_path, "")
    (tmp_path / "Flickr30kEntities/UNRELATED_CAPTIONS").write_text(f"99 5\n{line}\n")
    with pytest.raises(DataError, match="UNRELATED_CAPTIONS, line 2: expected an image id and a caption's number"):
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
    assert list(warnings.values()) == [1]


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
