"""All the prose of a report, in order; the page and the Markdown file lay out the same words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from bench.protocol.schema import Protocol
from bench.report.analyse import Analysis
from bench.report.text.calibration import calibration_statements
from bench.report.text.caveats import caveats, notices, scope
from bench.report.text.comparisons import change_statement, gain_statement, largest_gain_statement, lead_statement
from bench.report.text.corpus_sizes import size_statements
from bench.report.text.examples import example_statements, without_examples
from bench.report.text.first_screen import FirstScreen, first_screen
from bench.report.text.learning import learning_statements
from bench.report.text.missing import Missing, missing
from bench.report.text.pairs import told_pairs, untold
from bench.report.text.phrase_properties import without_properties
from bench.report.text.published import published_statements
from bench.report.text.sequential import plan_statements, stop_statement, withdrawn_plans
from bench.report.text.summary import summary
from bench.report.text.systems import systems
from bench.report.text.variances import variance_statements
from bench.text.numbers import count, images, listed
from bench.verdicts.statement import answer, qualifications, statement, statement_time
from bench.verdicts.withdrawn import withdrawn_statement

NOTHING = "nothing about the paper's numbers"
SYNTHETIC_IN_SHORT = f"This corpus is synthetic: it proves {NOTHING}."


@dataclass(frozen=True)
class ClaimStory:
    """One claim.

    Attributes:
        name: the claim's name in the protocol.
        answer: what was found, in one sentence.
        claim: what the protocol claims.
        renders: the sentence of a paper that it tests; None when it renders none.
        decision: `supported`, `refuted`, `inconclusive` or `not testable`.
        statement: what was found.
        qualifications: what a reader has to know beside it.
    """

    name: str
    answer: str
    claim: str
    renders: str | None
    decision: str
    statement: str
    qualifications: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """The prose.

    Attributes:
        title: the question, the protocol's name and the corpus.
        first: what a reader sees first.
        synthetic: what a synthetic corpus means; None for a real one.
        missing: what the run lacks, and what to do; None when it is complete.
        study: what was tested on what, in a sentence.
        metric: title of the metric that the claims are about.
        summary: what training is worth, for practitioners.
        claims: what became of each claim.
        examples: how the examples were chosen and what they show; empty without any.
        without_examples: why there are none; None where there are, or nothing could be shown.
        plan: what a reader has to know of a group-sequential plan; empty without one.
        withdrawn: claims and plans that were stated and are not the protocol's any more.
        systems: what each system is.
        gains: what training adds to the prior.
        comparisons: what more training images change, and how trained systems compare.
        learning: how each trained system learns, and how every two compare over all amounts of data.
        sizes: whether it is the fraction or the number of images that counts; nothing for one corpus.
        without_properties: why there is no accuracy by what phrases are like; None where there is.
        variance: what would narrow the interval of an accuracy; empty where that cannot be told.
        calibration: how far the confidence of answers can be believed; nothing where no trial recorded it.
        published: what published numbers beside those of the run can be used for; nothing where none is known.
        scope: what the intervals and tests generalise over.
        caveats: what the design of this run leaves uncontrolled.
        notices: what was skipped or departs from the plan.
    """

    title: str
    first: FirstScreen
    synthetic: str | None
    missing: Missing | None
    study: str
    metric: str
    summary: tuple[str, ...]
    claims: tuple[ClaimStory, ...]
    examples: tuple[str, ...]
    without_examples: str | None
    plan: tuple[str, ...]
    withdrawn: tuple[str, ...]
    systems: tuple[str, ...]
    gains: tuple[str, ...]
    comparisons: tuple[str, ...]
    learning: tuple[str, ...]
    sizes: tuple[str, ...]
    without_properties: str | None
    variance: tuple[str, ...]
    calibration: tuple[str, ...]
    published: tuple[str, ...]
    scope: tuple[str, ...]
    caveats: tuple[str, ...]
    notices: tuple[str, ...]


def tell(analysis: Analysis) -> Story:
    """Put an analysis into words."""
    protocol, first = analysis.protocol, first_screen(analysis)
    return Story(
        title=f"{first.question} Protocol {protocol.name} on {protocol.corpus.described}",
        first=first,
        synthetic=synthetic(protocol),
        missing=missing(analysis),
        study=_study(analysis),
        metric=analysis.measure.title,
        summary=(*stop_statement(analysis), *summary(analysis)),
        claims=tuple(
            ClaimStory(
                name=verdict.claim.name,
                answer=answer(verdict),
                claim=verdict.claimed(),
                renders=verdict.claim.renders,
                decision=verdict.decision.value,
                statement=statement(verdict),
                qualifications=(*qualifications(verdict), *statement_time(stated)),
            )
            for verdict, stated in zip(analysis.verdicts, analysis.stated, strict=True)
        ),
        examples=tuple(example_statements(analysis.examples)),
        without_examples=without_examples(analysis),
        plan=tuple(plan_statements(analysis)),
        withdrawn=(*withdrawn_statement(analysis.withdrawn), *withdrawn_plans(analysis)),
        systems=tuple(systems(analysis.protocol)),
        gains=tuple(_gains(analysis)),
        comparisons=tuple(_comparisons(analysis)),
        learning=tuple(learning_statements(analysis)),
        sizes=tuple(line for claim in analysis.by_size for line in size_statements(claim)),
        without_properties=without_properties(analysis),
        variance=tuple(variance_statements(analysis)),
        calibration=tuple(calibration_statements(analysis)),
        published=tuple(published_statements(analysis)),
        scope=tuple(scope(analysis)),
        caveats=tuple(caveats(analysis)),
        notices=tuple(notices(analysis)),
    )


def synthetic(protocol: Protocol) -> str | None:
    """Say that a protocol's corpus is synthetic, and what that means; None when it is not."""
    explanation = protocol.corpus.synthetic
    return None if explanation is None else f"{explanation} These results demonstrate the suite and prove {NOTHING}."


def _study(analysis: Analysis) -> str:
    trained = list(analysis.protocol.trained)
    amounts = listed([count(fraction.images) for fraction in analysis.fractions])
    training = (
        f"Trained: {listed(trained)}, on {amounts} of {images(analysis.manifest.splits['train'].images)}, with "
        f"{_seeds(analysis)} each."
        if trained
        else f"Not trained: {listed(list(analysis.protocol.systems))}."
    )
    lost = len(analysis.manifest.splits["test"].left_out)
    listed_images = analysis.manifest.splits["test"].images + lost
    without = f" of {count(listed_images)}: {count(lost)} could not be used" if lost else ""
    return (
        f"{training} Tested: {count(analysis.test.phrases)} phrases in {images(analysis.test.images)}{without}. "
        f"{_judged(analysis)} ({analysis.protocol.rules} rules)."
    )


def _seeds(analysis: Analysis) -> str:
    design = analysis.protocol.design
    if design.crossed:
        return f"{design.subsets} subsets times {design.initialisations} initialisations ({design.trainings} trainings)"
    of = "" if analysis.stopped is None else f"{analysis.stopped.seeds} of "
    return f"{of}{design.trainings} {'seed' if design.trainings == 1 else 'seeds'}"


def _judged(analysis: Analysis) -> str:
    if analysis.measure.is_accuracy:
        return "A phrase is right if the predicted box overlaps its target with an IoU of at least 0.5"
    metric = analysis.protocol.metric
    return f"Claims, curves and tests are about {analysis.measure}: {metric.definition}"


def _gains(analysis: Analysis) -> list[str]:
    if not analysis.gains:
        return [
            "No system is compared with the prior: the protocol has no prior, or the trials of the prior or of every "
            "trained system are missing."
        ]
    sentences = []
    for _, own in groupby(analysis.gains, key=lambda gain: gain.system):
        gains = list(own)
        sentences += [gain_statement(gains, analysis.measure), largest_gain_statement(gains[-1])]
    for _, own in groupby(analysis.other_gains, key=lambda gain: (gain.rival, gain.system)):
        sentences.append(lead_statement(list(own), analysis.measure))
    return sentences


def _comparisons(analysis: Analysis) -> list[str]:
    changes = [change_statement(list(own)) for _, own in groupby(analysis.neighbours, key=lambda step: step.system)]
    trained = list(analysis.protocol.trained)
    told = told_pairs(trained)
    both = groupby(analysis.between_systems, key=lambda lead: (lead.system, lead.rival))
    leads = [lead_statement(list(own), analysis.measure) for pair, own in both if pair in told]
    return changes + leads + (untold(trained) if leads else [])
