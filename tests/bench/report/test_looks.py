"""What a report says and shows of a group-sequential plan, and that it shows nothing of the kind without one."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from scipy import stats
from simulated_run import SimulatedRun

from bench.protocol.sequential import SequentialPlan
from bench.report.analyse import Analysis, analyse
from bench.report.claims_json import claims_json, fingerprint
from bench.report.figures.canvas import STYLE
from bench.report.figures.looks import look_curves
from bench.report.tables.looks import looks
from bench.report.text.sequential import plan_statements, stop_statement
from bench.report.text.story import tell
from bench.report.write import current_report
from bench.stats import Look
from bench.store.preregistration import preregister
from bench.text.numbers import NONE, probability
from bench.verdicts.hypothesis import Decision
from bench.verdicts.look_series import look_series

CLAIMS = (
    "name: ahead, kind: better_than, system: sprm, rival: prior, at: [1.0]",
    "name: small, kind: competitive, system: sprm, margin: 0.1",
    "name: keeps, kind: retains, system: sprm, rival: prior, at: 0.1, share: 0.01",
    "name: robust, kind: robust, claim: ahead, controls: [refinement]",
)
STUDY = SimulatedRun(fractions=(0.1, 1.0), seeds=8, images=60, gain=0.3, looks=(4, 6, 8), claims=CLAIMS[:2])
FOLLOWED = SimulatedRun(fractions=(0.1, 1.0), seeds=8, images=60, gain=0.05, looks=(4, 6, 8), claims=CLAIMS)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that its plan has stopped at the first look."""
    return STUDY.write(tmp_path_factory.mktemp("stopped") / "run", without=STUDY.beyond(4))


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """A run with a plan and all of its seeds."""
    return analyse(FOLLOWED.write(tmp_path_factory.mktemp("followed") / "run"))


def test_a_run_that_stopped_as_planned_is_complete_and_says_so(stopped: Path) -> None:
    analysis = analyse(stopped)
    assert [verdict.decision for verdict in analysis.verdicts] == [Decision.supported, Decision.refuted]
    assert analysis.stopped == Look((4, 6, 8), 1)
    assert (analysis.seeds, analysis.not_needed, analysis.unfinished) == (4, 16, ())
    assert analysis.done == analysis.planned - 16
    story = tell(analysis)
    assert story.missing is None
    assert story.summary[0] == (
        "This run stopped at look 1 of 3, with 4 of 8 seeds, as planned, because every claim was decided: 16 of 35 "
        "trials were not needed."
    )
    assert "4 of 8 seeds each" in story.study
    assert "All 4 seeds are tested" in " ".join(story.scope)
    assert story.plan[0].startswith("The intervals of verdicts are repeated confidence intervals")


def test_a_run_that_is_not_decided_is_incomplete_as_any_other(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(0.5, 1.0), seeds=8, images=60, margin=0.002, looks=(4, 6, 8))
    analysis = analyse(study.write(tmp_path / "run", without=study.beyond(5)))
    assert analysis.stopped is None
    assert (len(analysis.unfinished), analysis.not_needed) == (12, 0)
    assert stop_statement(analysis) == [
        "The claims are judged at look 1 of 3, with 4 of 8 seeds. The plan has looks at 4, 6 and 8 seeds."
    ]
    assert tell(analysis).missing is not None


@pytest.mark.parametrize("what", ["done", "failed"])
def test_a_run_that_went_on_after_its_claims_were_decided_is_incomplete_and_says_so(tmp_path: Path, what: str) -> None:
    later = tuple(key for key in STUDY.beyond(4) if key.seed == 7 and key.system == "sprm")
    missing = tuple(key for key in STUDY.beyond(4) if key not in later)
    run = STUDY.write(tmp_path / "run", without=missing, failed=later if what == "failed" else ())
    analysis = analyse(run)
    assert analysis.looks[-1].is_decided
    assert (analysis.stopped, analysis.seeds, analysis.not_needed) == (None, 8, 0)
    assert len(analysis.unfinished) == (16 if what == "failed" else 14)
    (told,) = stop_statement(analysis)
    assert told.startswith("The claims are judged at look 1 of 3, with 4 of 8 seeds.")
    assert "Every claim is decided there, but the run did not stop" in told
    story = tell(analysis)
    assert story.missing is not None
    assert any("the loss is not finite" in each.error for each in story.missing.problems) == (what == "failed")
    assert json.loads(claims_json(analysis))["trials"]["complete"] is False


def test_before_the_first_look_nothing_is_decided(tmp_path: Path) -> None:
    analysis = analyse(STUDY.write(tmp_path / "run", without=STUDY.beyond(3)))
    assert analysis.looks == ()
    assert stop_statement(analysis) == [
        "No look of the plan is complete yet, so no claim is decided. The plan has looks at 4, 6 and 8 seeds."
    ]
    assert {verdict.decision for verdict in analysis.verdicts} == {Decision.not_testable}
    assert {claim["verdict"] for claim in json.loads(claims_json(analysis))["claims"]} == {"not testable"}


def test_what_decides_a_claim_is_followed_over_all_looks(followed: Analysis) -> None:
    series = look_series(followed.looks)
    assert [one.verdict.claim.name for one in series] == ["ahead", "small", "keeps"]
    for one in series:
        assert [at.look.seeds for at, _, _ in one.at_looks] == [4, 6, 8]
        deciding = one.verdict.deciding
        assert deciding is not None
        assert one.at_looks[-1][2] == deciding
        assert {(test.fraction, test.against) for _, _, test in one.at_looks} == {(deciding.fraction, deciding.against)}


def test_the_table_has_the_numbers_of_every_look(followed: Analysis) -> None:
    table = looks(look_series(followed.looks))
    data = pd.read_csv(io.StringIO(table.csv()))
    assert list(data["look"]) == [1, 2, 3] * 3
    assert len(table.rows) == 9
    for one in look_series(followed.looks):
        for at, then, test in one.at_looks:
            (row,) = data[(data["claim"] == one.verdict.claim.name) & (data["look"] == at.look.number)].to_dict(
                "records"
            )
            assert row["low"] == pytest.approx(test.low, nan_ok=True)
            assert row["p_adjusted"] == pytest.approx(test.p_adjusted, nan_ok=True)
            assert row["verdict"] == then.decision.value


def test_a_hypothesis_that_the_sequence_did_not_reach_at_a_look_has_no_p_value_there(followed: Analysis) -> None:
    (small,) = [one for one in look_series(followed.looks) if one.verdict.claim.name == "small"]
    (at, then, test), *others = small.at_looks
    stopped_before = replace(small, at_looks=((at, then, replace(test, reached=False)), *others))
    table = looks([stopped_before])
    assert [row[-1] == NONE for row in table.rows] == [True, False, False]
    assert list(pd.read_csv(io.StringIO(table.csv()))["reached"]) == [False, True, True]


def test_verdicts_of_a_plan_have_no_multipliers_since_those_are_of_all_seeds_and_not_adjusted(tmp_path: Path) -> None:
    claim = "name: saves, kind: more_efficient, system: sprm, rival: refinement, factor: 10"
    for plan in ((4, 6, 8), ()):
        study = replace(FOLLOWED, claims=(claim,), looks=plan)
        run = study.write(tmp_path / str(len(plan)), without=tuple(key for key in study.beyond(7)))
        analysis = analyse(run)
        (told,) = json.loads(claims_json(analysis))["claims"]
        assert bool(told["multipliers"]) == (not plan)
        assert analysis.multipliers
        assert any("are repeated confidence intervals" in line for line in told["qualifications"]) == bool(plan)


def test_a_plan_that_was_withdrawn_is_told_with_the_withdrawn_claims_and_its_looks_are_not(tmp_path: Path) -> None:
    study = replace(STUDY, seeds=3, looks=())
    run = study.write(tmp_path / "run")
    preregister(run, (), datetime(2026, 1, 2, 4, tzinfo=UTC), plan=SequentialPlan(looks=(3, 5)))
    story = tell(analyse(run))
    assert story.plan == ()
    assert story.withdrawn == (
        "A plan with looks at 3 and 5 seeds was stated for this run on 2026-01-02 at 04:00 UTC and is no longer in its "
        "protocol.",
    )
    page = current_report(run, tmp_path / "report").page
    for path in (page, page.with_name("report.md")):
        text = path.read_text("utf-8")
        assert "A plan with looks at 3 and 5 seeds was stated" in text
        assert "Looks of the plan" not in text
        assert "With a plan of several looks" not in text


def test_before_the_first_look_a_report_says_how_the_claims_will_be_tested(tmp_path: Path) -> None:
    run = STUDY.write(tmp_path / "run", without=STUDY.beyond(3))
    assert tell(analyse(run)).plan[0].startswith("The intervals of verdicts are repeated confidence intervals")


def test_a_loss_that_is_refuted_has_the_p_value_that_refutes_it(stopped: Path) -> None:
    series = look_series(analyse(stopped).looks)
    (row,) = [row for row in looks(series).rows if row[0] == "small"]
    ((_, _, test),) = series[1].at_looks
    assert test.p > 0.95
    assert test.p_against == pytest.approx(
        Look((4, 6, 8), 1).sequential_p(1 - stats.t.cdf((test.basis.estimate - 0.1) / test.basis.se, test.basis.df)),
        rel=1e-6,
    )
    assert row[-1] == probability(test.p_against)


def test_the_figure_has_a_panel_for_each_claim_and_a_tick_for_each_planned_look(followed: Analysis) -> None:
    with mpl.rc_context(STYLE):
        drawing = look_curves(followed, look_series(followed.looks))
    words = re.findall(r"<text[^>]*>([^<]*)</text>", drawing.inline)
    for name in ("ahead, lead, points", "small, loss, points", "keeps, gain kept, %"):
        assert name in words
    assert [words.count(seeds) for seeds in ("4", "6", "8")] >= [3, 3, 3]
    assert "90 % or 95 % over all looks" in drawing.caption


def test_a_report_shows_the_looks_on_its_page_and_in_markdown(stopped: Path, tmp_path: Path) -> None:
    page = current_report(stopped, tmp_path / "report").page
    for path in (page, page.with_name("report.md")):
        text = path.read_text("utf-8")
        assert "Looks of the plan" in text
        assert "This run stopped at look 1 of 3" in text
        assert "tables/looks.csv" in text
    assert (page.parent / "figures" / "looks.svg").is_file()
    assert (page.parent / "figures" / "looks.png").is_file()
    assert "(figures/looks.svg)" in page.with_name("report.md").read_text("utf-8")


def test_programs_are_told_the_plan_and_what_became_of_it(stopped: Path) -> None:
    answer = json.loads(claims_json(analyse(stopped)))
    assert answer["sequential"] == {
        "looks": [4, 6, 8],
        "spending": "obrien_fleming",
        "reached": [
            {
                "look": 1,
                "seeds": 4,
                "claims": [{"name": "ahead", "verdict": "supported"}, {"name": "small", "verdict": "refuted"}],
            }
        ],
        "stopped": True,
        "not_needed": 16,
        "stated": {"at": "2026-01-02T03:04:05+00:00", "beforehand": True, "trials_finished_before": 0},
    }
    assert answer["trials"] == {"done": 19, "planned": 35, "complete": True}
    assert [claim["look"] for claim in answer["claims"]] == [1, 1]


def test_without_a_plan_a_report_has_nothing_of_looks(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(0.1, 1.0), seeds=3, images=12)
    analysis = analyse(study.write(tmp_path / "run"))
    answer = claims_json(analysis)
    assert not re.search(r'"looks?"|sequential', answer)
    assert (analysis.looks, plan_statements(analysis), stop_statement(analysis)) == ((), [], [])
    page = current_report(tmp_path / "run", tmp_path / "report").page
    assert "Looks of the plan" not in page.read_text("utf-8")
    assert not list(page.parent.glob("*/looks.*"))


def test_another_plan_is_another_fingerprint(tmp_path: Path) -> None:
    def marked(name: str, looks_: tuple[int, ...]) -> str:
        study = SimulatedRun(fractions=(0.1, 1.0), seeds=5, images=12, looks=looks_)
        return fingerprint(analyse(study.write(tmp_path / name)))

    assert len({marked("none", ()), marked("one", (3, 5)), marked("other", (4, 5))}) == 3
