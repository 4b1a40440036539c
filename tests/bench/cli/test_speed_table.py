from __future__ import annotations

from io import StringIO

import pytest
from measured import FOUND
from rich.console import Console

from bench.cli.speed_table import show
from bench.speed.forecast import Forecast
from bench.speed.measurement import Speed


def shown(found: Speed, expected: Forecast | None = None) -> list[str]:
    console = Console(file=StringIO(), width=160)
    show(found, expected, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def line(lines: list[str], beginning: str) -> str:
    (found,) = (one for one in lines if one.startswith(beginning))
    return found


@pytest.mark.parametrize(
    ("name", "change", "verdict"),
    [
        ("speed-up of the fast path", {}, "met"),
        ("speed-up of the fast path", {"speedup_over_reference": 149.0}, "missed"),
        ("fast step / its matrix products", {"step_over_matrix_products": 2.51}, "missed"),
        ("step of SPRM+ / fast step", {"plus_step_over_step": 1.51}, "missed"),
        ("fast path / reference, memory", {"memory_over_reference": 0.11}, "missed"),
        ("ratio of these two speed-ups", {}, "met"),
        ("ratio of these two speed-ups", {"two_workers_over_one": 1.7}, "missed"),
        ("evaluation, 1,000 images", {"evaluation_seconds": 3.1}, "missed"),
    ],
)
def test_a_target_is_met_or_missed(name: str, change: dict[str, float], verdict: str) -> None:
    assert line(shown(FOUND.model_copy(update=change)), name).rstrip().endswith(verdict)


def test_small_sizes_have_no_targets() -> None:
    assert not any("met" in one.split() for one in shown(FOUND.model_copy(update={"quick": True})))


def test_a_protocol_is_told_by_its_time_or_as_done() -> None:
    expected = Forecast(
        name="tiny",
        trials=7,
        workers=2,
        step_seconds={"sprm": 0.0123},
        step_over_matrix_products={"sprm": 2.4},
        seconds=125.0,
    )
    told = shown(FOUND, expected)[-1]
    assert told.startswith("Protocol tiny: 7 trials are left and take about 2 min 5 s, 2 in parallel")
    assert told.endswith("(a training step takes 12.3 ms for sprm, 2.40 times its matrix products).")
    done = expected.model_copy(update={"trials": 0, "step_seconds": {}, "seconds": 0.0})
    assert shown(FOUND, done)[-1] == "Protocol tiny: every trial is done."
