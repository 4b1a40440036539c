from __future__ import annotations

from pathlib import Path

import pytest

from bench.protocol.schema import Protocol
from bench.speed.step_time import step_seconds
from bench.trials.plan import make_plan
from sprm.corpus.dataset import Dataset

VALUES = {"name": "tiny", "fractions": [0.5, 1], "seeds": 2, "systems": {"sprm": {"kind": "sprm"}}}


def test_a_step_is_timed_once_for_a_machine_a_corpus_and_settings_and_again_where_it_was_not_kept(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    small, *_, large = (
        planned.trial for planned in make_plan(Protocol.model_validate(VALUES), dataset, tmp_path).trials
    )
    seconds = step_seconds(small, dataset)
    assert seconds > 0
    # No two measurements are alike to the last digit.
    assert step_seconds(large, dataset) == seconds
    (kept,) = (tmp_path / "step_times").iterdir()
    kept.write_text('{"seconds": -1}')
    assert step_seconds(small, dataset) not in (seconds, -1)
    settings = {**VALUES, "systems": {"sprm": {"kind": "sprm", "batch": 8}}}
    other = make_plan(Protocol.model_validate(settings), dataset, tmp_path).trials[0].trial
    assert step_seconds(other, dataset) != seconds
    assert len(list((tmp_path / "step_times").iterdir())) == 2
