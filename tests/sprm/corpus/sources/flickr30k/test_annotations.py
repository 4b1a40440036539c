from __future__ import annotations

from pathlib import Path

import pytest

from sprm.corpus.sources.flickr30k.annotations import read_annotation
from sprm.errors import DataError


def test_one_object_may_name_several_entities_and_one_entity_several_boxes(tmp_path: Path) -> None:
    box = "<bndbox><xmin>{}</xmin><ymin>2</ymin><xmax>{}</xmax><ymax>4</ymax></bndbox>"
    objects = [
        "<object><name>1</name><name>2</name>" + box.format(1, 3) + "</object>",
        "<object><name>2</name>" + box.format(5, 9) + "</object>",
        "<object><name>3</name><scene>1</scene><nobndbox>1</nobndbox></object>",
    ]
    path = tmp_path / "7.xml"
    size = "<size><width>20</width><height>10</height></size>"
    path.write_text(f"<annotation>{size}{''.join(objects)}</annotation>")
    annotation = read_annotation(path)
    assert (annotation.width, annotation.height) == (20, 10)
    assert {entity: boxes.tolist() for entity, boxes in annotation.boxes.items()} == {
        "1": [[1, 2, 3, 4]],
        "2": [[1, 2, 3, 4], [5, 2, 9, 4]],
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_that_declares_entities_is_refused_unread_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "7.xml"
    bomb = '<!DOCTYPE a [<!ENTITY b "boom"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>'
    path.write_text(f'<?xml version="1.0" encoding="{encoding}"?>{bomb}', encoding=encoding)
    with pytest.raises(DataError, match="declares a document type"):
        read_annotation(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("<annotation><size>", "not well-formed"),
        (
            "<annotation><size><width>9000000</width><height>1</height></size></annotation>",
            "expected width and height in pixels, 1 to 1,000,000, found 9000000 and 1",
        ),
        ('<?xml version="1.0" encoding="no-such"?><annotation/>', "not well-formed"),
        ("<annotation/>", "<size/width> should hold a whole number, found None"),
        ("<annotation><size><width>wide</width><height>1</height></size></annotation>", "found 'wide'"),
    ],
)
def test_malformed_xml_is_named(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "7.xml"
    path.write_text(content)
    with pytest.raises(DataError, match=problem):
        read_annotation(path)
