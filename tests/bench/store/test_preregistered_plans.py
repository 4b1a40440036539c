"""A plan of looks is written down when a run is first held against it, as claims are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from simulated_run import SimulatedRun

from bench.claims.competitive import CompetitiveClaim
from bench.protocol.sequential import SequentialPlan
from bench.report.analyse import analyse
from bench.report.text.sequential import plan_statements, withdrawn_plans
from bench.store.preregistration import FILE, preregister, read_preregistration
from sprm.errors import ResultsError

SMALL = CompetitiveClaim(name="small", kind="competitive", system="sprm", margin=0.02)
FIRST, SECOND = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
PLAN, OTHER = SequentialPlan(looks=(3, 5)), SequentialPlan(looks=(4, 5))


def plans(run: Path) -> list[tuple[tuple[int, ...], datetime, int]]:
    return [(one.plan.looks, one.stated_at, one.trials_finished) for one in read_preregistration(run).plans]


def test_a_plan_keeps_the_time_of_its_first_statement_and_a_changed_one_is_added(tmp_path: Path) -> None:
    run = tmp_path / "run"
    preregister(run, [SMALL], FIRST, plan=PLAN)
    preregister(run, [SMALL], SECOND, elsewhere={run / "other": 7}, plan=OTHER)
    preregister(run, [SMALL], SECOND, elsewhere={run / "other": 9}, plan=PLAN)
    preregister(run, [SMALL], SECOND, elsewhere={run / "other": 9})
    assert plans(run) == [((3, 5), FIRST, 0), ((4, 5), SECOND, 7)]
    assert [one.stated_at for one in read_preregistration(run).claims] == [FIRST]


def test_without_a_plan_the_file_is_as_before_there_were_plans(tmp_path: Path) -> None:
    preregister(tmp_path, [SMALL], FIRST)
    assert set(json.loads((tmp_path / FILE).read_text())) == {"schema_version", "claims"}


def test_a_plan_without_claims_is_written_down_too(tmp_path: Path) -> None:
    preregister(tmp_path, [], FIRST, plan=PLAN)
    assert plans(tmp_path) == [((3, 5), FIRST, 0)]


def test_a_plan_that_stands_twice_is_refused(tmp_path: Path) -> None:
    preregister(tmp_path, [], FIRST, plan=PLAN)
    stored = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps({**stored, "plans": stored["plans"] * 2}))
    with pytest.raises(ResultsError, match="a plan appears twice"):
        read_preregistration(tmp_path)


def test_a_report_tells_a_plan_that_came_after_results_and_one_that_was_withdrawn(tmp_path: Path) -> None:
    run = SimulatedRun(fractions=(0.1, 1.0), images=12, looks=(3, 5)).write(tmp_path / "run")
    assert not any("this run on" in line for line in plan_statements(analyse(run)))
    path = run / "protocol.yaml"
    first = path.read_text()
    path.write_text(first.replace("looks: [3, 5]", "looks: [4, 5]"))
    unknown = "This run does not record when the plan was stated, so it cannot count as stated before the results."
    assert unknown in plan_statements(analyse(run))
    preregister(run, [], SECOND, plan=OTHER)
    withdrawn_plan = (
        "A plan with looks at 3 and 5 seeds was stated for this run on 2026-01-02 at 03:04 UTC and is no longer in its "
        "protocol."
    )
    assert plan_statements(analyse(run))[1:] == [
        "This plan was first stated for this run on 2026-02-03 at 04:05 UTC. At that time, 23 of 23 trials were "
        "finished, so the plan was not fixed before all results.",
    ]
    assert withdrawn_plans(analyse(run)) == [withdrawn_plan]
    # Without any plan in the protocol, those that were given up are still told.
    path.write_text(first.replace("sequential:\n  looks: [3, 5]\n  spending: obrien_fleming\n", ""))
    assert plan_statements(analyse(run)) == []
    assert len(withdrawn_plans(analyse(run))) == 2
    assert withdrawn_plans(analyse(run))[0] == withdrawn_plan
