"""The metrics that a protocol names: which there are, in which order, and which may decide claims."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.store.inputs import run_inputs, trial_inputs
from sprm.errors import ProtocolError
from sprm.evaluation.metric import METRICS

TEXT = """\
name: metrics
corpus: {kind: scenes}
metrics: METRICS
fractions: [0.5, 1]
systems:
  prior: {kind: prior}
"""


def written(folder: Path, metrics: str) -> Path:
    path = folder / "protocol.yaml"
    path.write_text(TEXT.replace("METRICS", metrics), encoding="utf-8")
    return path


def complaint(folder: Path, metrics: str) -> str:
    with pytest.raises(ProtocolError) as caught:
        load(written(folder, metrics))
    return str(caught.value)


def test_a_protocol_that_names_none_has_those_of_every_version(tmp_path: Path) -> None:
    path = written(tmp_path, "[correct]")
    path.write_text(path.read_text().replace("metrics: [correct]\n", ""))
    protocol = load(path).protocol
    assert protocol.metrics == protocol.metric_columns == ("correct", "iou", "pointing")


def test_the_first_decides_and_each_names_the_column_that_it_is_computed_from(tmp_path: Path) -> None:
    protocol = load(written(tmp_path, "[recall_5, correct_by_type, iou, correct]")).protocol
    assert protocol.metric.title == "Recall at 5"
    assert protocol.metric_columns == ("recall_5", "correct", "iou")


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        (
            "[correct, recal_5]",
            "line 3: metrics.1: expected 'correct', .*, found 'recal_5'; did you mean \"recall_5\"",
        ),
        ("[iou, iou]", "line 3: metrics.1: each metric may be given once, found 'iou'"),
        ("[correct_by_type]", "line 3: metrics.0: the first metric decides the claims, which are tested by the values"),
        ("[]", "line 3: metrics: expected at least 1 of these"),
    ],
)
def test_a_mistake_is_named_with_its_line_key_and_the_nearest_name(tmp_path: Path, metrics: str, expected: str) -> None:
    assert re.search(expected, complaint(tmp_path, metrics))


def test_the_json_schema_lists_the_metrics() -> None:
    assert Protocol.model_json_schema()["properties"]["metrics"]["items"]["enum"] == list(METRICS.by_name())


def test_metrics_change_no_trial(tmp_path: Path) -> None:
    one, other = (load(written(tmp_path, metrics)).protocol for metrics in ("[correct]", "[recall_10, iou]"))
    assert run_inputs(one, "corpus") == run_inputs(other, "corpus")
    assert trial_inputs(one, "prior", 0, corpus="", subset=None) == trial_inputs(
        other, "prior", 0, corpus="", subset=None
    )
