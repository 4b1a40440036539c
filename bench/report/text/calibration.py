"""How far the confidence of answers can be believed, in words."""

from __future__ import annotations

from bench.analysis.reliability import Reliability
from bench.report.analyse import Analysis
from bench.systems.system import System
from bench.text.numbers import amount, listed, percent, points
from sprm.evaluation.scores import ScoresAre


def calibration_statements(analysis: Analysis) -> list[str]:
    """State the calibration of each system's answers, and why others have none; nothing where no trial recorded it."""
    if not analysis.reliabilities:
        return []
    return [*map(_statement, analysis.reliabilities), *_left_out(analysis)]


def _statement(own: Reliability) -> str:
    what = own.system if own.fraction is None else f"{own.system} with {amount(own.fraction)}"
    return (
        f"{what} has a mean confidence of {percent(own.confidence)} % and an accuracy of {percent(own.accuracy)} %. "
        f"Its expected calibration error is {points(own.error)} points."
    )


def _left_out(analysis: Analysis) -> list[str]:
    described = {own.system for own in analysis.reliabilities}
    answered = {record.system for record in analysis.records} - described
    left = {name: system for name, system in analysis.protocol.systems.items() if name in answered}
    ranked = [name for name, system in left.items() if not _tells(system)]
    older = [name for name in left if name not in ranked]
    sentences = (
        [f"Without confidence: {listed(ranked)}. Their scores only rank boxes, or choose none."] if ranked else []
    )
    if older:
        sentences.append(f"For {listed(older)}, confidence is unknown: these results are older than its record.")
    return sentences


def _tells(system: System) -> bool:
    return system.chooses and system.scores_are is not ScoresAre.ranks
