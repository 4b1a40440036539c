"""Two run folders, compared: the one record that a comparison is written from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.analysis.fraction import Fraction
from bench.analysis.run_differences import Difference, origin_differences, setting_differences
from bench.analysis.run_pairing import Cell, cells
from bench.analysis.run_side import Side, read_side
from bench.verdicts.changes import VerdictChange, verdict_changes
from bench.verdicts.judge import judge
from bench.verdicts.verdict import Verdict


@dataclass(frozen=True, eq=False)
class RunsCompared:
    """Everything that a comparison of two runs states.

    Attributes:
        first: the one run.
        second: the other.
        settings: what their protocols do not have in common.
        origins: what they were made from and with and do not have in common.
        cells: their accuracies, in pairs.
        verdicts: what became of their claims.
    """

    first: Side
    second: Side
    settings: tuple[Difference, ...]
    origins: tuple[Difference, ...]
    cells: tuple[Cell, ...]
    verdicts: tuple[VerdictChange, ...]

    @property
    def paired(self) -> int:
        """Trials that both runs have complete, with the same test phrases."""
        return sum(len(cell.seeds) for cell in self.cells)

    @property
    def same(self) -> int:
        """Those of them with the same outcomes."""
        return sum(cell.same for cell in self.cells)

    @property
    def is_synthetic(self) -> bool:
        """Whether a run was made on a synthetic corpus."""
        return any(side.protocol.corpus.synthetic is not None for side in (self.first, self.second))

    def fractions(self, cell: Cell) -> tuple[Fraction | None, Fraction | None]:
        """Return a cell's amount of training data in each run; None where a run has none, or it is not trained."""
        first, second = (
            None if side.evidence is None else side.evidence.fractions.get(cell.fraction)
            for side in (self.first, self.second)
        )
        return first, second


def compare_runs(first: Path, second: Path) -> RunsCompared:
    """Compare two runs by their folders alone; nothing is trained.

    Raises:
        ProtocolError: a protocol cannot be read.
        ResultsError: something that a run's folder needs is missing or damaged.
    """
    one, other = read_side(first), read_side(second)
    return RunsCompared(
        first=one,
        second=other,
        settings=setting_differences(one, other),
        origins=origin_differences(one, other),
        cells=cells(one, other),
        verdicts=verdict_changes(_verdicts(one), _verdicts(other)),
    )


def _verdicts(side: Side) -> tuple[Verdict, ...]:
    return () if side.evidence is None else judge(side.protocol.claims, side.evidence)
