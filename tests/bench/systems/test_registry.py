"""A kind of system is one class: those of the package, and one that another distribution brings."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import CommandLine

from bench.systems.bounds import Oracle
from bench.systems.registry import SYSTEMS
from bench.systems.system import BOUNDS, Role, System, Task, TrainedSystem
from sprm.corpus.dataset import Dataset
from sprm.settings import Rules, TrainingSettings

FIRST_BOX = '''\
"""The first box of every image, from another distribution."""

from typing import ClassVar, Literal

import numpy as np

from bench.systems.registry import SYSTEMS
from bench.systems.system import Role, UntrainedSystem, Task


@SYSTEMS.register
class FirstBox(UntrainedSystem):
    """The first box in the file."""

    kind: Literal["first-box"]
    role: ClassVar[Role] = Role.chance

    @property
    def description(self) -> str:
        return "the first box in the file"

    def answer(self, task: Task):
        from sprm.evaluation.outcomes import judge

        matches = task.matches("test")
        return judge(matches, np.zeros(len(matches.offsets) - 1, dtype=np.int64))
'''


@pytest.mark.parametrize("kind", SYSTEMS.all(), ids=lambda kind: kind.__name__)
def test_a_kind_describes_itself_names_what_it_reads_and_answers_every_phrase(
    kind: type[System], dataset: Dataset
) -> None:
    (name,) = kind.model_json_schema()["properties"]["kind"]["const"].split()
    system = kind.model_validate({"kind": name})
    assert kind.__doc__
    assert system.description
    assert kind.role in Role
    assert isinstance(system, TrainedSystem) == (kind.role is Role.trained)
    task = Task(dataset, Rules.corrected)
    if isinstance(system, TrainedSystem):
        training = TrainingSettings(epochs=1, batch=4, learning_rate=1e-3)
        task = Task(dataset, Rules.corrected, training, dataset.train.images.index.to_numpy())
        assert {read.split for read in system.reads()} >= {"train", "test"}
    outcome = system.run(task)
    assert list(outcome.items["phrase"]) == list(dataset.test.phrases["text"])
    assert outcome.items[["correct", "pointing", "iou"]].to_numpy().min() >= 0
    assert (outcome.training is None) == (kind.role is not Role.trained)


def test_a_name_means_one_kind() -> None:
    SYSTEMS.register(Oracle)

    class Impostor(Oracle):
        """Another kind by the same name."""

    with pytest.raises(ValueError, match="are both called 'oracle'"):
        SYSTEMS.register(Impostor)


def test_a_kind_from_another_distribution_runs_from_protocol_to_report(cli: CommandLine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "first_box-1.0.dist-info").mkdir(parents=True)
    (outside / "first_box.py").write_text(FIRST_BOX)
    (outside / "first_box-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: first-box\nVersion: 1.0\n"
    )
    (outside / "first_box-1.0.dist-info" / "entry_points.txt").write_text(f"[{SYSTEMS.group}]\nfirst-box = first_box\n")
    path = os.pathsep.join(filter(None, [str(outside), os.environ.get("PYTHONPATH")]))
    systems = "systems={first: {kind: first-box}, prior: {kind: prior}, oracle: {kind: oracle}}"
    options = ("--set", systems, "--set", "claims=[]", "--set", "fractions=[1]")
    done = cli("run", "protocol.yaml", *options, "--workers", "1", "--json", PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    report = Path(cli.folder, json.loads(done.stdout)["report"]).with_name("report.md").read_text()
    assert "first: the first box in the file." in report
    assert f"first ({BOUNDS[0]})" in report
