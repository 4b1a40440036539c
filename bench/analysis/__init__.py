"""From the outcomes of single phrases to everything that a report states, as frozen records."""

from bench.analysis.comparisons import Comparison, Family
from bench.analysis.curves import CurvePoint, TypePoint
from bench.analysis.learning import Learning
from bench.analysis.portion import Portion
from bench.analysis.rivalry import AreaDifference, Multiplier
from bench.analysis.statement import StatedClaim, WithdrawnClaim
from bench.analysis.study import Analysis, Composition, analyse
from bench.analysis.verdicts import (
    CompetitiveVerdict,
    Decision,
    Hypothesis,
    MoreEfficientVerdict,
    Power,
    RobustVerdict,
    Verdict,
)

__all__ = [
    "Analysis",
    "AreaDifference",
    "Comparison",
    "CompetitiveVerdict",
    "Composition",
    "CurvePoint",
    "Decision",
    "Family",
    "Hypothesis",
    "Learning",
    "MoreEfficientVerdict",
    "Multiplier",
    "Portion",
    "Power",
    "RobustVerdict",
    "StatedClaim",
    "TypePoint",
    "Verdict",
    "WithdrawnClaim",
    "analyse",
]
