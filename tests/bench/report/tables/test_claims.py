from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hand_made_evidence import ABOVE, BETTER, CLAIMS, KEEPS, SAVES, evidence, study
from made_verdicts import ALL, HALF, NO, NONE, OPEN, TENTH, YES, competitive, found, robust, verdict

from bench.analysis.fraction import Fraction
from bench.report.tables.claims import hypotheses, verdicts
from bench.report.tables.latex import latex_table
from bench.report.tables.table import Table
from bench.verdicts.judge import judge
from bench.verdicts.lead import FINDINGS
from bench.verdicts.verdict import Verdict

PHRASES = np.random.default_rng(5).integers(3, 12, 60)
LEVELS = {name: (0.5, 0.6, 0.62) for name in ("sprm", "last-epoch", "equal-steps")} | {"refinement": (0.2, 0.3, 0.5)}
OUTCOMES = study(0.4, LEVELS, PHRASES)


@pytest.fixture(scope="module")
def judged() -> tuple[Verdict, ...]:
    return judge(CLAIMS, evidence(OUTCOMES, PHRASES))


def read(table: Table) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(table.csv()), keep_default_na=False, na_values=[""])


def test_every_claim_has_a_row_with_what_its_verdict_hangs_on() -> None:
    found_ = [
        verdict(BETTER, YES, found(YES, TENTH, estimate=0.02, p=0.004, adjusted=0.008), found(YES)),
        competitive(NO, found(NO, HALF, ALL, estimate=0.0312, p=0.982)),
        verdict(KEEPS, YES, found(YES, TENTH, ALL, estimate=0.8121), margin=0.5),
        verdict(ABOVE, NONE, untestable="the number was measured elsewhere", seeds=()),
        verdict(SAVES, NONE, found(NONE, HALF, ALL), margin=2.0, seeds=(1,)),
        robust(NONE, OPEN, first=OPEN, second=OPEN),
    ]
    assert verdicts(found_).rows == (
        ("better", "supported", "lead, points", "0 points", "+2.0 [+0.2, +3.8]", ".008", "2", "5"),
        ("small", "refuted", "loss, points", "2.5 points", "3.1 [1.3, 5.0]", ".018", "1", "5"),
        ("keeps", "supported", "gain kept, %", "50 %", "81.2 [79.4, 83.0]", ".011", "1", "5"),
        ("above", "not testable", "–", "–", "–", "–", "–", "–"),
        ("saves", "not testable", "lead, points", "0 points with 2 times the data", "+4.2", "–", "1", "1"),
        ("robust", "not testable", "–", "–", "–", "–", "–", "–"),
    )


def test_the_p_value_beside_a_loss_is_the_one_that_carries_the_verdict() -> None:
    passed, failed, open_ = (
        competitive(decision, found(decision, HALF, ALL, p=p))
        for decision, p in ((YES, 0.01), (NO, 0.9999), (OPEN, 0.4))
    )
    table = verdicts([passed, failed, open_])
    assert [row[5] for row in table.rows] == [".010", "< .001", ".40"]
    assert [hypotheses(one).rows[0][-1] for one in (passed, failed, open_)] == [".010", "< .001", ".40"]
    assert "If the loss is shown to be at least the margin" in table.caption
    assert "below the margin" in hypotheses(failed).caption
    assert "loss" not in hypotheses(verdict(BETTER, YES, found(YES, TENTH))).caption


def test_as_much_data_is_not_once_the_data() -> None:
    saves = SAVES.model_copy(update={"factor": 1.0})
    (row,) = verdicts([verdict(saves, YES, found(YES, HALF, HALF), margin=1.0)]).rows
    assert row[3] == "0 points with the same data"


def test_what_is_not_shown_is_called_so() -> None:
    assert FINDINGS[OPEN] == "not shown"


def test_the_data_of_the_verdicts_are_not_rounded_and_leave_undefined_numbers_empty(judged: Sequence[Verdict]) -> None:
    data = read(verdicts(judged))
    assert list(data["claim"]) == [claim.name for claim in CLAIMS]
    assert list(data["verdict"]) == [one.decision.value for one in judged]
    for column, field in (("estimate", "estimate"), ("margin", "margin"), ("p_adjusted", "p")):
        np.testing.assert_array_equal(data[column], [getattr(one, field) for one in judged])
    assert data.iloc[-1][["quantity", "estimate", "low", "high", "confidence", "p", "p_adjusted"]].isna().all()
    assert list(data["confidence"][:-1]) == [0.95, 0.9, 0.95, 0.95, 0.95]
    assert list(data["seeds"]) == [5] * 6


def test_hypotheses_are_shown_in_the_order_of_their_tests() -> None:
    steps = [found(YES, HALF, ALL, estimate=0.004), found(NO, TENTH, ALL, estimate=0.06, p=0.99)]
    unreached = found(NO, Fraction("0.05", 60, 0.05), ALL, estimate=0.08, reached=False)
    table = hypotheses(competitive(YES, *steps, unreached))
    assert table.name == "claim-small"
    assert table.header == ("Finding", "Training images", "Fraction", "Against", "Loss", "90 % interval", "p")
    assert table.rows == (
        ("non-inferior", "600", "50 %", "1,200", "0.4", "[−1.4, 2.2]", ".011"),
        ("inferior", "120", "10 %", "1,200", "6.0", "[4.2, 7.8]", ".010"),
        ("not reached", "60", "5 %", "1,200", "8.0", "[6.2, 9.8]", "–"),
    )
    assert "margin 2.5 points" in table.caption


def test_what_is_corrected_is_shown_with_its_raw_and_its_adjusted_p() -> None:
    one = verdict(BETTER, YES, found(YES, TENTH, p=0.004, adjusted=0.008), found(NONE))
    table = hypotheses(one)
    assert table.header[-3:] == ("95 % interval", "p", "p (Holm)")
    assert [row[-3:] for row in table.rows] == [("[+2.4, +6.1]", ".004", ".008"), ("–", "–", "–")]
    assert [row[3] for row in table.rows] == ["–", "–"]


def test_a_claim_without_hypotheses_has_no_rows() -> None:
    for one in (verdict(ABOVE, NONE, untestable="elsewhere"), competitive(NONE)):
        assert hypotheses(one).rows == ()
        assert len(hypotheses(one).data) == 0


def test_the_data_of_hypotheses_hold_what_was_claimed_about_and_what_was_tested(judged: Sequence[Verdict]) -> None:
    keeps = next(one for one in judged if one.claim == KEEPS)
    (row,) = read(hypotheses(keeps)).to_dict("records")
    (one,) = keeps.hypotheses
    assert (row["claim"], row["fraction"], row["training_images"], row["against_training_images"]) == (
        "keeps", 0.1, 100, 1000,
    )  # fmt: skip
    assert (row["estimate"], row["low"], row["high"]) == (one.estimate, one.low, one.high)
    assert (row["tested_estimate"], row["tested_se"], row["tested_df"]) == (
        one.basis.estimate, one.basis.se, one.basis.df,
    )  # fmt: skip
    assert (row["p"], row["p_adjusted"], row["verdict"]) == (one.p, one.p_adjusted, one.decision.value)
    assert (row["tested_status"], row["tested_seeds"], row["tested_test_images"]) == ("ok", 5, 60)


def test_every_table_of_claims_can_be_set_in_latex(judged: Sequence[Verdict]) -> None:
    for table in (verdicts(judged), *(hypotheses(one) for one in judged if one.hypotheses)):
        lines = latex_table(table).splitlines()
        (form,) = (line.removeprefix(r"\begin{tabular}") for line in lines if line.startswith(r"\begin{tabular}"))
        columns = form.count("l") + form.count("r")
        assert columns >= len(table.header)
        body = [line for line in lines if line.endswith(r"\\")]
        assert len(body) == len(table.rows) + 1
        assert {1 + line.count(" & ") + line.count(r"\multicolumn{2}") for line in body} == {columns}


def test_a_run_with_missing_trials_has_its_tables() -> None:
    without = {cell: rows for cell, rows in OUTCOMES.items() if cell != ("sprm", 1.0)}
    for one in judge(CLAIMS[:-1], evidence(without, PHRASES)):
        table = hypotheses(one)
        assert len(table.rows) == len(one.hypotheses)
        assert "nan" not in str(table.rows)
