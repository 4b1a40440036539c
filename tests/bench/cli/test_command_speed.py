from __future__ import annotations

import json

import pytest
from command_line import CommandLine

from bench.speed.workload import Sizes


@pytest.mark.long
def test_quick_measures_every_ratio_and_tells_how_long_a_protocol_takes(cli: CommandLine) -> None:
    done = cli("speed", "protocol.yaml", "--quick", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["quick"]
    assert found["sizes"]["boxes"] < Sizes().boxes
    assert found["speedup_over_reference"] == pytest.approx(found["reference_step_seconds"] / found["step_seconds"])
    assert found["step_over_matrix_products"] == pytest.approx(found["step_seconds"] / found["matrix_products_seconds"])
    assert found["plus_step_over_step"] == pytest.approx(found["plus_step_seconds"] / found["step_seconds"])
    assert found["memory_over_reference"] == pytest.approx(found["step_peak_mib"] / found["reference_peak_mib"])
    for name in ("two_workers_over_one", "two_matrix_processes_over_one", "sentences_per_second", "evaluation_seconds"):
        assert found[name] > 0, name
    assert found["protocol"]["name"] == "tiny"
    assert found["protocol"]["trials"] == 7
    assert set(found["protocol"]["step_seconds"]) == {"sprm"}
    assert found["protocol"]["seconds"] > 0
    # What is at work goes to stderr, so that stdout is one JSON value.
    assert "a training step" in done.stderr
    assert not (cli.folder / "results").exists()


def test_an_override_without_a_protocol_is_refused(cli: CommandLine) -> None:
    done = cli("speed", "--quick", "--set", "seeds=2")
    assert done.returncode == 2
    assert "--set needs a protocol file" in done.stderr
