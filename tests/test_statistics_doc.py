"""`docs/statistics.md` says what the code does: its numbers are computed again, its names and commands looked up."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
import typer.main
from numpy.typing import NDArray
from places import ROOT
from scipy import stats as distributions
from simulated_learning import LearningRun

import bench.stats
from bench.analysis.ties import NOTABLE
from bench.cli.app import app
from bench.cli.exit_codes import INCOMPLETE, LEFT_OPEN, OK, REFUTED, SOME_FAILED, WRONG_USE
from bench.protocol.claim import CLAIMS
from bench.protocol.schema import Protocol
from bench.report.analyse import analyse
from bench.report.claims_json import claims_json
from bench.stats import (
    CurveStatus,
    Finding,
    RetentionStatus,
    SeedsStatus,
    Status,
    VarianceComponents,
    minimum_detectable_effect,
    nominal_levels,
    non_inferiority,
    two_way_difference,
    variance_components,
)
from bench.stats.calibration.__main__ import main
from bench.stats.calibration.calibrate import SCENARIOS, calibrate, table
from bench.stats.curves.curve_bootstrap import DRAWS
from bench.stats.curves.power_law import LARGEST_EXPONENT, SMALLEST_EXPONENT
from bench.stats.outcomes.group_sequential import spent
from bench.store.ledger import ITEMS
from bench.store.preregistration import FILE
from bench.systems.system import System
from bench.verdicts.hypothesis import Decision
from sprm.evaluation.metric import ACCURACY, METRICS, TIED, under
from sprm.settings import Ties

DOC = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
FENCED = re.compile(r"```sh\n(.*?)```", flags=re.DOTALL)
FILE_FIELDS = re.search(r"^## claims\.json\n.*?(?=^## )", DOC, flags=re.DOTALL | re.MULTILINE)
"""The section about `claims.json`, whose names are held against a real one."""
assert FILE_FIELDS is not None
SPANS = sorted(set(re.findall(r"`([^`\n]+)`", FENCED.sub("", DOC.replace(FILE_FIELDS[0], "")))))
IN_PROSE = [span for span in SPANS if span.startswith("python ")]
COMMANDS = [line.split("  #")[0].strip() for block in FENCED.findall(DOC) for line in block.splitlines()] + IN_PROSE
KINDS = CLAIMS.by_name()
ENUMERATIONS = (CurveStatus, Decision, RetentionStatus, SeedsStatus, Status, Finding, Ties)
COLUMNS = (*METRICS.by_name(), TIED, *(under(ACCURACY, rule) for rule in Ties))
"""Metrics, and columns of a trial's items."""
RECOMPUTED = {
    *("non_inferiority", "phrases pooled", "two_way_mean"),
    *(f"{method} on 5 × 3 crossed seeds" for method in ("two_way_difference", "two_way_mean")),
}
"""Methods whose lines of the calibration table can be simulated again in seconds."""
RECOMPUTED_LONGER = {"holm", "smallest_competitive", "two_way_difference"}

LOOKS_HEADER = [cell.strip() for cell in DOC[DOC.index("| looks at seeds |") :].split("\n")[0].strip("|").split("|")]

Counts = NDArray[np.float64]


def rows(after: str) -> list[list[str]]:
    """The cells of the first table after some text, which may be its header; without that."""
    lines = DOC[DOC.index(after) :].splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("|"))
    whole = takewhile(lambda line: line.startswith("|"), lines[start:])
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in whole][2:]


def unquoted(cell: str) -> str:
    return cell.strip("`")


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def as_printed(value: float, text: str) -> str:
    """A value with as many decimals as a text and the document's minus."""
    return f"{value:.{len(text.partition('.')[2])}f}".replace("-", "−")


@pytest.fixture(scope="module")
def example() -> tuple[Counts, Counts, Counts]:
    """Of both systems, (seeds, images) phrases answered correctly, and (images,) phrases."""
    *cells, (_, *phrases) = rows("| full / fraction |")
    both = np.array([[cell.split(" / ") for cell in row[1:]] for row in cells], dtype=np.float64)
    return both[:, :, 0], both[:, :, 1], np.array(phrases, dtype=np.float64)


@pytest.fixture(scope="module")
def margin() -> float:
    return float(re.findall(r"`margin` is (0\.\d+)", DOC)[0])


@pytest.fixture(scope="module")
def computed(example: tuple[Counts, Counts, Counts], margin: float) -> dict[str, float]:
    """Every step of the example, from what the package returns."""
    full, fraction, phrases = example
    tested = non_inferiority(full, fraction, phrases, margin)
    loss, parts, (seeds, images) = tested.loss, variance_components(full - fraction, phrases), full.shape
    cells = parts.interaction**2 / (seeds * images)
    # In the study that the components come from, the expected V_s and V_i of a plan are V_s and V_i.
    by_seed, by_image = parts.seed**2 / seeds + cells, parts.image**2 / images + cells
    return {
        "estimate": loss.estimate,
        "V_s": by_seed,
        "V_i": by_image,
        "V_si": by_seed + by_image - loss.se**2,
        "V": loss.se**2,
        "SE": loss.se,
        "df": loss.df,
        "t_975": (loss.high - loss.estimate) / loss.se,
        "low": loss.low,
        "high": loss.high,
        "p": loss.p,
        "t_95": (tested.at_most - loss.estimate) / loss.se,
        "at_least": tested.at_least,
        "at_most": tested.at_most,
        "p_margin": tested.p,
    }


def test_the_residuals_of_the_example_and_their_margins_are_those_of_its_counts(
    example: tuple[Counts, Counts, Counts],
) -> None:
    full, fraction, phrases = example
    residuals = full - fraction - two_way_difference(full, fraction, phrases).estimate * phrases
    whole = np.block([[residuals, residuals.sum(axis=1)[:, None]], [residuals.sum(axis=0), np.zeros(1)]])
    printed = np.array([[number(cell) for cell in row[1:]] for row in rows("| R |")])
    assert printed == pytest.approx(whole, abs=1e-9)


def test_every_result_of_the_example_is_what_the_package_computes(computed: dict[str, float]) -> None:
    printed = {step: result for step, _, result in rows("| step | by hand |")}
    assert printed == {step: as_printed(value, printed.get(step, "")) for step, value in computed.items()}


def test_the_arithmetic_of_the_example_comes_to_its_results(computed: dict[str, float], margin: float) -> None:
    student = distributions.t(computed["df"])
    known = {**computed, "margin": margin, "sqrt": sqrt, "T": student.cdf, "quantile": student.ppf}
    for step, by_hand, _ in rows("| step | by hand |"):
        formula = re.sub(r"√(\w+)", r"sqrt(\1)", by_hand.replace("·", "*").replace("²", "**2").replace("−", "-"))
        assert eval(formula, {"__builtins__": {}}, known) == pytest.approx(computed[step], rel=1e-9), step


def test_the_sentences_about_the_example_are_true(
    example: tuple[Counts, Counts, Counts], computed: dict[str, float]
) -> None:
    full, fraction, phrases = example
    told = re.findall(r"gainst a margin of (0\.\d+)\s+(?:the verdict|it) is `([^`]+)`", " ".join(DOC.split()))
    assert len(told) == 2
    for margin, verdict in told:
        assert non_inferiority(full, fraction, phrases, float(margin)).verdict == verdict
    total = int(full.shape[0] * phrases.sum())
    assert f"K N = {full.shape[0]} · {phrases.sum():.0f} = {total}" in DOC
    for correct in (full, fraction):
        assert f"{correct.sum():.0f} times ({correct.sum() / total:.0%})".replace("%", " %") in DOC
    assert f"not significant (p = {computed['p']:.3f}), and yet it may be as large as {computed['high']:.0%}".replace(
        "%", " points"
    ) in " ".join(DOC.split())
    assert f"the loss is at most {computed['at_most']:.4f}" in DOC


def test_the_rules_for_ties_are_those_of_the_code_and_a_reader_is_warned_from_the_same_difference() -> None:
    assert [unquoted(row[0]) for row in rows("| rule | which of the boxes")] == [str(one) for one in Ties]
    assert NOTABLE == 0.02
    assert "two rules differ by more than two points" in " ".join(DOC.split())


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_document_is_understood(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    python, flag, module, *words = shlex.split(line)
    assert (python, flag) == ("python", "-m")
    if module == "bench":
        name, *arguments = words
        # Parses and checks the arguments, and runs nothing.
        typer.main.get_command(app).commands[name].make_context(name, arguments)  # type: ignore[attr-defined]
    else:
        assert module == "bench.stats.calibration"
        with pytest.raises(SystemExit) as left:
            main([*words, "--help"])
        assert left.value.code == 0
        assert {word for word in words if word.startswith("--")} <= set(capsys.readouterr().out.split())


def is_known(span: str) -> bool:
    """Whether a span of code names something that exists."""
    enumerated = {str(member) for enumeration in ENUMERATIONS for member in enumeration}
    methods = {one.method for one in SCENARIOS}
    keys = {*Protocol.model_fields, *(key for claim in KINDS.values() for key in claim.model_fields)}
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    return (
        span in {*bench.stats.__all__, *KINDS, FILE, ITEMS, *COLUMNS, *enumerated, *methods, *keys, *commands}
        or hasattr(System, span)
        or span in IN_PROSE
        or (ROOT / span).exists()
    )


@pytest.mark.parametrize("span", SPANS)
def test_every_name_in_the_document_exists(span: str) -> None:
    assert is_known(span)


def fields_of(value: object) -> Iterator[str]:
    """The names of all fields in a part of `claims.json`; a claim as the protocol has it is that of `schema`."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            if name == "controls":
                yield from fields_of(list(member.values()))
            elif name != "claim":
                yield from fields_of(member)
    elif isinstance(value, list):
        for member in value:
            yield from fields_of(member)


def test_every_field_of_claims_json_is_explained_and_none_that_is_not_there(tmp_path: Path) -> None:
    claims = (
        "name: ahead, kind: better_than, system: sprm, rival: prior",
        "name: small, kind: competitive, system: sprm, margin: 0.02",
        "name: keeps, kind: retains, system: sprm, rival: prior, at: 0.1, share: 0.5",
        "name: saves, kind: more_efficient, system: sprm, rival: refinement, factor: 2",
        "name: robust, kind: robust, claim: small, controls: [refinement]",
    )
    study = LearningRun(images=60, seeds=4, looks=(3, 4), tied=0.5, types=1, claims=claims)
    sized = replace(study, fractions=(0.1, 0.5, 1.0), sizes=(100, 1000))
    written = {
        name: value
        for number, each in enumerate((sized, study))
        for name, value in json.loads(claims_json(analyse(each.write(tmp_path / str(number))))).items()
    }
    assert FILE_FIELDS is not None
    cells = [line.split("|")[1:3] for line in FILE_FIELDS[0].splitlines() if line.startswith("| `")]
    first = {name for cell, _ in cells for name in re.findall(r"`(\w+)`", cell)}
    explained = first | {name for _, meaning in cells for name in re.findall(r"`(\w+)`", meaning)}
    found = set(fields_of(written))
    assert {*written, *(key for claim in written["claims"] for key in claim)} <= first
    assert found <= explained
    assert first <= found


def test_a_name_that_does_not_exist_would_be_noticed() -> None:
    assert not is_known("two_way_quotient")


def test_the_tables_list_every_kind_of_claim_and_every_verdict() -> None:
    assert sorted(unquoted(row[0]) for row in rows("| kind | the claim holds when |")) == [*KINDS]
    assert [unquoted(row[0]) for row in rows("| verdict | meaning |")] == [str(one) for one in Decision]
    assert [unquoted(row[0]) for row in rows("| verdict | what is shown,")] == [str(one) for one in Finding]


def test_the_exit_codes_of_verdicts_are_those_of_the_command_line() -> None:
    words = " ".join(DOC.split())
    for code, meaning in {
        OK: "every claim is supported",
        REFUTED: "one is refuted",
        LEFT_OPEN: "none is refuted and one is inconclusive or not testable",
        SOME_FAILED: "says that trials failed",
        INCOMPLETE: "that some are missing",
        WRONG_USE: "is a mistake in the protocol or the data",
    }.items():
        assert f"{code} {meaning}" in words


def test_the_levels_of_looks_are_what_the_package_computes() -> None:
    looks = tuple(int(cell) for cell in LOOKS_HEADER[1:])
    levels, so_far = nominal_levels(looks, 0.05), [spent(0.05, look / looks[-1]) for look in looks]
    assert [row[1:] for row in rows("| looks at seeds |")] == [
        [f"{100 * share:.2f} %" for share in shares] for shares in (so_far, levels)
    ]


def test_the_factor_of_power_is_that_of_many_degrees_of_freedom() -> None:
    found = minimum_detectable_effect(VarianceComponents(0.01, 0.2, 0.3), 10_000, 10_000)
    assert f"c is {found.effect / found.se:.2f} for a one-sided test at 5 %, with few it is more" in DOC
    few = minimum_detectable_effect(VarianceComponents(0.01, 0.2, 0.3), 3, 300)
    assert few.effect / few.se > found.effect / found.se


def test_bounds_and_draws_of_curves_are_those_of_the_code() -> None:
    assert f"{SMALLEST_EXPONENT:g} ≤ b ≤ {LARGEST_EXPONENT:g}" in DOC
    assert f"{DRAWS:,} times" in DOC


STUDIES, SEED = (int(found) for found in re.findall(r"bench\.stats\.calibration --studies (\d+) --seed (\d+)", DOC)[0])
CALIBRATION = DOC.partition("<!-- calibration -->\n")[2].partition("<!-- /calibration -->")[0]
MEASURED = {"studies", "rate", "target"}
"""Columns that depend on how many studies there were; of the last, whether the rate is outside it."""


def by_column(printed: str) -> list[dict[str, str]]:
    """The lines of a table as the command prints it."""
    header, _, *lines = ([cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines())
    return [dict(zip(header, line, strict=True)) for line in lines]


def test_the_calibration_table_has_a_line_for_each_scenario() -> None:
    scenarios = by_column(table(calibrate(SCENARIOS, 1, SEED)))
    printed = by_column(CALIBRATION)
    assert [{**line, **dict.fromkeys(MEASURED)} for line in printed] == [
        {**line, **dict.fromkeys(MEASURED)} for line in scenarios
    ]
    assert max(int(line["studies"]) for line in printed) == STUDIES


@pytest.mark.parametrize("methods", [RECOMPUTED, pytest.param(RECOMPUTED_LONGER, marks=pytest.mark.long)])
def test_lines_of_the_calibration_table_are_what_the_command_prints(methods: set[str]) -> None:
    again = by_column(table(calibrate([one for one in SCENARIOS if one.method in methods], STUDIES, SEED)))
    assert [line for line in by_column(CALIBRATION) if line["method"] in methods] == again


def test_rates_beside_the_argument_are_those_of_the_calibration_table() -> None:
    rates = {(line["method"], line["truth"], line["seeds"]): line["rate"] for line in by_column(CALIBRATION)}
    for table_of in ("| treated as independent |", "| over | method |"):
        quoted = rows(table_of)
        assert quoted
        for _, method, truth, seeds, rate in quoted:
            assert rates[method, truth, seeds] == rate
