"""From the outcomes of single phrases to everything that a report states, as frozen records."""

from bench.analysis.competition import CompetitiveDecision, CompetitiveStep, Decision
from bench.analysis.curves import CurvePoint, Portion, TypePoint
from bench.analysis.gains import Gain
from bench.analysis.study import Analysis, Composition, analyse

__all__ = [
    "Analysis",
    "CompetitiveDecision",
    "CompetitiveStep",
    "Composition",
    "CurvePoint",
    "Decision",
    "Gain",
    "Portion",
    "TypePoint",
    "analyse",
]
