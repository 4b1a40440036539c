from __future__ import annotations

import pytest
from measured import FOUND

from bench.speed.forecast import rate_of


@pytest.mark.parametrize(("workers", "rate"), [(1, 1), (2, 1.875), (8, 1.875)])
def test_workers_help_as_far_as_there_are_cores(workers: int, rate: float) -> None:
    assert rate_of(workers, FOUND) == pytest.approx(rate)


def test_four_cores_help_in_proportion() -> None:
    four = FOUND.model_copy(update={"workers": 4, "sentences_per_second": 2800.0})
    assert [rate_of(workers, four) for workers in (1, 2, 4, 9)] == pytest.approx([1, 1 + 2.5 / 3, 3.5, 3.5])


def test_workers_that_only_hinder_each_other_are_no_less_than_one() -> None:
    worse = FOUND.model_copy(update={"sentences_per_second": 500.0})
    assert rate_of(2, worse) == 1
    assert rate_of(4, FOUND.model_copy(update={"workers": 1})) == 1
