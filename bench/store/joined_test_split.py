"""One description of a test split from those of several runs on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bench.store.test_split import SubsetKey, TestSplit, TestSplitIndex, encoded


def joined_test_split(
    splits: Sequence[TestSplit], wanted: Collection[SubsetKey]
) -> tuple[TestSplitIndex, dict[str, bytes]]:
    """Join descriptions of one test split, made by runs on one corpus; the first decides where they differ.

    Args:
        splits: at least one.
        wanted: the training subsets of the joint run; heads counted in others are left out.

    Returns:
        What the joint one belongs to, and its files.
    """
    import pandas as pd

    first, parts = splits[0], []
    left = set(wanted)
    for split in splits:
        own = left & {*split.index.subsets}
        cells = {(key.seed, key.fraction) for key in own}
        rows = list(zip(split.heads["seed"], split.heads["fraction"], strict=True))
        parts.append(split.heads[[row in cells for row in rows]])
        left -= own
    known = {row: picture for split in reversed(splits) for row, picture in split.pictures.items()}
    pictures = {row: known[row] for row in first.examples if row in known}
    subsets = tuple(key for key in wanted if key not in left)
    index = first.index.model_copy(update={"subsets": subsets, "pictures": tuple(pictures)})
    tables = {"images": first.images, "regions": first.regions, "phrases": first.phrases}
    return index, encoded({**tables, "heads": pd.concat(parts, ignore_index=True)}, pictures)
