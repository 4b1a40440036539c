"""A claim that can be tested, and what becomes of it: the decision, and every number that it rests on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan
from typing import TYPE_CHECKING, ClassVar, Self

from bench.protocol.claim import Claim, Fractions, Mistake, Surroundings, one_of
from bench.stats import Look, Status
from bench.text.measures import Measure
from bench.text.numbers import exact_points, percent, points, signed
from bench.verdicts.hypothesis import Decision, Hypothesis
from bench.verdicts.power import Power, two_sided
from sprm.evaluation.metric import ACCURACY
from sprm.settings import Ties

if TYPE_CHECKING:
    from bench.analysis.efficiency import Multiplier
    from bench.analysis.evidence import Evidence
    from bench.protocol.schema import Protocol


@dataclass(frozen=True)
class Quantity:
    """What a claim is about.

    Attributes:
        title: its name.
        unit: what it is shown in.
        write: writes a value of it, without the unit.
        one_sided: whether the p-value of its test is that of being no better than the margin, unadjusted, so that
            1 - p refutes the claim; otherwise it is two-sided and adjusted over the claim's family.
    """

    title: str
    unit: str
    write: Callable[[float], str]
    one_sided: bool = False

    def interval(self, test: Hypothesis) -> str:
        """Write the interval of a test in brackets, without the unit: `[3.0, 4.5]`; empty where it has none."""
        return "" if isnan(test.low) else f"[{self.write(test.low)}, {self.write(test.high)}]"


SCORE = "accuracy"
"""What most margins are a share of, accuracy standing for whatever metric decides."""
CURED_BY_SEEDS = (Status.one_seed, Status.identical_seeds, Status.constant)
"""Why there is no test, where another seed may bring one."""
LEAD = Quantity("Lead", "points", signed)
LOSS = Quantity("Loss", "points", points, one_sided=True)
KEPT = Quantity("Gain kept", "%", percent)


@dataclass(frozen=True, eq=False)
class Case:
    """What a claim is judged by.

    Attributes:
        evidence: the outcomes of its run.
        multipliers: how much more data one system needs than another; none at a look of a plan.
        earlier: verdicts on the claims before it, by name.
        look: at whose nominal levels it is tested, with the seeds of `evidence`.
    """

    evidence: Evidence
    multipliers: Sequence[Multiplier]
    earlier: Mapping[str, Verdict]
    look: Look


class TestableClaim(Claim):
    """A kind of claim: its fields are what a protocol may set, and `kind` is a `Literal` with its name."""

    # pytest takes names like this one for tests.
    __test__: ClassVar[bool] = False
    quantity: ClassVar[Quantity | None] = LEAD
    """None for a claim that has no quantity of its own."""
    margin_unit: ClassVar[str | None] = SCORE
    """What the margin of its verdicts is a share or a multiple of."""

    @abstractmethod
    def judge(self, case: Case) -> Verdict:
        """Test it."""

    def judged(self, case: Case) -> Verdict:
        """Test it by the metric that decides, and name that in the verdict."""
        return replace(self.judge(case), metric=case.evidence.outcomes.deciding)

    def margin_in_words(self, margin: float) -> str:
        """Write the margin of its verdict with its unit."""
        return f"{exact_points(margin)} points"


class SystemClaim(TestableClaim):
    """A claim that is tested by the outcomes of one system, and that can be held under controls."""

    system: str
    """Name of a trained system of this protocol."""

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems that it compares."""
        return (self.system,)

    def holds_against(self, protocol: Protocol) -> tuple[str, ...]:
        """Names of all systems whose outcomes enter its verdict, beside its own those that go without saying."""
        return self.systems

    def mistakes(self, surroundings: Surroundings) -> Iterator[Mistake]:
        """Yield the mistake that its system is not trained."""
        if self.system not in surroundings.trained:
            yield Mistake(("system",), self.system, one_of(surroundings.trained, "a trained system"))

    def under(self, control: str) -> Self:
        """Return the same claim about another system."""
        return self.model_copy(update={"system": control})

    def untestable_on(self, corpus: str, images: int) -> str | None:
        """Say why it cannot be tested on a corpus; None when it can.

        Args:
            corpus: kind of the corpus.
            images: of its test split.
        """
        return None

    def on_any_images(self) -> Self:
        """Return the same claim without the number of test images that it is tied to, as a pilot may have others."""
        return self

    def planned_test(self, fractions: Fractions) -> tuple[float, float]:
        """Return the one-sided risk of each of its tests, and the effect that it implies before any outcome.

        The effect is in shares of accuracy, NaN when the claim implies none.
        """
        return two_sided(1), nan


class RivalClaim(SystemClaim):
    """A claim that compares its system with another."""

    trained_rivals: ClassVar[bool] = False
    """Whether only a trained system can be the rival."""
    rival: str
    """Name of another system of this protocol."""

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems that it compares."""
        return (self.system, self.rival)

    def mistakes(self, surroundings: Surroundings) -> Iterator[Mistake]:
        """Yield what is wrong with its systems."""
        yield from super().mistakes(surroundings)
        among = surroundings.trained if self.trained_rivals else surroundings.systems
        rivals = [name for name in among if name != self.system]
        if self.rival not in rivals:
            yield Mistake(("rival",), self.rival, one_of(rivals, "another system"))


@dataclass(frozen=True)
class TiesShared:
    """What is found about a claim if ties are shared evenly.

    Attributes:
        rules: what settles the ties of each system that is not trained and bears on the claim, by its name.
        verdict: on the same claim with these ties shared.
    """

    rules: Mapping[str, Ties]
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Verdict(ABC):
    """A claim and what became of it, in numbers and in words; each kind of claim has a class of it.

    Attributes:
        claim: as the protocol states it.
        decision: what follows.
        margin: what the claim's quantity is held against: a lead, a loss, a share of a gain, a multiple of the data.
        method: how the hypotheses were tested, in words.
        hypotheses: tested one by one; none for a claim about another claim.
        deciding: the one that the decision hangs on; None where there is none.
        family: hypotheses that share one level; a correction or a fixed order keeps it.
        seeds: seeds that entered, complete at every amount of data compared.
        seeds_planned: seeds of the protocol.
        images: test images.
        train_images: training images of the corpus.
        power: what a study of this size can show, for the deciding hypothesis; None without a test.
        untestable: why there is nothing to test: the claim does not apply to this run; None when there is.
        look: of a group-sequential plan, at which it was judged; None without a plan, and before the first look.
        metric: name of the metric that it is about.
        ties_shared: what is found if the ties of what is not trained are shared evenly; None where none of it has ties
            that are settled otherwise.
    """

    claim: TestableClaim
    decision: Decision
    margin: float
    method: str
    hypotheses: tuple[Hypothesis, ...]
    deciding: Hypothesis | None
    family: int
    seeds: tuple[int, ...]
    seeds_planned: int
    images: int
    train_images: int
    power: Power | None = None
    untestable: str | None = None
    look: Look | None = None
    metric: str = ACCURACY
    ties_shared: TiesShared | None = None

    @property
    def measure(self) -> Measure:
        """The metric that it is about, in words."""
        return Measure(self.metric)

    @property
    def is_open(self) -> bool:
        """Whether more seeds could decide it: it is inconclusive, or all seeds so far agree where they need not."""
        if self.decision is Decision.not_testable and self.untestable is None:
            return any(each.basis.status in CURED_BY_SEEDS for each in self.hypotheses)
        return self.decision is Decision.inconclusive

    @property
    def estimate(self) -> float:
        """The quantity that the claim is about, in the deciding hypothesis; NaN without one."""
        return nan if self.deciding is None else self.deciding.estimate

    @property
    def threshold(self) -> float:
        """The value of its quantity on whose either side the claim holds or does not."""
        return self.margin

    @property
    def p(self) -> float:
        """The adjusted p-value of the deciding hypothesis; NaN without one."""
        return nan if self.deciding is None else self.deciding.p_adjusted

    @abstractmethod
    def claimed(self) -> str:
        """State what is claimed, as the end of a sentence."""

    @abstractmethod
    def stated(self) -> str:
        """State what was found where there was something to test."""

    @abstractmethod
    def answered(self) -> str:
        """Answer the claim in one sentence of at most thirty words, where there was something to test."""

    def without_test(self) -> str:
        """State that there was nothing to test."""
        return f"The claim cannot be tested: {self.untestable}."

    def agreement(self) -> str:
        """Say in a few words what decides it, where that is not a quantity; nothing for most kinds of claim."""
        return ""

    def qualified(self) -> list[str]:
        """State what a reader has to know beside what was found, in this kind of claim."""
        return []

    def with_ties_shared(self, shared: Verdict) -> str:
        """State what is found if the ties of what is not trained are shared evenly.

        Args:
            shared: the verdict on the same claim then.
        """
        found = shared.stated() if shared.untestable is None else shared.without_test()
        return f"With ties shared evenly, the claim is {shared.decision}. {found}"

    def effect_in_words(self, effect: str) -> str:
        """State that the true effect is of a size, as the end of a sentence.

        Args:
            effect: beyond the margin, in points.
        """
        # A multiple of the data is no margin of accuracy.
        beyond = " above the margin" if self.margin and self.claim.margin_unit == SCORE else ""
        return f"the true lead is {effect} points or more{beyond}"

    def effect_implied(self) -> str:
        """State what would be true if the effect were `power.effect`, in a kind of claim that implies one."""
        return ""

    def further(self) -> Mapping[str, object]:
        """Return what programs have to know beyond what every verdict has, by the names that they know it under."""
        return {}
