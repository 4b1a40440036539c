"""A run folder, analysed: the one record that a report is written from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bench.analysis.competition import CompetitiveDecision, decide
from bench.analysis.curves import CurvePoint, Portion, TypePoint, by_type, curve
from bench.analysis.gains import Gain, gains
from bench.analysis.outcomes import TestSet, read_outcomes
from bench.ledger import Ledger, TrialRecord
from bench.manifest import Manifest
from bench.protocol import Protocol, load
from bench.standing import Standing, State, standings
from bench.subsets import SubsetIndex, read_index
from sprm.errors import ResultsError


@dataclass(frozen=True)
class Composition:
    """How well the subsets of one size keep the entity types in proportion.

    Attributes:
        portion: their size; the whole training set when its share is 1.
        low: by entity type, the smallest share over seeds of a subset's images that show it.
        high: by entity type, the largest share.
    """

    portion: Portion
    low: dict[str, float]
    high: dict[str, float]


@dataclass(frozen=True, eq=False)
class Analysis:
    """Everything that a report states.

    Attributes:
        run: the run folder.
        protocol: what was asked for.
        manifest: what it was done with.
        test: the test phrases.
        portions: amounts of training data, ascending.
        curve: accuracy of each system at each amount, in the protocol's order.
        types: the same by entity type; exploratory.
        gains: trained systems against the prior.
        decisions: what became of the protocol's claims.
        shares: share of all training images that show each entity type.
        composition: realised shares in the subsets, by size.
        records: of the trials that are complete, as they were written.
        unfinished: the trials that are not, and why.
        planned: trials of the protocol.
    """

    run: Path
    protocol: Protocol
    manifest: Manifest
    test: TestSet
    portions: tuple[Portion, ...]
    curve: tuple[CurvePoint, ...]
    types: tuple[TypePoint, ...]
    gains: tuple[Gain, ...]
    decisions: tuple[CompetitiveDecision, ...]
    shares: dict[str, float]
    composition: tuple[Composition, ...]
    records: tuple[TrialRecord, ...]
    unfinished: tuple[Standing, ...]
    planned: int


def analyse(run: Path) -> Analysis:
    """Analyse the complete trials of a run; nothing is trained, and the answer depends on the folder alone.

    Raises:
        ResultsError: the folder is not a run's, or none of its trials is complete.
    """
    protocol, manifest, index = load(run / "protocol.yaml"), _manifest(run), read_index(run)
    ledger = Ledger(run)
    found = standings(protocol, ledger)
    done = [one for one in found if one.state is State.done]
    outcomes = read_outcomes(ledger, [one.key for one in done])
    portions = _portions(protocol, index)
    return Analysis(
        run=run,
        protocol=protocol,
        manifest=manifest,
        test=outcomes.test,
        portions=tuple(portions.values()),
        curve=curve(protocol, portions, outcomes),
        types=by_type(protocol, portions, outcomes),
        gains=gains(protocol, portions, outcomes),
        decisions=tuple(decide(claim, protocol, portions, outcomes) for claim in protocol.claims),
        shares=index.shares,
        composition=tuple(_composition(portion, index) for portion in portions.values()),
        records=tuple(one.record for one in done if one.record is not None),
        unfinished=tuple(one for one in found if one.state is not State.done),
        planned=len(found),
    )


def _manifest(run: Path) -> Manifest:
    path = run / "manifest.json"
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ResultsError(f"{path}: cannot be read; `bench run` writes it") from error


def _portions(protocol: Protocol, index: SubsetIndex) -> dict[str, Portion]:
    images = {subset.fraction: subset.images for subset in index.subsets}
    if missing := [label for label in protocol.portions if label not in images]:
        raise ResultsError(f"the subsets on disk lack {', '.join(missing)}; `bench subsets` writes them")
    return {label: Portion(label, images[label], images[label] / index.images) for label in protocol.portions}


def _composition(portion: Portion, index: SubsetIndex) -> Composition:
    drawn = [subset.shares for subset in index.subsets if subset.fraction == portion.label]
    by_type = {name: [shares.get(name, 0.0) for shares in drawn] for name in index.shares}
    low = {name: min(shares) for name, shares in by_type.items()}
    return Composition(portion, low, {name: max(shares) for name, shares in by_type.items()})
