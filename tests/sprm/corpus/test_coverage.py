from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sprm.corpus.annotation import PhraseRecord, SentenceRecord
from sprm.corpus.corpus import Corpus, Origin
from sprm.corpus.coverage import Coverage, Known, UnknownWord, coverage, scarcities
from sprm.corpus.writer import CorpusWriter, ImageRecord
from sprm.settings import Rules
from sprm.text.word_vectors import Lexicon

LEXICON = Lexicon(("", "", "dog", "man", "red", "sign"), np.zeros((6, 2), dtype=np.float32))


def split(folder: Path, phrases: list[tuple[str, str]], labels: list[str]) -> Corpus:
    """Write a split of one image: phrases with their heads, and the label of each region."""
    box = (0.0, 0.0, 1.0, 1.0)
    sentence = SentenceRecord("0#0", [PhraseRecord(text, "other", 0, box) for text, _ in phrases])
    image = ImageRecord("0", 9, 9, np.tile(box, (len(labels), 1)), labels, np.zeros((len(labels), 1)), [sentence])
    origin = Origin(source="test", split=folder.name, rules=Rules.corrected, extractor="hand", heads="hand")
    with CorpusWriter(folder, origin) as writer:
        writer.add(image, {text: head.split() for text, head in phrases})
        writer.finish()
    return Corpus.open(folder)


@pytest.fixture
def corpora(tmp_path: Path) -> dict[str, Corpus]:
    train = [("Red dog ,", "dog"), ("Red dog ,", "dog"), ("a gnu", "gnu"), ("...", "")]
    return {
        "train": split(tmp_path / "train", train, ["dog", "stop sign,stopsign", "stop sign,stopsign", ","]),
        "val": split(tmp_path / "val", [("a man", "man"), ("gnu", "gnu")], ["okapi"]),
    }


def test_every_phrase_counts_and_each_word_of_it(corpora: dict[str, Corpus]) -> None:
    found = coverage(corpora, LEXICON, Rules.corrected).phrases
    assert found.splits == {
        "train": Known(texts=4, blind=2, words=6, known=4, distinct_words=4, distinct_known=2),
        "val": Known(texts=2, blind=1, words=3, known=1, distinct_words=3, distinct_known=1),
    }
    assert found.total == Known(texts=6, blind=3, words=9, known=5, distinct_words=5, distinct_known=3)
    assert found.unknown == [UnknownWord(word="a", count=2), UnknownWord(word="gnu", count=2)]


def test_the_official_rules_leave_punctuation_to_be_unknown(corpora: dict[str, Corpus]) -> None:
    found = coverage(corpora, LEXICON, Rules.official).phrases
    assert found.unknown[:2] == [UnknownWord(word=",", count=2), UnknownWord(word="a", count=2)]


def test_a_head_without_a_word_is_blind(corpora: dict[str, Corpus]) -> None:
    found = coverage(corpora, LEXICON, Rules.corrected).heads
    assert found.splits["train"] == Known(texts=4, blind=2, words=3, known=2, distinct_words=2, distinct_known=1)
    assert found.total == Known(texts=6, blind=3, words=5, known=3, distinct_words=3, distinct_known=2)


def test_a_label_counts_once_for_each_region_and_without_a_word_it_is_blind(corpora: dict[str, Corpus]) -> None:
    found = coverage(corpora, LEXICON, Rules.corrected).labels
    assert found.splits["train"] == Known(texts=4, blind=1, words=7, known=3, distinct_words=4, distinct_known=2)
    assert found.splits["val"] == Known(texts=1, blind=1, words=1, known=0, distinct_words=1, distinct_known=0)
    assert [unknown.word for unknown in found.unknown] == ["stop", "stopsign", "okapi"]


def test_of_many_unknown_words_the_most_frequent_are_named(tmp_path: Path) -> None:
    phrases = [(f"gnu{number}", "gnu") for number in range(30)] + [("gnu7", "gnu")]
    found = coverage({"val": split(tmp_path / "val", phrases, ["dog"])}, LEXICON, Rules.corrected)
    assert len(found.phrases.unknown) == 20
    assert found.phrases.unknown[0] == UnknownWord(word="gnu7", count=2)


def test_too_few_known_words_are_warned_of_and_enough_are_not(corpora: dict[str, Corpus], tmp_path: Path) -> None:
    phrases, heads = scarcities(coverage(corpora, LEXICON, Rules.corrected))
    assert phrases.startswith("only 55.6 % of the words of phrases have a vector")
    assert heads.startswith("only 60.0 % of the words of heads have a vector")
    known = [("red dog", "dog")] * 5 + [("gnu man", "man")]
    mostly = coverage({"val": split(tmp_path / "known", known, ["gnu"])}, LEXICON, Rules.corrected)
    assert mostly.phrases.total.share == 11 / 12
    assert scarcities(mostly) == []


def test_coverage_comes_back_from_json(corpora: dict[str, Corpus]) -> None:
    found = coverage(corpora, LEXICON, Rules.corrected)
    assert Coverage.model_validate_json(found.model_dump_json()) == found
