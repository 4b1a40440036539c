from __future__ import annotations

import inspect

import pytest

from bench import stats

PROMISED = (
    "two_way_mean two_way_difference sign_flip_test non_inferiority smallest_competitive "
    "holm benjamini_hochberg trend_test retention probability_of_improvement cohens_h minimum_detectable_effect "
    "seeds_needed kept_at_least amount_to_match area_under_curve crossed_resamples data_multiplier fit_power_law "
    "learning_curve log_mean_counts n_95 simultaneous_band"
).split()


def test_the_exports_are_sorted_and_each_is_there_once() -> None:
    assert stats.__all__ == sorted(set(stats.__all__))
    assert set(PROMISED) <= set(stats.__all__)


def test_whatever_is_imported_is_exported() -> None:
    own = {name for name, value in vars(stats).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert own == set(stats.__all__)


@pytest.mark.parametrize("name", stats.__all__)
def test_every_export_says_what_it_is(name: str) -> None:
    # A dataclass without a docstring is given its signature for one.
    exported = getattr(stats, name)
    assert exported.__doc__
    assert not exported.__doc__.startswith(f"{name}(")


@pytest.mark.parametrize("name", [name for name in stats.__all__ if inspect.isfunction(getattr(stats, name))])
def test_the_docstring_of_every_function_explains_every_argument_without_a_plain_meaning(name: str) -> None:
    function = getattr(stats, name)
    arguments = list(inspect.signature(function).parameters)
    documented = inspect.getdoc(function) or ""
    assert len(arguments) == 1 or all(f"\n    {argument}: " in documented for argument in arguments)
