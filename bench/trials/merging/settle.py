"""Which result of each trial goes into a merged run, and what stands against merging at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.protocol.schema import Protocol
from bench.store.inputs import differing, trial_inputs
from bench.store.records import TrialKey, TrialRecord
from bench.store.sameness import same_items, same_phrases
from bench.store.weights import intact_weights
from bench.subsets.draw import SubsetRecord
from bench.trials.merging.allowance import Allowance
from bench.trials.merging.joint_protocol import disagreement, joint
from bench.trials.merging.part import Part
from bench.trials.status import NO_TRIAL, keys_of, told
from sprm.errors import ResultsError, one_line


@dataclass(frozen=True, eq=False)
class Candidate:
    """A result that could be that of a trial.

    Attributes:
        part: the run that has it.
        record: its record there.
    """

    part: Part
    record: TrialRecord

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.part.ledger.trial_folder(self.record.key)

    @property
    def has_weights(self) -> bool:
        """Whether its weights were kept, and are as they were written."""
        return intact_weights(self.record, self.folder) is not None


@dataclass(frozen=True, eq=False)
class Conflict:
    """Results of one trial of which at least two differ.

    Attributes:
        key: the trial.
        candidates: all of them; of a conflict that is decided, the one that is kept and those that differ from it.
    """

    key: TrialKey
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, eq=False)
class Settlement:
    """What a merged run is to hold, and what stands against it.

    Attributes:
        parts: the runs, in the order in which they are preferred.
        protocol: of the merged run.
        corpus: fingerprint of its corpus.
        package: version of the package that it stands for.
        subsets: its training subsets by seed and fraction, as far as any run knows them.
        taken: the result of each trial that has one.
        alike: results that are in more than one run, and the same there.
        chosen: conflicts that a choice of the user's decides.
        open: conflicts that nothing decides.
        settings: for each run with other settings than the merged run, a line that names them.
        foreign: by what had to be allowed for them, results that count or would count.
        left_out: for each result and file that does not count, a line that says why.
    """

    parts: tuple[Part, ...]
    protocol: Protocol
    corpus: str
    package: str
    subsets: Mapping[tuple[int, str], SubsetRecord]
    taken: Mapping[TrialKey, Candidate]
    alike: int
    chosen: tuple[Conflict, ...]
    open: tuple[Conflict, ...]
    settings: tuple[str, ...]
    foreign: Mapping[Allowance, tuple[Candidate, ...]]
    left_out: tuple[str, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Versions and revisions of the code that the results were made by, the most frequent first."""
        return tuple(code for code, _ in Counter(code_of(each.record) for each in self.taken.values()).most_common())


def settle(parts: Sequence[Part], preferred: Sequence[Part], allowed: Collection[Allowance]) -> Settlement:
    """Decide which result of each trial a merged run holds; nothing is written.

    Args:
        parts: the runs. The first of `preferred`, or else the first, gives the settings, the corpus and the version.
        preferred: runs whose results and settings are kept where others differ, in the order of preference.
        allowed: what the runs need not have in common; what is not allowed is named in the answer all the same.

    Raises:
        ResultsError: there is no result that can be merged, or one on another corpus has other test phrases.
    """
    order = [*preferred, *(part for part in parts if part not in preferred)]
    protocol, settings = _joint(order, choosing=bool(preferred))
    if order[0].corpus is None or order[0].package is None:
        raise ResultsError(f"{order[0].folder}: it has neither a manifest nor a result, so its corpus is unknown")
    first = next((part for part in order if part.records), order[0])
    codes = frozenset(map(code_of, first.records.values()))
    rule = _Rule(protocol, order[0].corpus, order[0].package, codes, _subsets(order, order[0].corpus))
    candidates, left_out = _candidates(order, rule)
    taken, chosen, undecided = _decided(candidates, preferred)
    used = [*taken.values(), *(each for conflict in undecided for each in conflict.candidates)]
    if not used:
        raise ResultsError(f"none of {', '.join(str(part.folder) for part in parts)} has a result that can be merged")
    if Allowance.other_corpus in allowed:
        _refuse_other_phrases(used, rule)
    return Settlement(
        parts=tuple(order),
        protocol=protocol,
        corpus=rule.corpus,
        package=rule.package,
        subsets=rule.subsets,
        taken=taken,
        alike=sum(len(candidates[key]) > 1 for key in taken) - len(chosen),
        chosen=chosen,
        open=undecided,
        settings=settings,
        foreign=_foreign(used, rule),
        left_out=(*(line for part in order for line in part.unreadable), *left_out),
    )


def code_of(record: TrialRecord) -> str:
    """Name the code that a result was made by: version of the package, and the first digits of its revision."""
    code = record.provenance
    revision = f"{code.revision[:16]}{'+' if code.dirty else ''}" if code.revision else "no revision"
    return one_line(f"{record.inputs.get('package')} at {revision}")


@dataclass(frozen=True, eq=False)
class _Rule:
    """What a result must have been made from."""

    protocol: Protocol
    corpus: str
    package: str
    codes: Collection[str]
    subsets: Mapping[tuple[int, str], SubsetRecord]

    def asks(self, candidate: Candidate) -> set[Allowance]:
        """Return what has to be allowed for a result to be one of the merged run's."""
        inputs = candidate.record.inputs
        is_other_code = inputs.get("package") != self.package or code_of(candidate.record) not in self.codes
        return {
            *([Allowance.other_corpus] if inputs.get("corpus") != self.corpus else []),
            *([Allowance.other_code] if is_other_code else []),
        }

    def refusal(self, candidate: Candidate) -> str:
        """Say why a result is not one of the merged run, whatever is allowed; empty when it is."""
        key, then = candidate.record.key, candidate.record.inputs
        subset = self.subsets.get((self.protocol.design.subset_of(key.seed), key.fraction))
        asked = trial_inputs(
            self.protocol,
            key.system,
            key.seed,
            corpus=self.corpus,
            subset=None if subset is None else subset.sha256,
            package=self.package,
        )
        may_differ = {"corpus", "package"}
        if subset is None or then.get("corpus") != self.corpus:
            # Of another corpus's images a subset has others.
            may_differ.add("subset")
        wrong = [name for name in differing(then, asked) if name not in may_differ]
        return f"made with another {told(wrong, then, asked)}" if wrong else ""


def _candidates(order: Sequence[Part], rule: _Rule) -> tuple[dict[TrialKey, list[Candidate]], list[str]]:
    """Return the results of each trial that could be the merged run's, and a line for each other result."""
    candidates: dict[TrialKey, list[Candidate]] = {key: [] for key in keys_of(rule.protocol)}
    left_out = []
    for candidate in (Candidate(part, record) for part in order for record in part.records.values()):
        known = candidates.get(candidate.record.key)
        why = NO_TRIAL if known is None else rule.refusal(candidate)
        if known is None or why:
            left_out.append(f"{candidate.folder}: {why}")
        else:
            known.append(candidate)
    for known in candidates.values():
        if len(known) > 1:
            # Of results that are the same, one that needs no permission, of those one with every metric asked for, and
            # of those one whose weights were kept.
            asked = set(rule.protocol.metric_columns)
            known.sort(
                key=lambda each: (len(rule.asks(each)), len(asked - {*each.record.metrics}), not each.has_weights)
            )
    return candidates, left_out


def _decided(
    candidates: Mapping[TrialKey, Sequence[Candidate]], preferred: Sequence[Part]
) -> tuple[dict[TrialKey, Candidate], tuple[Conflict, ...], tuple[Conflict, ...]]:
    """Return the result of each decided trial, the conflicts that a choice decides, and those that nothing does."""
    taken: dict[TrialKey, Candidate] = {}
    chosen, undecided = [], []
    for key, own in candidates.items():
        kept = next((each for part in preferred for each in own if each.part is part), None)
        if len(_distinct(own)) < 2:
            taken.update((key, each) for each in own[:1])
        elif kept is None:
            undecided.append(Conflict(key, tuple(own)))
        else:
            taken[key] = next(each for each in own if _same(each, kept))
            chosen.append(Conflict(key, (kept, *(each for each in own if not _same(each, kept)))))
    return taken, tuple(chosen), tuple(undecided)


def _foreign(used: Sequence[Candidate], rule: _Rule) -> dict[Allowance, tuple[Candidate, ...]]:
    """Return the results that need permission, by what has to be allowed."""
    foreign = {allowance: tuple(each for each in used if allowance in rule.asks(each)) for allowance in Allowance}
    return {allowance: own for allowance, own in foreign.items() if own}


def _joint(order: Sequence[Part], *, choosing: bool) -> tuple[Protocol, tuple[str, ...]]:
    """Join the runs' protocols; where the first run's settings were chosen, without those that disagree with them."""
    whole = joint([part.protocol for part in order])
    wrong = {part.folder: why for part in order if (why := disagreement(part.protocol, whole))}
    if wrong and choosing:
        agreeing = [
            part.protocol
            for part in order
            if not disagreement(part.protocol, joint([order[0].protocol, part.protocol]))
        ]
        whole = joint(agreeing)
    return whole, tuple(f"{folder}: another {why}" for folder, why in wrong.items())


def _subsets(order: Sequence[Part], corpus: str) -> dict[tuple[int, str], SubsetRecord]:
    """Return the first known subset of each seed and fraction, those of the merged run's own corpus before others."""
    subsets: dict[tuple[int, str], SubsetRecord] = {}
    for part in sorted(order, key=lambda part: part.corpus != corpus):
        for subset in () if part.index is None else part.index.subsets:
            subsets.setdefault((subset.seed, subset.fraction), subset)
    return subsets


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the first of each group of results that are the same."""
    distinct: list[Candidate] = []
    for candidate in candidates:
        if not any(_same(candidate, other) for other in distinct):
            distinct.append(candidate)
    return distinct


def _same(one: Candidate, other: Candidate) -> bool:
    return same_items(one.part.ledger, one.record, other.part.ledger, other.record)


def _refuse_other_phrases(used: Sequence[Candidate], rule: _Rule) -> None:
    foreign = {each.record.phrases_sha256: each for each in used if Allowance.other_corpus in rule.asks(each)}
    own = next((each for each in used if Allowance.other_corpus not in rule.asks(each)), None)
    for each in foreign.values():
        if own is not None and not same_phrases(own.part.ledger, own.record, each.part.ledger, each.record):
            raise ResultsError(
                f"{each.folder}: other test phrases than {own.folder}; such results cannot be compared, so "
                f"`--allow {Allowance.other_corpus}` does not merge them"
            )
