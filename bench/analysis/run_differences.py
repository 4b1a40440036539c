"""In which settings, corpora, code, libraries and machines two runs differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.analysis.run_side import Side


@dataclass(frozen=True)
class Difference:
    """Something that is not the same in two runs.

    Attributes:
        name: its dotted name.
        first: its value in the first run; None where it has none.
        second: its value in the second run; None where it has none.
    """

    name: str
    first: Any
    second: Any


def setting_differences(first: Side, second: Side) -> tuple[Difference, ...]:
    """Compare the protocols of two runs, every default in place; a claim's keys go by its name."""
    return _differences(_by_claim(first.settings), _by_claim(second.settings))


def origin_differences(first: Side, second: Side) -> tuple[Difference, ...]:
    """Compare what two runs were made from and with.

    Values are those of the complete trials, of which one run may have several, or of the manifest without any.
    """
    return _differences(_origin(first), _origin(second))


def _differences(first: Mapping[str, Any], second: Mapping[str, Any], prefix: str = "") -> tuple[Difference, ...]:
    """Name each value that differs, in the order in which they are written down; a part that one lacks is one value."""
    found: list[Difference] = []
    for name in dict.fromkeys((*first, *second)):
        before, after = first.get(name), second.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += _differences(before, after, f"{prefix}{name}.")
        elif before != after:
            found.append(Difference(prefix + name, before, after))
    return tuple(found)


def _by_claim(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {**settings, "claims": {claim["name"]: claim for claim in settings["claims"]}}


def _origin(side: Side) -> dict[str, Any]:
    records, manifest = list(side.records.values()), side.manifest
    if records:
        made = [record.provenance.model_dump(mode="json") for record in records]
        corpora: list[Any] = [record.inputs.get("corpus") for record in records]
        threads = {"threads": _merged([record.threads for record in records])}
    elif manifest is not None:
        made, corpora, threads = [manifest.provenance.model_dump(mode="json")], [manifest.corpus_fingerprint], {}
    else:
        return {}
    splits = {} if manifest is None else manifest.splits
    described = {name: f"{split.images:,} images, {split.fingerprint}" for name, split in splits.items()}
    return {"corpus": {"fingerprint": _merged(corpora), **described}, **_merged(made), **threads}


def _merged(values: Sequence[Any]) -> Any:
    """Return the value that all have, or a list of them; of mappings, a mapping of such."""
    if values and all(isinstance(value, Mapping) for value in values):
        names = dict.fromkeys(name for value in values for name in value)
        return {name: _merged([value.get(name) for value in values]) for name in names}
    distinct = {str(value): value for value in values}
    return next(iter(distinct.values())) if len(distinct) == 1 else [distinct[name] for name in sorted(distinct)]
