"""Invented files in the layout of Flickr30k Entities with released detections, as many and as big as the true ones.

What decides how long reading takes is as in the owners' files: how many images, captions, phrases, boxes and words
there are, and how the feature files are chunked and compressed. Memory stays bounded while they are written.
"""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path

import h5py
import numpy as np

IMAGES = {"train": 29_783, "val": 1_000, "test": 1_000}
CAPTIONS = 5
FEATURES = 2048
FEWEST_BOXES, MOST_BOXES = 20, 52
SIZE = (500, 375)
GLOVE = (400_000, 300)
LABELS = 1_600
WITHOUT_DETECTIONS = 3
_TYPES = ("people", "clothing", "bodyparts", "animals", "vehicles", "instruments", "other", "scene")
_OPENINGS = "a a a a the the two three several his her".split()
_LINKS = "with in near holding behind on".split()
_ENDS = "outside on the left at night in the middle together".split()


@dataclass(frozen=True)
class Words:
    """What captions and labels are made of; frequent words come first."""

    nouns: list[str]
    adjectives: list[str]
    others: list[str]
    """Words that only the file of word vectors holds."""

    @classmethod
    def invented(cls) -> Words:
        """Make words of syllables, always the same."""
        syllables = [first + second for first, second in product("bdfgjklmnprstvwz", "aeiou")]
        made = ["".join(parts) for count in (2, 3) for parts in product(syllables, repeat=count)]
        order = np.random.default_rng(0).permutation(len(made))
        words = [made[place] for place in order]
        return cls(words[:2500], words[2500:3000], words[3000:])

    def labels(self) -> list[str]:
        """Class lines, an eighth of them with a second spelling."""
        pairs = zip(self.nouns[:LABELS], cycle(self.adjectives), strict=False)
        return [
            f"{adjective} {noun},{adjective}{noun}" if row % 8 == 7 else noun
            for row, (noun, adjective) in enumerate(pairs)
        ]


@dataclass(frozen=True)
class _Entity:
    number: int
    type: str
    boxes: list[tuple[int, ...]]
    """Empty when nothing marks where it is."""


@dataclass(frozen=True)
class Files:
    """Where everything is."""

    folder: Path

    # Named so that nobody's own files bear these names: what is there already is deleted.
    @property
    def root(self) -> Path:
        return self.folder / "invented-flickr30k"

    @property
    def vectors(self) -> Path:
        return self.folder / "invented-glove.txt"


def write_files(folder: Path, scale: float) -> Files:
    """Write all files, unless they are there already at this scale.

    Args:
        folder: where to write.
        scale: part of the true size, in (0, 1].
    """
    files, marker, made = Files(folder), folder / "invented.json", json.dumps({"scale": scale})
    if marker.is_file() and marker.read_text() == made:
        return files
    marker.unlink(missing_ok=True)
    shutil.rmtree(files.root, ignore_errors=True)
    words, first = Words.invented(), 0
    for split, true_size in IMAGES.items():
        ids = [str(36_979 + 157 * number) for number in range(first, first + max(round(true_size * scale), 8))]
        first += len(ids)
        _write_split(files.root, split, ids, words)
    _write_vectors(files.vectors, words, max(round(GLOVE[0] * scale), 6000))
    marker.write_text(made)
    return files


def _write_split(root: Path, split: str, ids: Sequence[str], words: Words) -> None:
    generator = np.random.Generator(np.random.SFC64(len(split)))
    for name in ("Sentences", "Annotations"):
        (root / "Flickr30kEntities" / name).mkdir(parents=True, exist_ok=True)
    (root / f"{split}.txt").write_text("".join(f"{name}\n" for name in ids))
    _write_annotations(root / "Flickr30kEntities", ids, words, generator)
    _write_detections(root, split, ids, words, generator)


def _write_annotations(root: Path, ids: Sequence[str], words: Words, generator: np.random.Generator) -> None:
    for image_id in ids:
        entities = _entities(generator)
        lines = [_caption(entities, words, generator) for _ in range(CAPTIONS)]
        (root / "Sentences" / f"{image_id}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (root / "Annotations" / f"{image_id}.xml").write_text(_annotation(image_id, entities), encoding="utf-8")


def _entities(generator: np.random.Generator) -> list[_Entity]:
    """Return five to eleven entities; the last has no box, and every eighth of the others several."""
    count = int(generator.integers(5, 12))
    found = []
    for number in range(1, count + 1):
        boxes = 0 if number == count else int(generator.integers(2, 6)) if generator.random() < 0.12 else 1
        corners = [(x, y, x + w, y + h) for x, y, w, h in generator.integers(1, (300, 200, 200, 175), (boxes, 4))]
        found.append(_Entity(number, str(generator.choice(_TYPES)), [tuple(map(int, box)) for box in corners]))
    return found


def _caption(entities: Sequence[_Entity], words: Words, generator: np.random.Generator) -> str:
    """Return a caption of about three phrases with boxes, perhaps one without; of every thirtieth, none has one."""
    shown = generator.permutation(len(entities) - 1)[: generator.integers(2, 5)]
    boxless = generator.random() < 1 / 30
    named = [] if boxless else [entities[place] for place in shown]
    if boxless or generator.random() < 0.5:
        named.append(entities[-1])
    phrases = [f"[/EN#{entity.number}/{entity.type} {_phrase(words, generator)}]" for entity in named]
    if generator.random() < 0.2:
        phrases.append("[/EN#0/notvisual the way]")
    return " are seen by ".join(phrases) + " ."


def _phrase(words: Words, generator: np.random.Generator) -> str:
    """Return a phrase of one to eight words, one of some hundred thousand."""
    kind = generator.random()
    parts = [_drawn(_OPENINGS, generator)]
    parts += [_frequent(words.adjectives, generator)] if kind < 0.25 else []
    parts += [_frequent(words.nouns, generator)]
    if kind < 0.05:
        parts += [_drawn(_LINKS, generator), "a", _frequent(words.nouns, generator)]
    elif kind > 0.95:
        parts += [_drawn(_ENDS, generator)]
    return " ".join(parts)


def _drawn(words: Sequence[str], generator: np.random.Generator) -> str:
    return words[int(generator.integers(len(words)))]


def _frequent(words: Sequence[str], generator: np.random.Generator) -> str:
    """Draw a word by Zipf's law: the second half as often as the first, the third a third as often."""
    return words[int((len(words) + 1) ** generator.random()) - 1]


def _annotation(image_id: str, entities: Sequence[_Entity]) -> str:
    objects = "".join(_object(entity.number, box) for entity in entities for box in (*entity.boxes,) or (None,))
    width, height = SIZE
    size = f"\t<size>\n\t\t<width>{width}</width>\n\t\t<height>{height}</height>\n\t\t<depth>3</depth>\n\t</size>\n"
    return f"<annotation>\n\t<filename>{image_id}.jpg</filename>\n{size}{objects}</annotation>\n"


def _object(number: int, box: tuple[int, ...] | None) -> str:
    if box is None:
        return f"\t<object>\n\t\t<name>{number}</name>\n\t\t<scene>1</scene>\n\t\t<nobndbox>1</nobndbox>\n\t</object>\n"
    tags = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    corners = "".join(f"\t\t\t<{tag}>{value}</{tag}>\n" for tag, value in tags)
    return f"\t<object>\n\t\t<name>{number}</name>\n\t\t<bndbox>\n{corners}\t\t</bndbox>\n\t</object>\n"


def _write_detections(root: Path, split: str, ids: Sequence[str], words: Words, generator: np.random.Generator) -> None:
    counts = generator.integers(FEWEST_BOXES, MOST_BOXES + 1, len(ids))
    if split == "train":
        counts[-WITHOUT_DETECTIONS:] = 0
    ends = np.cumsum(counts)
    corners = generator.random((ends[-1], 2), dtype=np.float32) * np.array(SIZE, dtype=np.float32) * np.float32(0.6)
    extent = (0.05 + 0.35 * generator.random((ends[-1], 2), dtype=np.float32)) * np.array(SIZE, dtype=np.float32)
    boxes = np.concatenate([corners, corners + extent], axis=1)
    spans = np.stack([ends - counts, ends], axis=1)
    _write_boxes(root / f"{split}_detection_dict.json", ids, spans, boxes, words, generator)
    with (root / f"{split}_imgid2idx.pkl").open("wb") as file:
        pickle.dump({int(name): row for row, name in enumerate(ids)}, file, protocol=3)
    (root / f"{split}_images_size.json").write_text(json.dumps({name: list(SIZE) for name in ids}))
    with h5py.File(root / f"{split}_features_compress.hdf5", "w") as file:
        _write_features(file, int(ends[-1]), generator)
        file.create_dataset("bboxes", data=boxes, compression="gzip")
        file.create_dataset("pos_bboxes", data=spans, compression="gzip")


def _write_boxes(
    path: Path,
    ids: Sequence[str],
    spans: np.ndarray,
    boxes: np.ndarray,
    words: Words,
    generator: np.random.Generator,
) -> None:
    labels = words.labels()
    with path.open("w", encoding="utf-8") as file:
        for row, (image_id, (start, end)) in enumerate(zip(ids, spans, strict=True)):
            classes = [_frequent(labels, generator) for _ in range(start, end)]
            attributes = [_frequent(words.adjectives, generator) for _ in classes]
            entry = {"bboxes": boxes[start:end].tolist(), "classes": classes, "attrs": attributes}
            file.write(f'{", " if row else "{"}"{image_id}": {json.dumps(entry)}')
        file.write("}")


def _write_features(file: h5py.File, rows: int, generator: np.random.Generator) -> None:
    """Write half zeros and half numbers of seven bits, in the chunks that h5py chooses where nothing is said."""
    table = file.create_dataset("features", (rows, FEATURES), "f4", compression="gzip", compression_opts=1)
    # A block that cuts chunks would have them compressed twice.
    block = table.chunks[0]
    for start in range(0, rows, block):
        count = min(block, rows - start)
        drawn = np.frombuffer(generator.bytes(count * FEATURES), dtype=np.int8).reshape(count, FEATURES)
        table[start : start + count] = np.maximum(drawn, 0).astype(np.float32) / 32


def _write_vectors(path: Path, words: Words, count: int) -> None:
    """Write word vectors of most words of the captions and of others, lines of numbers with five digits."""
    generator = np.random.default_rng(1)
    pieces = [" ".join(f"{value:.5f}" for value in row) for row in generator.normal(0, 0.4, (5000, 10))]
    known = [*_OPENINGS, *_LINKS, *_ENDS, *words.nouns[:2400], *words.adjectives]
    with path.open("w", encoding="utf-8") as file:
        for word in islice(dict.fromkeys([*known, *words.others]), count):
            chosen = generator.integers(len(pieces), size=GLOVE[1] // 10).tolist()
            file.write(f"{word} {' '.join([pieces[piece] for piece in chosen])}\n")
