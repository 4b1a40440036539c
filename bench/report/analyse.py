"""A run folder, analysed: the one record that a report is written from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.analysis.comparisons import Comparison, between_systems, gains, neighbours, other_gains, type_gains
from bench.analysis.curves import CurvePoint, TypePoint, by_type, curve
from bench.analysis.efficiency import AreaDifference, Multiplier, area_differences, multipliers
from bench.analysis.evidence import Evidence, read_evidence
from bench.analysis.examples import Examples, examples
from bench.analysis.fraction import Fraction
from bench.analysis.learning import Learning, learn, learn_by_type
from bench.analysis.looks import reached
from bench.analysis.outcomes import TestSet
from bench.analysis.phrase_properties import PropertyPoint, phrase_properties
from bench.analysis.reliability import Reliability, reliabilities
from bench.analysis.ties import TiedSystem, tied_systems
from bench.analysis.training_course import TrainingCourse, training_courses
from bench.analysis.variance_shares import VarianceShares, variance_shares
from bench.analysis.where_gained import WhereGained, where_gained
from bench.protocol.schema import Protocol
from bench.report.corpus_sizes import ClaimBySize, claims_by_size
from bench.stats import Look
from bench.store.ledger import Ledger
from bench.store.manifest import Manifest, read_manifest
from bench.store.preregistration import PlanStatedAt, read_preregistration
from bench.store.records import TrialRecord
from bench.store.test_split import TestSplit, flaw_of_test_split, read_test_split
from bench.subsets.draw import SubsetIndex, read_index
from bench.text.measures import Measure
from bench.trials.status import TrialProgress, TrialStatus, strays
from bench.verdicts.judge import judge, judge_at
from bench.verdicts.stated import StatedClaim, WithdrawnClaim, stated, withdrawn
from bench.verdicts.stopping import Standing, as_needed
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
        properties: the same by what phrases are like; exploratory. Empty without a description of the test split.
        where: where trained systems gain on untrained ones, of the pairs that claims compare; exploratory.
        gains: trained systems against the prior.
        other_gains: trained systems against each other prior of the protocol.
        neighbours: each amount of data against the next smaller one.
        between_systems: trained systems against each other.
        type_gains: trained systems against the prior by entity type; exploratory.
        variances: where the variance of each trained system's accuracy comes from.
        courses: how the trainings went, epoch by epoch.
        reliabilities: how far the confidence of each system's answers can be believed.
        ties: how far each system that is not trained hangs on what settles its ties.
        learning: how each trained system learns.
        learning_by_type: the same on the most frequent entity types; exploratory.
        multipliers: how much more data each trained system needs than another.
        areas: trained systems against each other over all amounts.
        by_size: the claims that a fraction is competitive, for each corpus of a protocol with sizes.
        test_split: boxes and targets of the test split; None where the run's folder has none that can be used.
        test_flaw: why what the folder has of it cannot be used; None where it can, or has none.
        examples: single phrases and what was chosen for them; None without the test split.
        verdicts: what became of the protocol's claims, in its order.
        looks: of a group-sequential plan, those that are complete, with the verdicts at each; empty without a plan.
        stated: since when each of them stands, in the same order.
        withdrawn: claims that the run was held against and that are not the protocol's any more.
        plan_stated: when the protocol's plan was first stated for the run; None without a plan, or when nobody wrote
            that down.
        plans_withdrawn: plans that the run was held against and that are not the protocol's any more.
        shares: share of all training images that show each entity type.
        composition: realised shares in the subsets, by size.
        records: of the trials that are complete, as they were written.
        unfinished: the trials that are not, though they are needed, and why.
        not_needed: how many trials are not complete because a plan stopped the run.
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
    properties: tuple[PropertyPoint, ...]
    where: tuple[WhereGained, ...]
    gains: tuple[Comparison, ...]
    other_gains: tuple[Comparison, ...]
    neighbours: tuple[Comparison, ...]
    between_systems: tuple[Comparison, ...]
    type_gains: tuple[Comparison, ...]
    variances: tuple[VarianceShares, ...]
    courses: tuple[TrainingCourse, ...]
    reliabilities: tuple[Reliability, ...]
    ties: tuple[TiedSystem, ...]
    learning: tuple[Learning, ...]
    learning_by_type: tuple[Learning, ...]
    multipliers: tuple[Multiplier, ...]
    areas: tuple[AreaDifference, ...]
    by_size: tuple[ClaimBySize, ...]
    test_split: TestSplit | None
    test_flaw: str | None
    examples: Examples | None
    verdicts: tuple[Verdict, ...]
    looks: tuple[Standing, ...]
    stated: tuple[StatedClaim, ...]
    withdrawn: tuple[WithdrawnClaim, ...]
    plan_stated: PlanStatedAt | None
    plans_withdrawn: tuple[PlanStatedAt, ...]
    shares: dict[str, float]
    composition: tuple[Composition, ...]
    records: tuple[TrialRecord, ...]
    unfinished: tuple[TrialProgress, ...]
    not_needed: int
    strays: tuple[str, ...]
    planned: int

    @property
    def done(self) -> int:
        """Trials that are complete."""
        return self.planned - len(self.unfinished) - self.not_needed

    @property
    def measure(self) -> Measure:
        """The metric that decides, in words."""
        return Measure(self.protocol.metrics[0])

    @property
    def seeds(self) -> int:
        """Seeds that the statistics of the run rest on: the protocol's, or fewer where its plan stopped it."""
        return self.protocol.independent_seeds if self.stopped is None else self.stopped.seeds

    @property
    def stopped(self) -> Look | None:
        """The look at which the run's plan stopped it, before the last; None where it did not."""
        return self.looks[-1].look if self.not_needed else None


def analyse(run: Path, asked: Protocol | None = None) -> Analysis:
    """Analyse the complete trials of a run; nothing is trained, and the answer depends on folder and protocol alone.

    Args:
        run: the run folder.
        asked: whose claims and plan it is held against; those of its own protocol when left out.

    Raises:
        ResultsError: the folder is not a run's, or none of its trials is complete.
    """
    manifest, index, evidence = read_manifest(run), read_index(run), read_evidence(run, asked)
    protocol, fractions, outcomes = evidence.protocol, evidence.fractions, evidence.outcomes
    records = tuple(
        trial.record for trial in evidence.progress if trial.status is TrialStatus.done and trial.record is not None
    )
    plans = read_preregistration(run).plans
    learned = learn(evidence)
    multiplied = multipliers(learned, evidence)
    split = read_test_split(run)
    judged = judge(protocol.claims, evidence, multiplied)
    looks = _looks(evidence, judged)
    progress = as_needed(evidence.progress, looks[-1] if looks else None)
    unfinished = tuple(trial for trial in progress if not trial.status.is_settled)
    return Analysis(
        run=run,
        protocol=protocol,
        manifest=manifest,
        test=outcomes.test,
        fractions=tuple(fractions.values()),
        curve=curve(evidence),
        types=by_type(evidence),
        properties=phrase_properties(evidence, split),
        where=where_gained(evidence, split, Ledger(run)),
        gains=gains(evidence),
        other_gains=other_gains(evidence),
        neighbours=neighbours(evidence),
        between_systems=between_systems(evidence),
        type_gains=type_gains(evidence),
        variances=variance_shares(evidence),
        courses=training_courses((each for each in records if each.seed in protocol.design.independent), fractions),
        reliabilities=reliabilities(evidence),
        ties=tied_systems(evidence),
        learning=learned,
        learning_by_type=learn_by_type(evidence),
        multipliers=multiplied,
        areas=area_differences(learned, evidence),
        by_size=claims_by_size(evidence, learned),
        test_split=split,
        test_flaw=flaw_of_test_split(run),
        examples=None if split is None else examples(evidence, split, run),
        verdicts=judged,
        looks=looks,
        stated=stated(run, protocol.claims, records, len(evidence.progress), protocol.metrics[0]),
        withdrawn=withdrawn(run, protocol.claims, protocol.metrics[0]),
        plan_stated=next((each for each in plans if each.plan == protocol.sequential), None),
        plans_withdrawn=tuple(each for each in plans if each.plan != protocol.sequential),
        shares=index.shares,
        composition=tuple(_composition(fraction, index) for fraction in fractions.values()),
        records=records,
        unfinished=unfinished,
        not_needed=sum(trial.status is TrialStatus.not_needed for trial in progress),
        strays=tuple(folder.relative_to(run).as_posix() for folder in strays(evidence.protocol, Ledger(run))),
        planned=len(evidence.progress),
    )


def _looks(evidence: Evidence, latest: tuple[Verdict, ...]) -> tuple[Standing, ...]:
    """Judge the claims at every look that is complete; the latest is judged already."""
    if evidence.protocol.sequential is None:
        return ()
    looks = reached(evidence)
    before = tuple(Standing(look, judge_at(look, evidence.protocol.claims, evidence)) for look in looks[:-1])
    return (*before, *(Standing(look, latest) for look in looks[-1:]))


def _composition(fraction: Fraction, index: SubsetIndex) -> Composition:
    drawn = [subset.shares for subset in index.subsets if subset.fraction == fraction.label]
    by_type = {name: [shares.get(name, 0.0) for shares in drawn] for name in index.shares}
    low = {name: min(shares) for name, shares in by_type.items()}
    return Composition(fraction, low, {name: max(shares) for name, shares in by_type.items()})
