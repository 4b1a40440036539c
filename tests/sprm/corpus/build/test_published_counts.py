from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprm.corpus.build.published_counts import differences
from sprm.corpus.corpus import SPLITS, Origin
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.corpus.sources.referit.source import ReferitSource
from sprm.settings import Rules

PUBLISHED = {"flickr30k": Flickr30kSource.published, "referit": ReferitSource.published}


def origin(source: str = "flickr30k", split: str = "val", rules: Rules = Rules.official) -> Origin:
    return Origin(source=source, split=split, rules=rules, extractor="released feature files", heads="rule")


@pytest.mark.parametrize("source", ["flickr30k", "referit"])
@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("rules", list(Rules))
def test_the_full_corpus_differs_in_nothing(source: str, split: str, rules: Rules) -> None:
    phrases = PUBLISHED[source].phrases.get(split, 5)
    assert differences(origin(source, split, rules), PUBLISHED[source].images[split], phrases) == []


def test_what_differs_is_told_with_both_numbers() -> None:
    assert differences(origin(), 999, 14_000) == [
        "999 images, where the full corpus has 1,000",
        "14,000 phrases, where the full corpus has 14,433",
    ]
    assert differences(origin("referit", "test"), 10_000, 1) == ["10,000 images, where the full corpus has 9,999"]


def test_phrases_are_only_counted_by_the_rules_that_their_number_is_known_under() -> None:
    assert differences(origin(rules=Rules.corrected), 1_000, 14_000) == []


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(SPLITS), st.sampled_from(Rules))
def test_nothing_is_known_of_other_corpora(images: int, phrases: int, split: str, rules: Rules) -> None:
    assert differences(origin("scenes", split, rules), images, phrases) == []


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(SPLITS))
def test_a_difference_is_told_exactly_when_there_is_one(images: int, phrases: int, split: str) -> None:
    told = differences(origin(split=split), images, phrases)
    expected = [images != PUBLISHED["flickr30k"].images[split]]
    expected.append(split in PUBLISHED["flickr30k"].phrases and phrases != PUBLISHED["flickr30k"].phrases.get(split))
    assert len(told) == sum(expected)
