"""Stratifiers and metrics, those of the package and broken ones."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from bench.conformance.check import check
from bench.conformance.finding import Result, findings
from bench.conformance.others import METRIC_CHECKS, STRATIFIER_CHECKS, Named
from bench.protocol.stratifier import STRATA, Stratifier
from sprm.corpus.corpus import Corpus
from sprm.corpus.dataset import Dataset
from sprm.errors import ProtocolError
from sprm.evaluation.metric import METRICS, Metric

NUMBERS = count()


@pytest.mark.parametrize("name", STRATA.by_name())
def test_a_stratifier_of_the_package_passes(name: str, dataset: Dataset) -> None:
    assert Result.failed not in {each.result for each in findings(STRATIFIER_CHECKS, Named(name, dataset))}


@pytest.mark.parametrize("name", METRICS.by_name())
def test_a_metric_of_the_package_passes(name: str, dataset: Dataset) -> None:
    assert {each.result for each in findings(METRIC_CHECKS, Named(name, dataset))} == {Result.passed}


@pytest.mark.parametrize(
    ("of_images", "failing", "why"),
    [
        (lambda corpus: [frozenset({"a"})], "strata", "expected a frozenset of text for each of 12 images"),
        (lambda corpus: ["a"] * len(corpus.images), "strata", "returns 'a' for an image"),
        (lambda corpus: 1 / 0, "strata", "strata broken: ZeroDivisionError"),
        (
            lambda corpus: [frozenset({str(next(NUMBERS))})] * len(corpus.images),
            "same strata",
            "asked again, it returns other strata",
        ),
    ],
)
def test_a_broken_stratifier_fails(
    of_images: Callable[[Corpus], object], failing: str, why: str, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STRATA._added, "broken", Stratifier("nothing", of_images))
    found = list(findings(STRATIFIER_CHECKS, Named("broken", dataset)))
    first = next(each for each in found if each.result is Result.failed)
    assert first.check == failing
    assert why in first.why


@pytest.mark.parametrize(
    ("of_boxes", "why"),
    [
        (lambda matches: matches.iou[:-1], "metric broken: returns ("),
        (lambda matches: matches.iou * 2 + 1, "returns a value outside of [0, 1]"),
        (lambda matches: matches.iou * np.nan, "returns a value outside of [0, 1]"),
        (lambda matches: matches.uio, "metric broken: AttributeError"),
    ],
)
def test_a_broken_metric_fails(
    of_boxes: Callable[..., object], why: str, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METRICS._added, "broken", Metric("Broken", "nothing", of_boxes))
    found = list(findings(METRIC_CHECKS, Named("broken", dataset)))
    assert found[0].result is Result.failed
    assert why in found[0].why


def test_a_name_that_nothing_has_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(
        ProtocolError, match=r"called 'priro'; did you mean \"prior\"\? \(one from elsewhere needs --plugi"
    ):
        list(check("priro", (), tmp_path, lambda stage, done, total: None))
