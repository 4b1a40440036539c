"""What a reader sees first is short, and every number in it is the one that decides the claim."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from committed_studies import STUDIES, analysed
from simulated_run import SimulatedRun

from bench.claims.robust import RobustVerdict
from bench.report.analyse import Analysis, analyse
from bench.report.claims_json import verdict_values
from bench.report.text.first_screen import first_screen
from bench.report.text.story import tell
from bench.store.records import TrialKey
from bench.verdicts.statement import answer
from bench.verdicts.verdict import Verdict

LONGEST = 30
"""Words of a sentence on the first screen."""
NUMBER = re.compile(r"(?<![\w.])[−+]?\d[\d,]*(?:\.\d+)?(?![\w])")


@pytest.fixture(scope="module", params=STUDIES, ids=lambda path: path.name)
def analysis(request: pytest.FixtureRequest) -> Analysis:
    return analysed(request.param)


def words(sentence: str) -> int:
    return sum(any(letter.isalnum() for letter in word) for word in sentence.split())


def numbers_in(value: Any) -> set[str]:
    """Return every number of a JSON value as it may be written: whole, or in percent or points to any decimals."""
    if isinstance(value, dict):
        return set().union(*(numbers_in(member) for member in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(numbers_in, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return set()
    sizes = {abs(value), 100 * abs(value)}
    return {f"{size:,.{decimals}f}" for size in sizes for decimals in (0, 1)} | {f"{size:.3g}" for size in sizes}


def numbers_of(sentence: str) -> list[str]:
    return [number.lstrip("+−") for number in NUMBER.findall(sentence)]


def known_of(verdict: Verdict) -> set[str]:
    """Return the numbers of a verdict in claims.json, and how many hypotheses or controls are decided in each way."""
    decisions = [test.decision for test in verdict.hypotheses]
    counted = {str(decisions.count(decision)) for decision in decisions} | {str(len(decisions))}
    if isinstance(verdict, RobustVerdict):
        others = [own.decision for own in verdict.controls.values()]
        counted |= {str(others.count(decision)) for decision in others} | {str(len(others))}
    names = set(numbers_of(json.dumps(verdict.claim.model_dump(), ensure_ascii=False)))
    return numbers_in(json.loads(json.dumps(verdict_values(verdict), default=vars))) | counted | names


def test_no_sentence_of_the_first_screen_is_long(analysis: Analysis) -> None:
    first = first_screen(analysis)
    for sentence in (first.question, first.setting, first.answer, first.brackets):
        assert words(sentence) <= LONGEST, sentence


def test_every_claim_is_answered_in_one_short_sentence(analysis: Analysis) -> None:
    for verdict in analysis.verdicts:
        sentence = answer(verdict)
        assert words(sentence) <= LONGEST, sentence
        assert len(re.findall(r"\.(?= [A-Z]|$)", sentence)) == 1, sentence


def test_every_number_of_an_answer_and_a_chip_is_one_of_its_verdict(analysis: Analysis) -> None:
    for verdict, chip in zip(analysis.verdicts, first_screen(analysis).chips, strict=True):
        known = known_of(verdict)
        for number in numbers_of(f"{answer(verdict)} {chip.number} {chip.interval}"):
            assert number in known, (verdict.claim.name, number)


def test_a_number_that_is_not_of_its_verdict_would_be_found(analysis: Analysis) -> None:
    for verdict in analysis.verdicts:
        assert "98.7" not in known_of(verdict)
        assert numbers_of("with 1,398 images (25 %) −14.4 points") == ["1,398", "25", "14.4"]


def test_the_setting_counts_what_was_used(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=12).write(tmp_path / "run")
    assert re.search(r"12 test images, [\d,]+ test phrases and 2 seeds\.", first_screen(analyse(study)).setting)


def test_without_claims_the_answer_is_what_was_reached(tmp_path: Path) -> None:
    study = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=12, claims=()).write(tmp_path / "run")
    story = tell(analyse(study))
    assert re.fullmatch(
        r"With all [\d,]+ images, sprm is right for [\d.]+ % of the test phrases; prior, which is not trained, for "
        r"[\d.]+ %\.",
        story.first.answer,
    )
    assert (story.first.chips, story.first.brackets) == ((), "")


def test_without_a_trained_system_it_is_asked_what_needs_no_training(tmp_path: Path) -> None:
    trained = tuple(TrialKey(system, "1", 0) for system in ("sprm", "refinement"))
    study = SimulatedRun(fractions=(1.0,), seeds=1, images=12, claims=()).write(tmp_path / "run", without=trained)
    assert re.fullmatch(
        r"prior is right for [\d.]+ % of the test phrases, without any training\.", tell(analyse(study)).first.answer
    )


def test_the_brackets_of_a_plan_are_named_repeated_confidence_intervals(analysis: Analysis) -> None:
    planned = analysis.protocol.sequential is not None
    assert ("repeated confidence intervals" in first_screen(analysis).brackets) is planned
