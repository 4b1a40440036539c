"""A folder in the layout of Flickr30k Entities with MAF's detection files, written by hand.

Twenty images of street, park, kitchen and stage. Each scene lists its things (entity, type, detector label, box) and its
captions; detections are the things' boxes, some of them missed or mislabelled, and a few boxes of background.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

SIZE = (500, 375)
FEATURES = 32


@dataclass(frozen=True)
class Thing:
    entity: int
    label: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Scene:
    things: list[Thing]
    captions: list[str]
    background: list[tuple[str, tuple[int, int, int, int]]] = field(
        default_factory=lambda: [
            ("sky", (1, 1, 499, 120)),
            ("ground", (1, 300, 499, 374)),
            ("tree", (400, 20, 495, 260)),
        ]
    )


MAN, SHIRT, HAT = (
    Thing(1, "man", (60, 60, 180, 350)),
    Thing(2, "shirt", (80, 120, 165, 220)),
    Thing(3, "hat", (90, 60, 150, 95)),
)
DOG, BALL = Thing(4, "dog", (260, 230, 400, 350)), Thing(5, "ball", (420, 310, 450, 340))
WOMAN, GUITAR = Thing(6, "woman", (220, 70, 330, 350)), Thing(7, "guitar", (230, 170, 360, 240))
CHILD_1, CHILD_2 = Thing(8, "boy", (30, 150, 110, 340)), Thing(8, "girl", (130, 160, 210, 345))
CAR, TABLE = Thing(9, "car", (280, 180, 480, 300)), Thing(10, "table", (150, 220, 380, 340))
SECOND_DOG = Thing(11, "dog", (90, 250, 190, 345))

SCENES = [
    Scene([MAN, SHIRT, HAT], ["[/EN#1/people A man] in [/EN#2/clothing a blue shirt] wears [/EN#3/clothing a hat] .", "[/EN#1/people An older guy] stands outside ."]),
    Scene([DOG, BALL], ["[/EN#4/animals A brown dog] chases [/EN#5/other a ball] across [/EN#0/notvisual the way] .", "[/EN#4/animals A puppy] runs ."]),
    Scene([WOMAN, GUITAR], ["[/EN#6/people A woman] plays [/EN#7/instruments an acoustic guitar] on [/EN#12/scene a stage] .", "[/EN#6/people A female musician] performs with [/EN#7/instruments her guitar] ."]),
    Scene([CHILD_1, CHILD_2], ["[/EN#8/people Two children] play in [/EN#12/scene the park] .", "[/EN#8/people Kids] are laughing ."]),
    Scene([CAR, MAN], ["[/EN#1/people A man] leans on [/EN#9/vehicles a red car] .", "[/EN#9/vehicles The vehicle] is parked beside [/EN#1/people a person] ."]),
    Scene([TABLE, WOMAN], ["[/EN#6/people A lady] sits at [/EN#10/other a wooden table] .", "[/EN#6/people A young woman] eats at [/EN#10/other the table]."]),
    Scene([DOG, SECOND_DOG], ["[/EN#4/animals The dog on the right] watches [/EN#11/animals the dog on the left] .", "[/EN#4/animals/other A dog] barks ."]),
    Scene([MAN, DOG, BALL], ["[/EN#1/people A man in a black tank top] throws [/EN#5/other a tennis ball] to [/EN#4/animals his dog] ."]),
    Scene([WOMAN, HAT, CAR], ["[/EN#6/people A woman] with [/EN#3/clothing a straw hat] walks by [/EN#9/vehicles a car] ."]),
    Scene([CHILD_1, CHILD_2, TABLE], ["[/EN#8/people A boy and a girl] draw at [/EN#10/other a small table] ."]),
    Scene([MAN, GUITAR], ["[/EN#1/people A bearded man] holds [/EN#7/instruments a guitar] .", "[/EN#1/people Someone] plays ."]),
    Scene([WOMAN, SHIRT], ["[/EN#6/people The girl] wears [/EN#2/clothing a white T-shirt] ."]),
    Scene([CAR, DOG], ["[/EN#4/animals A spotted dog] lies next to [/EN#9/vehicles an old car] ."]),
    Scene([MAN, WOMAN], ["[/EN#1/people A man] and [/EN#6/people a woman] dance together .", "[/EN#6/people The woman on the right] smiles ."]),
    Scene([TABLE, BALL], ["[/EN#5/other A ball] rolls under [/EN#10/other a table] ."]),
    Scene([CHILD_1, CHILD_2, DOG], ["[/EN#8/people Two kids] pet [/EN#4/animals a large dog] .", "[/EN#4/animals The dog] wags ."]),
    Scene([MAN, HAT, GUITAR], ["[/EN#1/people A street musician] in [/EN#3/clothing a cap] plays [/EN#7/instruments guitar] ."]),
    Scene([WOMAN, CAR, SHIRT], ["[/EN#6/people A woman] in [/EN#2/clothing a green shirt] drives [/EN#9/vehicles her car] ."]),
    Scene([DOG, SECOND_DOG, BALL], ["[/EN#11/animals A small dog] and [/EN#4/animals a big dog] want [/EN#5/other the ball] ."]),
    Scene([TABLE, MAN, SHIRT], ["[/EN#1/people A cook] in [/EN#2/clothing a white shirt] stands behind [/EN#10/other a table] .", "[/EN#1/people The man] works ."]),
]  # fmt: skip
SPLITS = {"train": range(12), "val": range(12, 16), "test": range(16, 20)}


def image_id(number: int) -> str:
    return str(100_200_300 + 17 * number)


def write_flickr_folder(root: Path) -> None:
    """Write the whole folder."""
    entities = root / "Flickr30kEntities"
    for name in ("Sentences", "Annotations"):
        (entities / name).mkdir(parents=True, exist_ok=True)
    for number, scene in enumerate(SCENES):
        text = "\n".join(scene.captions) + "\n"
        (entities / "Sentences" / f"{image_id(number)}.txt").write_text(text, encoding="utf-8")
        (entities / "Annotations" / f"{image_id(number)}.xml").write_text(annotation(scene), encoding="utf-8")
    for split, numbers in SPLITS.items():
        (root / f"{split}.txt").write_text("".join(f"{image_id(number)}\n" for number in numbers))
        write_detections(root, split, {image_id(number): detections(SCENES[number], number) for number in numbers})


def annotation(scene: Scene) -> str:
    objects = "".join(
        f"<object><name>{thing.entity}</name><bndbox>"
        + "".join(
            f"<{tag}>{value}</{tag}>" for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), thing.box, strict=True)
        )
        + "</bndbox></object>"
        for thing in scene.things
    )
    nowhere = "<object><name>12</name><scene>1</scene><nobndbox>1</nobndbox></object>"
    width, height = SIZE
    size = f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>"
    return f"<annotation>{size}{objects}{nowhere}</annotation>"


def detections(scene: Scene, number: int) -> dict[str, list[Any]]:
    """Boxes near the things, every seventh of them missed and every fifth mislabelled, and the background."""
    generator = np.random.default_rng(number)
    boxes, classes = [], []
    for place, thing in enumerate(scene.things):
        if (number + place) % 7 == 6:
            continue
        boxes.append([float(v) for v in np.array(thing.box) + generator.uniform(-6, 6, 4)])
        classes.append("dog,puppy" if thing.label == "dog" else "bench" if (number + place) % 5 == 4 else thing.label)
    for label, box in scene.background:
        boxes.append([float(v) for v in box])
        classes.append(label)
    return {"bboxes": boxes, "classes": classes}


def write_detections(root: Path, split: str, found: dict[str, dict[str, list[Any]]]) -> None:
    (root / f"{split}_detection_dict.json").write_text(json.dumps(found))
    (root / f"{split}_images_size.json").write_text(json.dumps({name: list(SIZE) for name in found}))
    with (root / f"{split}_imgid2idx.pkl").open("wb") as file:
        pickle.dump({int(name): row for row, name in enumerate(found)}, file, protocol=3)
    ends = np.cumsum([len(entry["bboxes"]) for entry in found.values()])
    spans = np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1)
    # A feature tells its label: a direction of its own for each, and some noise.
    labels = [label for entry in found.values() for label in entry["classes"]]
    directions = {
        label: np.random.default_rng(len(label) + ord(label[0])).standard_normal(FEATURES) for label in labels
    }
    noise = np.random.default_rng(len(split)).standard_normal((len(labels), FEATURES))
    features = np.stack([directions[label] for label in labels]) + 0.3 * noise
    with h5py.File(root / f"{split}_features_compress.hdf5", "w") as file:
        file["features"] = features.astype(np.float32)
        file["bboxes"] = np.array([box for entry in found.values() for box in entry["bboxes"]], dtype=np.float32)
        file["pos_bboxes"] = spans
