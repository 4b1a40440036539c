from __future__ import annotations

import json

from bench.cli.tables import reading_as_json
from sprm.corpus.dataset import Dataset


def test_what_was_read_is_told_in_plain_values(dataset: Dataset) -> None:
    found = json.loads(json.dumps(reading_as_json(dataset)))
    assert found["folder"] == str(dataset.folder)
    assert found["fingerprint"] == dataset.fingerprint
    assert found["splits"]["train"]["counts"]["images"] == 12
    assert found["coverage"] == dataset.coverage.model_dump(mode="json")
    assert found["plausibility"]["splits"]["test"]["upper_bound"] == dataset.plausibility.splits["test"].upper_bound
    assert found["implausible"] == []
