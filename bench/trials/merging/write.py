"""Writing a merged run: all of it or nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.protocol.load import resolved_yaml
from bench.store import preregistration
from bench.store.joined_preregistration import joined
from bench.store.joined_test_split import joined_test_split
from bench.store.ledger import Ledger
from bench.store.manifest import FILE, Manifest
from bench.store.merged import Choice, Merged, MergedRun
from bench.store.test_split import read_test_split, write_test_split
from bench.subsets.draw import SubsetIndex, subset_keys
from bench.trials.merging.allowance import Allowance
from bench.trials.merging.part import Part
from bench.trials.merging.settle import Conflict, Settlement
from sprm.errors import ResultsError
from sprm.files.atomic_file import write_atomically
from sprm.files.atomic_folder import Building, sweep
from sprm.files.leases import leased
from sprm.files.regular import content_of


def write_merged(settlement: Settlement, folder: Path) -> int:
    """Write a merged run into a folder that is not there yet or is empty; killed meanwhile, it leaves none.

    Returns:
        How many subsets' id lists are left out, because no run has them as they were written.

    Raises:
        ResultsError: a result changed meanwhile, or no run has a manifest of the corpus or an index of subsets.
    """
    manifest, index = _manifest(settlement), _index(settlement)
    # Another merge into the same folder may be at it.
    with leased(folder, waiting=lambda holder: None):
        # What one left that was killed.
        sweep(folder.parent, folder.name)
        return _write(settlement, folder, manifest, index)


def _write(settlement: Settlement, folder: Path, manifest: Manifest, index: SubsetIndex) -> int:
    with Building(folder, listed=False) as building:
        ledger = Ledger(building)
        for key, candidate in settlement.taken.items():
            if not ledger.take_over(candidate.record, candidate.part.ledger, key):
                raise ResultsError(f"{candidate.folder}: it was changed while it was merged")
        ledger.write_index(candidate.record for candidate in settlement.taken.values())
        lacking = _write_lists(settlement, index, building / "subsets")
        write_atomically(building / "subsets" / "index.json", index.to_json())
        _write_test_split(settlement, index, building)
        stated = joined(
            [part.stated for part in settlement.parts], [part.records.values() for part in settlement.parts]
        )
        if stated.claims or stated.plans:
            write_atomically(building / preregistration.FILE, stated.to_json())
        write_atomically(building / FILE, manifest.to_json())
        write_atomically(building / "protocol.yaml", _protocol(settlement))
    return lacking


def _protocol(settlement: Settlement) -> bytes:
    """Return the protocol as one of the runs has it, where it is that one's."""
    for part in settlement.parts:
        if part.protocol == settlement.protocol:
            # Loading makes relative paths those of this machine.
            return (part.folder / "protocol.yaml").read_bytes()
    return resolved_yaml(settlement.protocol).encode()


def _manifest(settlement: Settlement) -> Manifest:
    manifests = [part.manifest for part in settlement.parts if part.manifest is not None]
    own = next(
        (
            each
            for each in manifests
            if (each.corpus_fingerprint, each.provenance.package) == (settlement.corpus, settlement.package)
        ),
        None,
    )
    if own is None:
        raise ResultsError(
            f"no run has a manifest.json that can be read of the corpus {settlement.corpus[:16]} and the version "
            f"{settlement.package}, which the merged run needs; `run` writes it"
        )
    update = {
        "name": settlement.protocol.name,
        "started_at": max(each.started_at for each in manifests),
        "merged": _merged(settlement),
    }
    return own.model_copy(update=update)


def _merged(settlement: Settlement) -> Merged:
    taken, names = list(settlement.taken.values()), _names(settlement.parts)
    of_part = Counter(each.part for each in taken)
    corpora = {str(each.record.inputs.get("corpus")) for each in taken} - {settlement.corpus}
    packages = {str(each.record.inputs.get("package")) for each in taken} - {settlement.package}
    earlier = [part.manifest.merged for part in settlement.parts if part.manifest and part.manifest.merged]
    choices = [choice for merged in earlier for choice in merged.choices]
    is_of_several_codes = Allowance.other_code in settlement.foreign or any(merged.codes for merged in earlier)
    return Merged(
        runs=tuple(MergedRun(run=name, trials=of_part[part]) for part, name in names.items()),
        corpora=tuple(sorted(corpora)),
        packages=tuple(sorted(packages)),
        codes=settlement.codes if is_of_several_codes else (),
        choices=(*dict.fromkeys(choices), *(_choice(conflict, names) for conflict in settlement.chosen)),
    )


def _names(parts: Sequence[Part]) -> dict[Part, str]:
    """Name each run by its folder; those of one name are numbered, since where they lie is nobody's business."""
    times = Counter(part.name for part in parts)
    seen: Counter[str] = Counter()
    names = {}
    for part in parts:
        name = part.name
        seen[name] += 1
        names[part] = name if times[name] == 1 else f"{name} ({seen[name]})"
    return names


def _choice(conflict: Conflict, names: Mapping[Part, str]) -> Choice:
    kept, *dropped = (names[each.part] for each in conflict.candidates)
    key = conflict.key
    return Choice(system=key.system, fraction=key.fraction, seed=key.seed, kept=kept, dropped=tuple(dropped))


def _index(settlement: Settlement) -> SubsetIndex:
    """Return the index of the merged run's subsets, in the order in which they would be drawn."""
    protocol = settlement.protocol
    own = next((part.index for part in settlement.parts if part.index is not None), None)
    if own is None:
        raise ResultsError("no run has an index of subsets that can be read, subsets/index.json; `subsets` writes it")
    asked = [(seed, label) for seed in range(protocol.design.subsets) for label in protocol.fraction_labels]
    subsets = tuple(settlement.subsets[each] for each in asked if each in settlement.subsets)
    return own.model_copy(update={"subsets": subsets})


def _write_lists(settlement: Settlement, index: SubsetIndex, folder: Path) -> int:
    """Copy the id list of each subset from a run where it is as its index says; return how many no run has."""
    lacking = 0
    for subset in index.subsets:
        name = Path(str(subset.seed)) / f"{subset.fraction}.txt"
        found = (_content(part.folder / "subsets" / name, subset.sha256) for part in settlement.parts)
        content = next((each for each in found if each is not None), None)
        if content is None:
            lacking += 1
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, content)
    folder.mkdir(exist_ok=True)
    return lacking


def _write_test_split(settlement: Settlement, index: SubsetIndex, folder: Path) -> None:
    """Write what the runs on the merged run's corpus hold of its test split; nothing where none does."""
    splits = [split for part in settlement.parts if (split := read_test_split(part.folder)) is not None]
    if own := [split for split in splits if split.index.corpus == settlement.corpus]:
        write_test_split(folder, *joined_test_split(own, subset_keys(index.subsets)))


def _content(path: Path, sha256: str) -> bytes | None:
    try:
        content = content_of(path).replace(b"\r\n", b"\n")
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None
