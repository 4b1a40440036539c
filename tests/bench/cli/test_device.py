"""The device in a protocol: settled when it is read, part of what a trained result is made from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from command_line import CommandLine

from bench.protocol.schema import Protocol
from bench.trials.plan import make_plan
from sprm.corpus.dataset import Dataset
from sprm.settings import Device

VALUES = {
    "name": "tiny",
    "fractions": [1],
    "seeds": 1,
    "systems": {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm"}},
}


def fingerprints(dataset: Dataset, results: Path, **values: object) -> dict[str, str]:
    plan = make_plan(Protocol.model_validate({**VALUES, **values}), dataset, results)
    return {planned.trial.key.system: planned.trial.fingerprint for planned in plan.trials}


def test_auto_is_settled_when_a_protocol_is_read() -> None:
    assert Protocol.model_validate(VALUES).device is (Device.cuda if torch.cuda.is_available() else Device.cpu)


def test_a_trained_result_of_one_device_is_not_anothers(dataset: Dataset, tmp_path: Path) -> None:
    cpu, cuda = (fingerprints(dataset, tmp_path, device=device) for device in ("cpu", "cuda"))
    assert cpu["sprm"] != cuda["sprm"]
    # A system that is not trained computes on the CPU whatever is asked for.
    assert cpu["prior"] == cuda["prior"]


def test_mixed_precision_is_another_result(dataset: Dataset, tmp_path: Path) -> None:
    full, mixed = (fingerprints(dataset, tmp_path, training={"mixed_precision": mixed}) for mixed in (False, True))
    assert full["sprm"] != mixed["sprm"]


@pytest.mark.parametrize("command", ["run", "speed"])
def test_a_gpu_that_is_not_there_is_told_before_anything_runs(cli: CommandLine, command: str) -> None:
    # Where there is a GPU, it is hidden.
    done = cli(command, "protocol.yaml", "--set", "device=cuda", CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: device: torch finds no CUDA GPU here")
    assert not list(cli.folder.glob("results/*/trials"))
