"""Verdicts and the power behind them, for people at a terminal and as plain values for machines."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from bench.cli.tables import plain_table
from bench.cli.terminal import console
from bench.protocol.schema import Protocol
from bench.report.analyse import Analysis
from bench.report.claims_json import defined
from bench.report.text.sequential import withdrawn_plans
from bench.report.text.story import SYNTHETIC_IN_SHORT
from bench.stats import SeedsNeeded, SeedsStatus, Status
from bench.text.measures import Measure
from bench.text.numbers import NONE, count, points
from bench.verdicts.hypothesis import Decision
from bench.verdicts.planned_power import PlannedStudy
from bench.verdicts.statement import qualifications, statement, statement_time
from bench.verdicts.withdrawn import withdrawn_statement

COLOURS = {
    Decision.supported: "green",
    Decision.refuted: "bold red",
    Decision.inconclusive: "yellow",
    Decision.not_testable: "",
}
LEGEND = {
    "detects": "the smallest effect that this study detects with 80 % power; for several leads, in a single one",
    "unlimited seeds": "the same with unlimited seeds on these test images",
    "if true": "the effect if the claim is fully true, for claims that imply one",
    "seeds": "the number of seeds that detect this effect with 80 % power; none: it takes more test images",
}
NO_BREAK = "\u00a0"
NARROWEST = 20
"""Columns below which a terminal's lines are folded by itself."""


def show_verdicts(analysis: Analysis) -> None:
    """Print each claim with its verdict and what else a reader has to know."""
    out = console()
    if not analysis.verdicts:
        out.print("The protocol makes no claims.")
        _show_withdrawn(analysis, out)
        return
    for verdict, stated in zip(analysis.verdicts, analysis.stated, strict=True):
        decision = (verdict.decision.value, COLOURS[verdict.decision])
        out.print(Text.assemble((verdict.claim.name, "bold"), ": ", decision))
        sentences = [f"Claimed: {verdict.claimed()}", statement(verdict)]
        for line in [*sentences, *qualifications(verdict), *statement_time(stated)]:
            out.print(Text(_indented(line, out)), soft_wrap=True)
        out.print()
    out.print(Text(_summary(analysis)), soft_wrap=True)
    _show_withdrawn(analysis, out)
    _show_synthetic(analysis.protocol, out)


def _indented(line: str, out: Console) -> str:
    """Fold a line to a terminal's width, in which a number stays with its sign; a pipe has no width."""
    if not out.is_terminal:
        return f"  {line}"
    joined = re.sub(r" (?=[%=<>])|(?<=[=<>]) ", NO_BREAK, line)
    folded = textwrap.fill(joined, max(out.width, NARROWEST), initial_indent="  ", subsequent_indent="  ")
    return folded.replace(NO_BREAK, " ")


def _summary(analysis: Analysis) -> str:
    counts = Counter(verdict.decision for verdict in analysis.verdicts)
    decisions = ", ".join(f"{counts[decision]} {decision}" for decision in Decision if counts[decision])
    sentence = f"{analysis.run}: {decisions}"
    if not analysis.unfinished:
        return sentence
    return f"{sentence}; only {analysis.done:,} of {analysis.planned:,} trials are done, so this may change"


def _show_withdrawn(analysis: Analysis, out: Console) -> None:
    for line in [*withdrawn_statement(analysis.withdrawn), *withdrawn_plans(analysis)]:
        out.print(Text(line), soft_wrap=True)


def _show_synthetic(protocol: Protocol, out: Console) -> None:
    if protocol.corpus.synthetic:
        out.print(Text(SYNTHETIC_IN_SHORT), soft_wrap=True)


def show_power(study: PlannedStudy, protocol: Protocol) -> None:
    """List what each comparison behind a protocol's claims can show."""
    out = console()
    if not study.comparisons and not study.unknown:
        out.print("The protocol makes no claims.")
        return
    table = plain_table(("claim", "training images", *LEGEND), numeric=tuple(LEGEND), folded=("claim",))
    for planned in study.comparisons:
        power = planned.power
        status = power.detectable.status
        detects = points(power.detectable.effect) if status is Status.ok else status.value
        unlimited = points(power.needed.floor)
        table.add_row(planned.claim, planned.comparison, detects, unlimited, points(power.effect), _seeds(power.needed))
    if study.comparisons:
        out.print(table)
        out.print()
    for claim, why in study.unknown.items():
        out.print(Text(f"{claim}: {why}."), soft_wrap=True)
    seeds = "1 seed" if study.seeds == 1 else f"{study.seeds:,} seeds"
    if protocol.design.crossed:
        seeds = f"{seeds} that share neither subset nor initialisation, of {study.trainings:,} trainings"
    out.print(
        f"{seeds}, {count(study.images)} test images. All effects are in points of {Measure(protocol.metrics[0])} "
        "beyond the margin:",
        soft_wrap=True,
    )
    for column, meaning in LEGEND.items():
        out.print(Text(_indented(f"{column}: {meaning}", out)), soft_wrap=True)
    _show_synthetic(protocol, out)


def power_as_json(study: PlannedStudy) -> dict[str, Any]:
    """Return the power of a protocol's claims as plain values; null where a number is not known."""
    comparisons = [
        {"claim": planned.claim, "comparison": planned.comparison, **asdict(planned.power)}
        for planned in study.comparisons
    ]
    return {
        "seeds": study.seeds,
        "trainings": study.trainings,
        "test_images": study.images,
        "comparisons": defined(comparisons),
        "unknown": study.unknown,
    }


def _seeds(needed: SeedsNeeded) -> str:
    if needed.seeds is not None:
        return f"{needed.seeds:,}"
    return NONE if needed.status is SeedsStatus.unknown else "none"
