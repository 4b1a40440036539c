"""What may be tuned, and with how many candidates: mistakes have their key."""

from __future__ import annotations

from typing import Any

import pytest

from bench.protocol.load import load
from sprm.errors import ProtocolError

PROTOCOL = """\
name: tuned
fractions: [1.0]
systems:
  prior: {kind: prior}
  sprm: {kind: sprm, tune: {learning_rate: [1e-4, 1e-3], omega: [0.4, 0.8]}}
  refinement: {kind: refinement, tune: {epochs: [1, 2, 3, 4]}}
"""


def loaded(tmp_path: Any, *overrides: str) -> Any:
    path = tmp_path / "tuned.yaml"
    path.write_text(PROTOCOL)
    return load(path, overrides).protocol


def test_every_combination_of_the_values_is_a_candidate(tmp_path: Any) -> None:
    protocol = loaded(tmp_path)
    found = [(each.learning_rate, each.omega) for each in protocol.systems["sprm"].candidates]
    assert found == [(1e-4, 0.4), (1e-4, 0.8), (1e-3, 0.4), (1e-3, 0.8)]
    assert [each.tune for each in protocol.systems["sprm"].candidates] == [None] * 4
    assert [each.epochs for each in protocol.systems["refinement"].candidates] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("systems.sprm.tune={learning_rate: [1e-4, x]}", "tune.learning_rate.1: expected a number, found 'x'"),
        ("systems.sprm.tune={omega: [2, 0.3]}", "tune.omega.0: expected at most 1, found 2"),
        ("systems.sprm.tune={learning_rate: [1e-4, null]}", "tune.learning_rate.1: expected a value that is tried"),
        ("systems.sprm.tune={omega: [0.4, 0.4]}", "tune.omega.1: expected each value once, found 0.4"),
        ("systems.sprm.tune={omega: []}", "tune.omega: expected at least 1 of these, found an empty list"),
        ("systems.sprm.tune={}", "tune: expected at least 1 of these"),
        ("systems.sprm.tune={learning: [1]}", "tune.learning: expected batch or .* or words, found 'learning'"),
        ("systems.sprm.tune={ties: [first]}", "tune.ties: expected batch or"),
        ("systems.sprm.tune={kind: [sprm]}", "tune.kind: expected batch or"),
        ("systems.sprm.tune=3", "tune: expected keys and values, found 3"),
        ("systems.prior.tune={heads: [true]}", "systems.prior.tune: unknown key"),
        ("systems.sprm.tune={omega: [0.2]}", "sprm.tune: expected 4 combinations of values to try, as refinement has"),
        ("systems.more={kind: sprm}", "more.tune: expected 4 combinations of values to try, as sprm has, found 1"),
        ("systems.sprm.selection=last", "systems.sprm.selection: expected val_accuracy, by which the values of sprm"),
        ("training.selection=val_loss", "training.selection: expected val_accuracy, by which the values of sprm"),
    ],
)
def test_a_mistake_in_what_is_tuned_has_its_key(tmp_path: Any, override: str, problem: str) -> None:
    with pytest.raises(ProtocolError, match=problem):
        loaded(tmp_path, override)
