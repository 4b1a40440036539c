"""How much of what a corpus says has a word vector: what has none, the prior cannot see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sprm.corpus.corpus import Corpus
from sprm.settings import Rules
from sprm.text.tokens import label_words, tokenize
from sprm.text.word_vectors import Lexicon

FEW = 0.9
"""Share of words with a vector below which a reader is warned: the prior sees nothing of the others."""
MOST_UNKNOWN = 20
"""Unknown words that are named, at most."""


class Known(BaseModel):
    """How many of some texts' words have a vector."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    texts: int = Field(description="phrases, heads of phrases, or labels of regions")
    blind: int = Field(description="of the texts, those without any known word")
    words: int = Field(description="words of all texts")
    known: int = Field(description="of the words, those with a vector")
    distinct_words: int
    distinct_known: int

    @property
    def share(self) -> float | None:
        """Share of the words that have a vector, in [0, 1]; None without any word."""
        return self.known / self.words if self.words else None


class UnknownWord(BaseModel):
    """A word without a vector."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    word: str
    count: int = Field(description="how often the splits say it")


class KindCoverage(BaseModel):
    """Coverage of one kind of text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    splits: dict[str, Known]
    total: Known = Field(description="of all splits together; a word that two of them share is one distinct word")
    unknown: list[UnknownWord] = Field(description="the most frequent unknown words of all splits, most frequent first")


class Coverage(BaseModel):
    """How much of a corpus has a word vector."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phrases: KindCoverage = Field(description="one text a phrase")
    heads: KindCoverage = Field(description="one text a phrase: the words that name its thing")
    labels: KindCoverage = Field(description="one text a region: all variants of its label")


def scarcities(coverage: Coverage) -> list[str]:
    """Warn, in a line each, where fewer than `FEW` of the words of the phrases or of their heads have a vector."""
    return [
        f"only {100 * share:.1f} % of the words of {kind} have a vector; all others are one unknown word, of which the "
        "prior knows nothing"
        for kind in ("phrases", "heads")
        if (share := getattr(coverage, kind).total.share) is not None and share < FEW
    ]


def coverage(corpora: Mapping[str, Corpus], lexicon: Lexicon, rules: Rules) -> Coverage:
    """Count the words of some splits that have a vector.

    Words are found as for encoding a split, and every occurrence counts: a phrase's words once for each phrase of that
    text, a label's once for each region that carries it.

    Args:
        corpora: splits by their names.
        lexicon: word vectors of their vocabulary.
        rules: how phrases are split into words.
    """
    return Coverage(
        phrases=_kind(corpora, lambda split: _column(split, "text"), lambda text: tokenize(text, rules), lexicon),
        heads=_kind(corpora, lambda split: _column(split, "head"), str.split, lexicon),
        labels=_kind(corpora, _labels, label_words, lexicon),
    )


def _column(corpus: Corpus, name: str) -> dict[str, int]:
    """Count how often each distinct text stands in a column of the phrases."""
    return {str(text): int(count) for text, count in corpus.phrases[name].value_counts().items()}


def _labels(corpus: Corpus) -> dict[str, int]:
    """Count the regions that carry each label."""
    counts = np.bincount(corpus.labels, minlength=len(corpus.label_names))
    return dict(zip(corpus.label_names, counts.tolist(), strict=True))


@dataclass
class _Tally:
    """Counts that add up."""

    texts: int = 0
    blind: int = 0
    words: Counter[str] = field(default_factory=Counter)

    def add(self, words: list[str], times: int, lexicon: Lexicon) -> None:
        """Count a text that occurs some times."""
        self.texts += times
        self.blind += 0 if any(_is_known(word, lexicon) for word in words) else times
        for word in words:
            self.words[word] += times

    def known(self, lexicon: Lexicon) -> Known:
        known = [word for word in self.words if _is_known(word, lexicon)]
        return Known(
            texts=self.texts,
            blind=self.blind,
            words=self.words.total(),
            known=sum(self.words[word] for word in known),
            distinct_words=len(self.words),
            distinct_known=len(known),
        )


def _kind(
    corpora: Mapping[str, Corpus],
    texts_of: Callable[[Corpus], dict[str, int]],
    words_of: Callable[[str], list[str]],
    lexicon: Lexicon,
) -> KindCoverage:
    splits, total = {name: _Tally() for name in corpora}, _Tally()
    for name, corpus in corpora.items():
        for text, times in texts_of(corpus).items():
            words = words_of(text)
            splits[name].add(words, times, lexicon)
            total.add(words, times, lexicon)
    unknown = [(word, count) for word, count in total.words.items() if not _is_known(word, lexicon)]
    unknown.sort(key=lambda pair: (-pair[1], pair[0]))
    return KindCoverage(
        splits={name: tally.known(lexicon) for name, tally in splits.items()},
        total=total.known(lexicon),
        unknown=[UnknownWord(word=word, count=count) for word, count in unknown[:MOST_UNKNOWN]],
    )


def _is_known(word: str, lexicon: Lexicon) -> bool:
    return lexicon.index(word) != lexicon.UNKNOWN
