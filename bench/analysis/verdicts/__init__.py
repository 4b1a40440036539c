"""Verdicts on the claims of a protocol: what is shown, what is refuted, and what is left open."""

from bench.analysis.verdicts.competitive import CompetitiveVerdict
from bench.analysis.verdicts.judging import judge
from bench.analysis.verdicts.more_efficient import MoreEfficientVerdict
from bench.analysis.verdicts.power import Power, power_of
from bench.analysis.verdicts.robust import RobustVerdict
from bench.analysis.verdicts.verdict import Decision, Hypothesis, Verdict

__all__ = [
    "CompetitiveVerdict",
    "Decision",
    "Hypothesis",
    "MoreEfficientVerdict",
    "Power",
    "RobustVerdict",
    "Verdict",
    "judge",
    "power_of",
]
