"""A folder of the hand-made scenes: plain captions to train on, phrases with boxes to judge by, and detections."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from flickr_folder import SCENES, SIZE, SPLITS, detections, image_id, write_detections

MARK = re.compile(r"\[/EN#(?P<entity>[0-9]+)/(?P<types>[a-z/]+) (?P<text>[^\]]+)\]")


def write_captions_folder(root: Path, *, train: str = ".json") -> None:
    """Write the whole folder; the training captions in a file of some ending."""
    root.mkdir(parents=True)
    write_captions(root / f"train{train}", "train")
    for split in ("val", "test"):
        write_lines(root / f"{split}.jsonl", phrase_lines(split))
    for split, numbers in SPLITS.items():
        write_detections(root, split, {image_id(number): detections(SCENES[number], number) for number in numbers})


def write_captions(path: Path, split: str) -> None:
    """Write a split's plain captions as the ending of the file says."""
    if path.suffix == ".json":
        path.write_text(json.dumps(coco(split)), encoding="utf-8")
    elif path.suffix == ".jsonl":
        write_lines(path, [{"image": name, "caption": caption} for name, caption in plain_captions(split)])
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [("image", "caption"), *((f"{name}.jpg", caption) for name, caption in plain_captions(split))]
            )


def plain_captions(split: str) -> list[tuple[str, str]]:
    """Images and their captions, without marks."""
    return [
        (image_id(number), MARK.sub(lambda match: match["text"], caption))
        for number in SPLITS[split]
        for caption in SCENES[number].captions
    ]


def coco(split: str) -> dict[str, Any]:
    """A split's captions as COCO has them, annotations first."""
    images = [
        {"id": int(image_id(number)), "file_name": f"{image_id(number)}.jpg", "width": SIZE[0], "height": SIZE[1]}
        for number in SPLITS[split]
    ]
    annotations = [
        {"image_id": int(name), "id": 7 + place, "caption": caption}
        for place, (name, caption) in enumerate(plain_captions(split))
    ]
    return {"info": {}, "annotations": annotations, "images": images}


def phrase_lines(split: str) -> list[dict[str, Any]]:
    """A split's captions with the spans, boxes and types of their phrases; one that has no box has an empty list."""
    lines = []
    for number in SPLITS[split]:
        for marked in SCENES[number].captions:
            caption, phrases, at = "", [], 0
            for match in MARK.finditer(marked):
                caption += marked[at : match.start()]
                span = [len(caption), len(caption) + len(match["text"])]
                entity = int(match["entity"])
                boxes = [list(thing.box) for thing in SCENES[number].things if thing.entity == entity]
                phrases.append({"span": span, "boxes": boxes, "category": match["types"]})
                caption, at = caption + match["text"], match.end()
            line = {"image": image_id(number), "caption": caption + marked[at:], "phrases": phrases}
            lines.append({**line, "width": SIZE[0], "height": SIZE[1]})
    return lines


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
