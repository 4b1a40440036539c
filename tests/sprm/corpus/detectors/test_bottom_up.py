from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bottom_up_files import ANDERSON, LXMERT, encoded, tsv_line, write_vocabulary
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import sprm.corpus.detectors.bottom_up
from sprm.corpus.detection import tally_boxes
from sprm.corpus.detectors.bottom_up import BottomUpDetections
from sprm.corpus.detectors.vocabulary import read_vocabulary
from sprm.corpus.warnings import Tally
from sprm.errors import DataError

BOXES = np.array([[1.0, 2.0, 30.0, 40.0], [5.5, 5.0, 80.0, 90.0]])
FEATURES = np.arange(8.0).reshape(2, 4)
NAMES = ["man", "stop sign,stopsign", "dog"]


def line(image_id: str = "7", *, classes: tuple[int, ...] = (1, 2), **other: Any) -> bytes:
    return tsv_line(image_id, BOXES, FEATURES, classes=classes, **other)


def write(root: Path, *lines: bytes, name: str = "one.tsv") -> None:
    write_vocabulary(root, NAMES)
    (root / name).write_bytes(b"".join(lines))


def find(root: Path, image_id: str = "7") -> tuple[Any, dict[str, int]]:
    tally = Tally()
    with BottomUpDetections(root, [image_id]).part([image_id]) as part:
        found = part.find(image_id, tally)
    if found is not None:
        tally_boxes(image_id, found.width, found.height, found.boxes, tally)
    return found, {warning.kind: warning.count for warning in tally.warnings()}


def test_boxes_classes_and_features_of_an_image_stand_side_by_side(tmp_path: Path) -> None:
    write(tmp_path, line("6", classes=(0, 0)), line("7"))
    found, warnings = find(tmp_path)
    assert (found.width, found.height) == (500, 375)
    assert found.boxes.tolist() == BOXES.tolist()
    assert found.class_names == ["stop sign,stopsign", "dog"]
    assert found.features.tolist() == FEATURES.tolist()
    assert warnings == {}


def test_six_columns_name_no_classes_which_is_counted(tmp_path: Path) -> None:
    write(tmp_path, line(columns=ANDERSON))
    found, warnings = find(tmp_path)
    assert (found.width, found.height) == (500, 375)
    assert found.boxes.tolist() == BOXES.tolist()
    assert found.class_names == ["(unnamed)", "(unnamed)"]
    assert warnings == {"regions without a class, which the untrained module cannot tell apart": 2}


def test_both_variants_may_stand_in_one_file(tmp_path: Path) -> None:
    write(tmp_path, line("6", columns=ANDERSON), line("7", columns=LXMERT))
    assert find(tmp_path, "6")[0].features.tolist() == find(tmp_path, "7")[0].features.tolist()


def test_blanks_around_an_id_and_at_the_end_of_a_line_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, b" " + line("7 ").rstrip(b"\n") + b"  \n")
    (tmp_path / "objects_vocab.txt").write_text("man \n stop sign,stopsign\t\ndog\n")
    assert find(tmp_path)[0].class_names == NAMES[1:]


def test_lines_of_images_that_no_split_lists_are_counted_with_the_first_split(tmp_path: Path) -> None:
    write(tmp_path, line("6"), line("7"))
    found = BottomUpDetections(tmp_path, ["7"])
    assert [(warning.count, warning.examples) for warning in found.passed_over("train")] == [(1, ["one.tsv, 6"])]
    assert found.passed_over("val") == []


PIXELS = st.floats(-1_000, 0, width=32) | st.floats(2, 1_000, width=32)


@given(
    boxes=st.integers(1, 4).flatmap(lambda count: arrays(np.float32, (count, 4), elements=PIXELS)),
    size=st.integers(1, 5),
    columns=st.sampled_from([ANDERSON, LXMERT]),
)
def test_numbers_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, boxes: np.ndarray, size: int, columns: int
) -> None:
    root = tmp_path_factory.getbasetemp()
    features = np.linspace(-9, 9, len(boxes) * size, dtype=np.float32).reshape(len(boxes), size)
    classes = [row % 3 for row in range(len(boxes))]
    write(root, tsv_line("7", boxes, features, classes=classes, columns=columns))
    found, _ = find(root)
    np.testing.assert_array_equal(found.boxes, boxes)
    np.testing.assert_array_equal(found.features, features.astype(np.float16))


def test_an_image_is_found_in_whichever_file_it_stands(tmp_path: Path) -> None:
    write(tmp_path, line("5"), line("6"), name="a.tsv")
    write(tmp_path, line("7"), name="b.tsv")
    (tmp_path / "notes.txt").write_text("no tsv")
    for image_id in ("5", "6", "7"):
        assert find(tmp_path, image_id)[0] is not None


@pytest.mark.parametrize("rows", [(), (line("6"),), (line("7", num_boxes=b"0", boxes=b"", features=b""),)])
def test_an_image_without_a_line_or_without_boxes_is_no_error(tmp_path: Path, rows: tuple[bytes, ...]) -> None:
    write(tmp_path, *rows)
    assert find(tmp_path)[0] is None


def test_an_image_that_nobody_asked_for_is_not_decoded(tmp_path: Path) -> None:
    write(tmp_path, b"6\tbroken\n", line("7"), b"6\ttwice\n")
    assert find(tmp_path)[0] is not None
    with BottomUpDetections(tmp_path, ["7"]).part([]) as part:
        assert part.find("7", Tally()) is None


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"", b"\n\n", b"\r\n\r\n\n"])
@pytest.mark.parametrize("columns", [ANDERSON, LXMERT])
def test_lines_may_end_in_either_way_and_empty_ones_are_passed_over(tmp_path: Path, end: bytes, columns: int) -> None:
    middle = end or b"\r\n"
    write(tmp_path, line("6", columns=columns)[:-1] + middle, line("7", columns=columns)[:-1] + end)
    assert find(tmp_path, "6")[0].features.tolist() == FEATURES.tolist()
    assert find(tmp_path)[0].features.tolist() == FEATURES.tolist()


def test_a_vocabulary_may_have_lines_that_end_in_either_way(tmp_path: Path) -> None:
    path = tmp_path / "objects_vocab.txt"
    for content in (b"man\nred dog,puppy\n", b"man\r\nred dog,puppy\r\n", b"\xef\xbb\xbfman\nred dog,puppy"):
        path.write_bytes(content)
        assert read_vocabulary(path) == ["man", "red dog,puppy"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", ", line 1: expected the name of a class"),
        (b"man\n \ndog\n", ", line 2: expected the name of a class"),
        (b"man\n\xff\n", ": the vocabulary of classes is not text in UTF-8"),
    ],
)
def test_a_malformed_vocabulary_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    write(tmp_path, line())
    (tmp_path / "objects_vocab.txt").write_bytes(content)
    with pytest.raises(DataError, match=rf"objects_vocab\.txt{problem}"):
        find(tmp_path)


def test_a_vocabulary_whose_classes_a_stray_carriage_return_would_renumber_is_named(tmp_path: Path) -> None:
    write(tmp_path, line())
    (tmp_path / "objects_vocab.txt").write_bytes(b"man\nstop\rsign\ndog\n")
    with pytest.raises(DataError, match=r"objects_vocab\.txt, line 2: a carriage return"):
        find(tmp_path)


def test_a_missing_vocabulary_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"objects_vocab\.txt: cannot be read: No such file"):
        find(tmp_path)
    write_vocabulary(tmp_path, NAMES)
    with pytest.raises(DataError, match=r"contains no \.tsv file"):
        find(tmp_path)


def test_a_folder_that_is_called_as_a_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, line())
    (tmp_path / "two.tsv").mkdir()
    with pytest.raises(DataError, match=r"two\.tsv: cannot be read: Is a directory"):
        find(tmp_path)


@pytest.mark.parametrize(("first", "second"), [("a.tsv", "a.tsv"), ("a.tsv", "b.tsv")])
def test_an_image_that_stands_in_two_lines_is_named_with_both(tmp_path: Path, first: str, second: str) -> None:
    rows: dict[str, list[bytes]] = {first: [line("5"), line("7")]}
    rows.setdefault(second, []).extend([line("6"), line("7")])
    for name, lines in rows.items():
        write(tmp_path, *lines, name=name)
    number = len(rows[second])
    with pytest.raises(DataError, match=rf"{second}, line {number}: image 7 stands in {first}, line 2, too"):
        find(tmp_path)


@pytest.mark.parametrize(
    "start",
    [b"", b"\t1\t2", b"7", b"no tab at all", b"../../x\t1", b"a b\t1", b"7.jpg\t1", b"\xff\t1", b"7" * 300 + b"\t1"],
)  # fmt: skip
def test_a_line_that_starts_with_no_image_id_is_named_wanted_or_not(tmp_path: Path, start: bytes) -> None:
    write(tmp_path, line("7"), (start or b"\t") + b"x\n")
    with pytest.raises(DataError, match=r"one\.tsv, line 2: expected an image id and a tab, found ") as caught:
        find(tmp_path)
    assert len(caught.value.problem) < 200


@pytest.mark.parametrize("count", [2, 5, 7, 9, 11, 40])
def test_another_number_of_columns_is_named_with_its_line(tmp_path: Path, count: int) -> None:
    write(tmp_path, line("6"), b"7" + b"\t1" * (count - 1) + b"\n")
    with pytest.raises(DataError, match=rf"one\.tsv, line 2: expected 6 columns .* or 10 .*, found {count}"):
        find(tmp_path)


@pytest.mark.parametrize("column", ["img_w", "img_h", "num_boxes"])
@pytest.mark.parametrize(
    "value", [b"", b"-1", b"1.0", b" 7", b"many", b"9" * 8, b"9" * 10_000, b"\xd9\xa1", b"1000001"]
)
def test_a_number_that_is_none_is_named_with_its_column(tmp_path: Path, column: str, value: bytes) -> None:
    write(tmp_path, line("6"), line("7", **{column: value}))
    with pytest.raises(DataError, match=rf"one\.tsv, line 2: {column}: expected a whole number, found ") as caught:
        find(tmp_path)
    assert len(caught.value.problem) < 200


@pytest.mark.parametrize("column", ["img_w", "img_h"])
def test_an_image_without_width_or_height_is_named(tmp_path: Path, column: str) -> None:
    write(tmp_path, line("7", **{column: b"0"}))
    with pytest.raises(DataError, match=r"one\.tsv, line 1: expected width and height in pixels, .*found .*0"):
        find(tmp_path)


@pytest.mark.parametrize("column", ["objects_id", "boxes", "features"])
@pytest.mark.parametrize("value", [b"A", b"AAA", b"AA=A", b"AAAA====", b"AA AA", b"AA\rAA", b"AA-_", b"\xff" * 4])
def test_broken_base64_is_named_with_its_column(tmp_path: Path, column: str, value: bytes) -> None:
    write(tmp_path, line("6"), line("7", **{column: value}))
    with pytest.raises(DataError, match=rf"one\.tsv, line 2: {column}: (broken base64|expected .* numbers of)"):
        find(tmp_path)


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("boxes", b"", r"expected 2 x 4 numbers of 4 bytes, found 0 bytes"),
        ("boxes", encoded(BOXES[:1], "<f4"), r"expected 2 x 4 numbers of 4 bytes, found 16 bytes"),
        ("boxes", encoded(BOXES, "<f8"), r"expected 2 x 4 numbers of 4 bytes, found 64 bytes"),
        ("boxes", encoded(np.ones(8), "|i1"), r"expected 2 x 4 numbers of 4 bytes, found 8 bytes"),
        ("objects_id", encoded(np.ones(3), "<i8"), r"expected 2 numbers of 8 bytes, found 24 bytes"),
        ("objects_id", encoded(np.ones(2), "<i4"), r"expected 2 numbers of 8 bytes, found 8 bytes"),
        ("features", b"", r"expected 2 x any numbers of 4 bytes, found 0 bytes"),
        ("features", encoded(np.ones(5), "<f4"), r"expected 2 x any numbers of 4 bytes, found 20 bytes"),
        ("features", encoded(np.ones(9), "|i1"), r"expected 2 x any numbers of 4 bytes, found 9 bytes"),
        ("num_boxes", b"3", r"expected 3 x 4 numbers of 4 bytes, found 32 bytes"),
        ("num_boxes", b"1000000", r"expected 1000000 x 4 numbers of 4 bytes, found 32 bytes"),
    ],
)
def test_an_array_of_another_size_is_named_with_its_column(
    tmp_path: Path, column: str, value: bytes, problem: str
) -> None:
    write(tmp_path, line("6"), line("7", **{column: value}))
    where = column if column != "num_boxes" else "boxes"
    with pytest.raises(DataError, match=rf"one\.tsv, line 2: {where}: {problem}"):
        find(tmp_path)


@pytest.mark.parametrize("classes", [(0, 3), (-1, 0), (2**40, 0), (-(2**63), 0)])
def test_a_class_that_the_vocabulary_does_not_have_is_named(tmp_path: Path, classes: tuple[int, ...]) -> None:
    write(tmp_path, line("6"), line("7", classes=classes))
    problem = r"one\.tsv, line 2: objects_id: class -?\d+ is none of the vocabulary's 3; ids count from 0, so 0 to 2"
    with pytest.raises(DataError, match=problem):
        find(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.1e6])
def test_a_coordinate_that_is_none_is_named(tmp_path: Path, value: float) -> None:
    write(tmp_path, line("6"), line("7", boxes=encoded(np.full((2, 4), value), "<f4")))
    with pytest.raises(DataError, match=r"one\.tsv, line 2: boxes: a coordinate is no number of pixels"):
        find(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e6])
def test_a_feature_that_16_bits_cannot_hold_is_named(tmp_path: Path, value: float) -> None:
    write(tmp_path, line("6"), line("7", features=encoded(np.full((2, 4), value), "<f4")))
    with pytest.raises(DataError, match=r"one\.tsv, line 2: a feature is not finite, or too large"):
        find(tmp_path)


def test_boxes_upside_down_or_outside_are_kept_and_counted(tmp_path: Path) -> None:
    odd = np.array([[30.0, 1, 20, 9], [-2, 1, 20, 9]])
    write(tmp_path, line("7", boxes=encoded(odd, "<f4")))
    found, warnings = find(tmp_path)
    assert found.boxes.tolist() == odd.tolist()
    assert warnings == {
        "detected boxes without an area": 1,
        "detected boxes that reach outside their image": 1,
    }


@pytest.mark.parametrize("content", [b"x" * 5_000, b"7\t" + b"x" * 5_000 + b"\n", b"\n" + b"7\t1\t" + b"\x00" * 5_000])
def test_a_line_without_end_is_named_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(sprm.corpus.detectors.bottom_up, "LONGEST_LINE", 4_096)
    write(tmp_path, line("6"), content)
    with pytest.raises(DataError, match=r"one\.tsv, line [23]: a line of 4,096 bytes or more"):
        find(tmp_path)


def test_a_file_that_is_gone_or_shorter_when_it_is_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, line("6"), line("7"))
    part = BottomUpDetections(tmp_path, ["7"]).part(["7"])
    path = tmp_path / "one.tsv"
    path.write_bytes(line("6"))
    with part, pytest.raises(DataError, match=r"one\.tsv, line 2: "):
        part.find("7", Tally())
    path.unlink()
    with part, pytest.raises(DataError, match=r"one\.tsv, line 2: cannot be read: No such file"):
        part.find("7", Tally())


@given(st.lists(st.binary(max_size=30) | st.text("7\t\n\rAA=", max_size=30).map(str.encode), max_size=4))
def test_no_bytes_escape_as_another_error(tmp_path_factory: pytest.TempPathFactory, content: list[bytes]) -> None:
    root = tmp_path_factory.getbasetemp()
    write(root, *content)
    try:
        find(root)
    except DataError as error:
        assert error.path == root / "one.tsv"


def test_confidences_of_the_classes_are_the_scores_and_six_columns_have_none(tmp_path: Path) -> None:
    write(tmp_path, line(objects_conf=encoded(np.array([0.75, 0.5]), "<f4")))
    assert find(tmp_path)[0].scores.tolist() == [0.75, 0.5]
    write(tmp_path, line(columns=ANDERSON))
    assert find(tmp_path)[0].scores is None


@pytest.mark.parametrize("score", [np.nan, -0.25, 1.5])
def test_a_confidence_outside_of_0_to_1_is_refused(tmp_path: Path, score: float) -> None:
    write(tmp_path, line("8"), line(objects_conf=encoded(np.array([0.75, score]), "<f4")))
    problem = rf"one\.tsv, line 2: a score should be a number from 0 to 1, found {score}"
    with pytest.raises(DataError, match=problem):
        find(tmp_path)
