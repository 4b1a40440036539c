"""What another distribution brings: a kind of system, a kind of claim and a metric run from protocol to report."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import CommandLine
from distribution import distribution

from bench.protocol.claim import CLAIMS
from bench.systems.registry import SYSTEMS
from bench.systems.system import BOUNDS
from sprm.evaluation.metric import METRICS

FIRST_BOX = '''\
"""The first box of every image, from another distribution."""

from typing import ClassVar, Literal

import numpy as np

from bench.systems.registry import SYSTEMS
from bench.systems.system import Encoding, Role, System, Task


@SYSTEMS.register
class FirstBox(System):
    """The first box in the file."""

    kind: Literal["first-box"]
    role: ClassVar[Role] = Role.chance

    def score(self, task: Task, split, weights):
        from sprm.evaluation.scores import Scores

        offsets = task.encoded(Encoding(split)).box_offsets
        values = np.zeros(offsets[-1])
        values[offsets[:-1]] = 1
        return Scores(values, offsets)
'''
REACHES = '''\
"""The claim that a system reaches an accuracy, from another distribution."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bench.protocol.claim import CLAIMS, Mistake, Surroundings, one_of
from bench.verdicts.hypothesis import Decision
from bench.verdicts.verdict import Case, TestableClaim, Verdict


@CLAIMS.register
class ReachesClaim(TestableClaim):
    """A system answers at least a share of the test phrases."""

    kind: Literal["reaches"]
    system: str
    share: float

    def mistakes(self, surroundings: Surroundings) -> Iterator[Mistake]:
        if self.system not in surroundings.systems:
            yield Mistake(("system",), self.system, one_of(surroundings.systems, "a system"))

    def judge(self, case: Case) -> Verdict:
        evidence = case.evidence
        accuracy = evidence.counts(self.system, None, (0,)).sum() / evidence.phrases.sum()
        decision = Decision.supported if accuracy >= self.share else Decision.refuted
        return ReachesVerdict(
            claim=self, decision=decision, margin=self.share, method="accuracy on these images, without a test",
            hypotheses=(), deciding=None, family=1, seeds=(0,), seeds_planned=evidence.protocol.seeds,
            images=len(evidence.phrases), train_images=evidence.train_images,
        )


@dataclass(frozen=True, kw_only=True)
class ReachesVerdict(Verdict):
    claim: ReachesClaim

    def claimed(self) -> str:
        return f"{self.claim.system} answers at least {self.claim.share:.0%} of the phrases."

    def stated(self) -> str:
        return f"{self.claim.system} does{'' if self.decision is Decision.supported else ' not'} reach that."

    def answered(self) -> str:
        return self.stated()
'''


STRICT = '''\
"""Accuracy at a stricter threshold, from another distribution."""

from sprm.evaluation.metric import METRICS, Metric

STRICT = Metric("Strict accuracy", "share of phrases with an IoU of at least 0.75", lambda matches: matches.iou >= 0.75)
METRICS.add("strict", STRICT)
'''


@pytest.mark.slow
def test_what_comes_from_elsewhere_runs_from_protocol_to_report(cli: CommandLine, tmp_path: Path) -> None:
    system = distribution(tmp_path / "system", "first_box", FIRST_BOX, SYSTEMS.group)
    claim = distribution(tmp_path / "claim", "reaches", REACHES, CLAIMS.group)
    metric = distribution(tmp_path / "metric", "strict", STRICT, METRICS.group)
    path = os.pathsep.join(filter(None, [system, claim, metric, os.environ.get("PYTHONPATH")]))
    systems = "systems={first: {kind: first-box}, prior: {kind: prior}, oracle: {kind: oracle}}"
    claims = "claims=[{name: some, kind: reaches, system: oracle, share: 0.2}]"
    metrics = "metrics=[strict, correct, iou]"
    options = ("--set", systems, "--set", claims, "--set", "fractions=[1]", "--set", metrics)
    done = cli("run", "protocol.yaml", *options, "--workers", "1", "--json", PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["verdicts"] == {"some": "supported"}
    report = Path(cli.folder, answer["report"]).with_name("report.md").read_text()
    assert "first: the first box in the file." in report
    assert f"first ({BOUNDS[0]})" in report
    assert "oracle does reach that." in report
    (header,) = {line for line in report.splitlines() if line.startswith("| System | Strict accuracy ")}
    assert header == "| System | Strict accuracy | Accuracy | Mean IoU |"


def test_a_mistake_in_a_claim_from_elsewhere_has_its_line(cli: CommandLine, tmp_path: Path) -> None:
    claim = distribution(tmp_path / "claim", "reaches", REACHES, CLAIMS.group)
    claims = "claims=[{name: some, kind: reaches, system: oarcle, share: 0.2}]"
    path = os.pathsep.join(filter(None, [claim, os.environ.get("PYTHONPATH")]))
    done = cli("validate", "protocol.yaml", "--set", claims, PYTHONPATH=path)
    assert done.returncode == 2
    assert "claims.0.system: expected 'random' or 'oracle' or" in done.stderr
