from __future__ import annotations

import json

from bench.cli.tables import reading_as_json
from sprm.corpus.dataset import Study


def test_what_was_read_is_told_in_plain_values(study: Study) -> None:
    found = json.loads(json.dumps(reading_as_json(study)))
    assert found["folder"] == str(study.folder)
    assert found["fingerprint"] == study.fingerprint
    assert found["splits"]["train"]["counts"]["images"] == 12
    assert found["coverage"] == study.coverage.model_dump(mode="json")
    assert found["plausibility"]["splits"]["test"]["upper_bound"] == study.plausibility.splits["test"].upper_bound
    assert found["implausible"] == []
