"""Describing the test split in a run's folder, where its corpus is at hand; see `bench.store.test_split`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.protocol.schema import Protocol
from bench.store.set_aside import exists, line_of, set_aside
from bench.store.test_split import (
    CORNERS,
    FOLDER,
    TestSplit,
    TestSplitIndex,
    encoded,
    open_test_split,
    write_test_split,
)
from bench.subsets.draw import SubsetRecord, Subsets, draw, read_index, subset_keys
from bench.subsets.strata.entity_type import entity_types
from bench.subsets.stratified import subsets as nested
from bench.trials.example_pictures import example_pictures
from sprm.corpus.box_matches import match_boxes
from sprm.corpus.corpus import Corpus
from sprm.corpus.dataset import Dataset
from sprm.errors import ResultsError
from sprm.seeding import generator
from sprm.settings import Rules
from sprm.text.tokens import label_variants

EXAMPLES = 60
"""Images that a report shows, or all where there are fewer."""
AXIS = "example images"
"""Names the generator that they are chosen with."""


def describe_test(run: Path, protocol: Protocol, dataset: Dataset, drawn: Subsets | None = None) -> None:
    """Write the description of the test split into a run's folder, unless it is there and of the same data and subsets.

    Pictures whose files were not at hand before are looked for again.

    Args:
        run: the run folder; what cannot be used in it is written over.
        protocol: the run's.
        dataset: what it is made on.
        drawn: the run's subsets; without them those that are on disk count, and are drawn again where that is needed.

    Raises:
        ResultsError: subsets are not given, and there is no index of them.
    """
    records = read_index(run).subsets if drawn is None else drawn.index.subsets
    there = _current(run, dataset, records)
    examples = _choose(dataset.test) if there is None else there.examples
    known = {} if there is None else dict(there.pictures)
    ids = dataset.test.images["image_id"]
    found = example_pictures(protocol.corpus, {row: ids[row] for row in examples if row not in known})
    if there is not None and not found:
        return
    pictures = dict(sorted({**known, **found}.items()))
    heads = _heads(dataset, drawn or draw(protocol, dataset.train), records) if there is None else there.heads
    index = TestSplitIndex(
        corpus=dataset.fingerprint,
        test=dataset.test.fingerprint,
        subsets=subset_keys(records) if there is None else there.index.subsets,
        examples=examples,
        pictures=tuple(pictures),
    )
    write_test_split(run, index, encoded({**_tables(dataset.test, protocol.rules, examples), "heads": heads}, pictures))


def set_aside_test(run: Path, dataset: Dataset, then: str) -> str | None:
    """Set the description aside that a run's folder holds of a test split if it cannot be used.

    Args:
        run: the run folder.
        dataset: what it is made on.
        then: what comes of it, as the end of a sentence.

    Returns:
        A line that says so; None where nothing is wrong.
    """
    folder = run / FOLDER
    try:
        if exists(folder):
            open_test_split(run, dataset.test.fingerprint)
    except ResultsError as error:
        return line_of(folder, str(error), set_aside(folder), then)
    return None


def _current(run: Path, dataset: Dataset, records: Sequence[SubsetRecord]) -> TestSplit | None:
    """Return the description that is there, if it is whole and of the same data and subsets."""
    try:
        there = open_test_split(run, dataset.test.fingerprint)
    except ResultsError:
        return None
    is_same = there.index.corpus == dataset.fingerprint and {*subset_keys(records)} <= {*there.index.subsets}
    return there if is_same else None


def _choose(test: Corpus) -> tuple[int, ...]:
    """Choose the images that a report shows, by nothing but the entity types in their captions and a fixed seed."""
    types = entity_types(test)
    (chosen,) = nested(types, [min(EXAMPLES, len(types))], generator(AXIS))
    return tuple(chosen.tolist())


def _tables(test: Corpus, rules: Rules, examples: Sequence[int]) -> dict[str, pd.DataFrame]:
    """Tabulate images and phrases of the test split, and the boxes of its example images."""
    # It imports torch.
    from sprm.evaluation.outcomes import best_box

    best = best_box(match_boxes(test, rules))
    assert best.answers is not None
    names, phrases = np.array(test.label_names, dtype=object), test.phrases
    regions = pd.DataFrame(
        {
            "image": np.repeat(np.arange(len(test.images)), np.diff(test.offsets)),
            **dict(zip(CORNERS, np.asarray(test.boxes).T, strict=True)),
            "label": names[np.asarray(test.labels)],
            "score": np.float32(np.nan) if test.scores is None else np.asarray(test.scores),
        }
    )
    alike = regions.groupby(["image", "label"])["label"].transform("size").to_numpy()
    image = test.sentences["image"].to_numpy()[phrases["sentence"].to_numpy()]
    targets = phrases[list(CORNERS)].astype(np.float64)
    of_image = test.images[["width", "height"]].to_numpy(np.float64).prod(axis=1)[image]
    about = targets.assign(
        image=image,
        words=[len(text.split()) for text in phrases["text"]],
        head=phrases["head"].to_numpy(),
        in_labels=has_noun(phrases["head"], test.label_names),
        best_iou=best.values["iou"],
        same_label=alike[np.asarray(test.offsets)[image] + best.answers.boxes],
        area=_areas(targets.to_numpy()) / of_image,
    )
    about.loc[~np.isin(image, examples), list(CORNERS)] = np.nan
    return {"images": test.images, "regions": regions[regions["image"].isin(examples)], "phrases": about}


def has_noun(heads: Collection[str], labels: Iterable[str]) -> list[bool]:
    """Tell of each head whether a detector's label set has it, as it stands or without the ending of a plural.

    Args:
        heads: head words of a phrase, joined by a space; empty where none was found.
        labels: class lines, such as `stop sign,stopsign`. A head of one word is there if a name ends in it: `dogs`
            where `dog` is one, `sign` where `stop sign` is, but neither `stop` nor `men` where `man` is. A head of
            several words is there if a name is the same words.
    """
    variants = [variant for name in labels for variant in label_variants(name)]
    known = {variant[-1] for variant in variants} | {" ".join(variant) for variant in variants}

    def is_there(head: str) -> bool:
        *before, last = head.split() or [""]
        return any(" ".join([*before, form]) in known for form in forms(last))

    has = {head: bool(head) and is_there(head) for head in {*heads}}
    return [has[head] for head in heads]


def forms(word: str) -> set[str]:
    """Return a word, and what it may be the regular plural of: `dishes` gives `dishes`, `dishe` and `dish`."""
    endings = (("s", ""), ("es", ""), ("ies", "y"))
    return {word, *(word.removesuffix(ending) + single for ending, single in endings if word.endswith(ending))}


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    sides: NDArray[np.float64] = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return sides


def _heads(dataset: Dataset, drawn: Subsets, records: Sequence[SubsetRecord]) -> pd.DataFrame:
    """Count how many phrases of each training subset have each head of a test phrase."""
    train = dataset.train
    heads = np.unique(dataset.test.phrases["head"].to_numpy().astype(str))
    codes = pd.Index(heads).get_indexer(train.phrases["head"])
    asked = codes >= 0
    image = train.sentences["image"].to_numpy()[train.phrases["sentence"].to_numpy()][asked]
    parts = []
    for record in records:
        chosen = np.zeros(len(train.images), dtype=bool)
        chosen[drawn.images[record.seed, record.fraction]] = True
        counts = np.bincount(codes[asked][chosen[image]], minlength=len(heads))
        present = np.flatnonzero(counts)
        about = {"seed": record.seed, "fraction": record.fraction, "phrases": counts[present]}
        parts.append(pd.DataFrame({"head": heads[present], **about}))
    return pd.concat(parts, ignore_index=True)
