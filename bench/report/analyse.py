"""A run folder, analysed: the one record that a report is written from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.analysis.comparisons import Comparison, between_systems, gains, neighbours, type_gains
from bench.analysis.curves import CurvePoint, TypePoint, by_type, curve
from bench.analysis.efficiency import AreaDifference, Multiplier, area_differences, multipliers
from bench.analysis.evidence import read_evidence
from bench.analysis.fraction import Fraction
from bench.analysis.learning import Learning, learn, learn_by_type
from bench.analysis.outcomes import TestSet
from bench.protocol.claim import Claim
from bench.protocol.schema import Protocol
from bench.report.corpus_sizes import ClaimBySize, claims_by_size
from bench.store.ledger import Ledger
from bench.store.manifest import Manifest, read_manifest
from bench.store.records import TrialRecord
from bench.subsets.draw import SubsetIndex, read_index
from bench.trials.status import TrialProgress, TrialStatus, strays
from bench.verdicts.judge import judge
from bench.verdicts.stated import StatedClaim, WithdrawnClaim, stated, withdrawn
from bench.verdicts.verdict import Verdict


@dataclass(frozen=True)
class Composition:
    """How well the subsets of one size keep the entity types in proportion.

    Attributes:
        fraction: their size; the whole training set when its share is 1.
        low: by entity type, the smallest share over seeds of a subset's images that show it.
        high: by entity type, the largest share.
    """

    fraction: Fraction
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
        fractions: amounts of training data, ascending.
        curve: accuracy of each system at each amount, in the protocol's order.
        types: the same by entity type; exploratory.
        gains: trained systems against the prior.
        neighbours: each amount of data against the next smaller one.
        between_systems: trained systems against each other.
        type_gains: trained systems against the prior by entity type; exploratory.
        learning: how each trained system learns.
        learning_by_type: the same on the most frequent entity types; exploratory.
        multipliers: how much more data each trained system needs than another.
        areas: trained systems against each other over all amounts.
        by_size: the claims that a fraction is competitive, for each corpus of a protocol with sizes.
        verdicts: what became of the protocol's claims, in its order.
        stated: since when each of them stands, in the same order.
        withdrawn: claims that the run was held against and that are not the protocol's any more.
        shares: share of all training images that show each entity type.
        composition: realised shares in the subsets, by size.
        records: of the trials that are complete, as they were written.
        unfinished: the trials that are not, and why.
        strays: folders of records that no trial of the protocol belongs to, relative to the run folder.
        planned: trials of the protocol.
    """

    run: Path
    protocol: Protocol
    manifest: Manifest
    test: TestSet
    fractions: tuple[Fraction, ...]
    curve: tuple[CurvePoint, ...]
    types: tuple[TypePoint, ...]
    gains: tuple[Comparison, ...]
    neighbours: tuple[Comparison, ...]
    between_systems: tuple[Comparison, ...]
    type_gains: tuple[Comparison, ...]
    learning: tuple[Learning, ...]
    learning_by_type: tuple[Learning, ...]
    multipliers: tuple[Multiplier, ...]
    areas: tuple[AreaDifference, ...]
    by_size: tuple[ClaimBySize, ...]
    verdicts: tuple[Verdict, ...]
    stated: tuple[StatedClaim, ...]
    withdrawn: tuple[WithdrawnClaim, ...]
    shares: dict[str, float]
    composition: tuple[Composition, ...]
    records: tuple[TrialRecord, ...]
    unfinished: tuple[TrialProgress, ...]
    strays: tuple[str, ...]
    planned: int


def analyse(run: Path, claims: Sequence[Claim] | None = None) -> Analysis:
    """Analyse the complete trials of a run; nothing is trained, and the answer depends on folder and claims alone.

    Args:
        run: the run folder.
        claims: what to hold it against, checked against its protocol; that protocol's own claims when left out.

    Raises:
        ResultsError: the folder is not a run's, or none of its trials is complete.
    """
    manifest, index, evidence = read_manifest(run), read_index(run), read_evidence(run)
    if claims is not None:
        evidence = replace(evidence, protocol=evidence.protocol.model_copy(update={"claims": tuple(claims)}))
    protocol, fractions, outcomes = evidence.protocol, evidence.fractions, evidence.outcomes
    unfinished = tuple(trial for trial in evidence.progress if trial.status is not TrialStatus.done)
    records = tuple(
        trial.record for trial in evidence.progress if trial.status is TrialStatus.done and trial.record is not None
    )
    learned = learn(evidence)
    multiplied = multipliers(learned, evidence)
    return Analysis(
        run=run,
        protocol=protocol,
        manifest=manifest,
        test=outcomes.test,
        fractions=tuple(fractions.values()),
        curve=curve(evidence),
        types=by_type(evidence),
        gains=gains(evidence),
        neighbours=neighbours(evidence),
        between_systems=between_systems(evidence),
        type_gains=type_gains(evidence),
        learning=learned,
        learning_by_type=learn_by_type(evidence),
        multipliers=multiplied,
        areas=area_differences(learned, evidence),
        by_size=claims_by_size(evidence, learned),
        verdicts=judge(protocol.claims, evidence, multiplied),
        stated=stated(run, protocol.claims, records, len(evidence.progress)),
        withdrawn=withdrawn(run, protocol.claims),
        shares=index.shares,
        composition=tuple(_composition(fraction, index) for fraction in fractions.values()),
        records=records,
        unfinished=unfinished,
        strays=tuple(folder.relative_to(run).as_posix() for folder in strays(evidence.protocol, Ledger(run))),
        planned=len(evidence.progress),
    )


def _composition(fraction: Fraction, index: SubsetIndex) -> Composition:
    drawn = [subset.shares for subset in index.subsets if subset.fraction == fraction.label]
    by_type = {name: [shares.get(name, 0.0) for shares in drawn] for name in index.shares}
    low = {name: min(shares) for name, shares in by_type.items()}
    return Composition(fraction, low, {name: max(shares) for name, shares in by_type.items()})
