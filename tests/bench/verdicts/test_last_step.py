"""What a fraction is a fraction of: whether accuracy still rises, and how large the paper's corpus is."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made_evidence import KEEPS, SMALL, counts, evidence

from bench.claims.competitive import CompetitiveVerdict
from bench.claims.retains import RetainsVerdict
from bench.protocol.claim import Claim
from bench.stats import two_way_difference
from bench.verdicts.judge import judge
from bench.verdicts.statement import qualifications
from bench.verdicts.verdict import Verdict

PHRASES = np.full(300, 3)


def judged(claim: Claim, half: float, full: float, train_images: int = 1000) -> Verdict:
    levels = {0.1: 0.4, 0.5: half, 1.0: full}
    outcomes = {("sprm", at): counts(level, PHRASES, 5, place) for place, (at, level) in enumerate(levels.items())}
    outcomes["prior", 0.0] = counts(0.3, PHRASES, 1, 9)
    (verdict,) = judge([claim], evidence(outcomes, PHRASES, train_images=train_images))
    return verdict


@pytest.mark.parametrize("claim", [SMALL, KEEPS], ids=lambda claim: claim.kind)
def test_a_verdict_on_fractions_says_whether_accuracy_still_rises_at_the_largest(claim: Claim) -> None:
    rising, level = judged(claim, 0.5, 0.6), judged(claim, 0.6, 0.6)
    assert "Accuracy still rises from 500 to 1,000 images: +" in " ".join(qualifications(rising))
    assert "this verdict holds for fractions of 1,000 images only" in " ".join(qualifications(rising))
    assert "From 500 to 1,000 images, accuracy is not shown to rise:" in " ".join(qualifications(level))
    assert "for fractions of" not in " ".join(qualifications(level))


def test_the_last_step_is_the_paired_difference_of_the_two_largest_fractions() -> None:
    verdict = judged(SMALL, 0.5, 0.6)
    assert isinstance(verdict, CompetitiveVerdict)
    assert verdict.last_step is not None
    assert (verdict.last_step.against.images, verdict.last_step.fraction.images) == (500, 1000)
    half, full = counts(0.5, PHRASES, 5, 1), counts(0.6, PHRASES, 5, 2)
    assert verdict.last_step.difference == two_way_difference(full, half, PHRASES)


def test_one_seed_says_nothing_of_whether_accuracy_rises() -> None:
    outcomes = {("sprm", 0.5): counts(0.4, PHRASES, 1, 0), ("sprm", 1.0): counts(0.6, PHRASES, 1, 1)}
    (verdict,) = judge([SMALL], evidence(outcomes, PHRASES, fractions=(0.5, 1.0), seeds=1))
    assert isinstance(verdict, CompetitiveVerdict)
    assert verdict.last_step is not None
    assert not verdict.last_step.rises
    assert "rise" not in " ".join(qualifications(verdict))


def test_one_fraction_has_no_last_step() -> None:
    outcomes = {("sprm", 1.0): counts(0.5, PHRASES, 5, 0), ("prior", 0.0): counts(0.3, PHRASES, 1, 9)}
    (verdict,) = judge([SMALL], evidence(outcomes, PHRASES, fractions=(1.0,)))
    assert isinstance(verdict, CompetitiveVerdict | RetainsVerdict)
    assert verdict.last_step is None


def test_a_rendered_sentence_is_told_with_the_size_of_the_corpus_that_it_was_written_about() -> None:
    claim = SMALL.model_copy(update={"renders": "It takes little.", "renders_on": "flickr30k"})
    (sentence,) = (line for line in qualifications(judged(claim, 0.5, 0.6)) if "tested sentence" in line)
    assert sentence == (
        "The tested sentence is about Flickr30k Entities, which has 29,783 training images; this corpus has 1,000."
    )
    assert "tested sentence" not in " ".join(qualifications(judged(claim, 0.5, 0.6, train_images=29_783)))
    assert "tested sentence" not in " ".join(qualifications(judged(SMALL, 0.5, 0.6)))
