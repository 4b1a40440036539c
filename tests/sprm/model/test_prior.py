from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from random_split import LEXICON, random_corpus

from sprm.batches.batch import BatchReader
from sprm.batches.concepts import concept_similarity
from sprm.batches.encoding import encode
from sprm.corpus.corpus import Corpus
from sprm.evaluation.scoring import score
from sprm.model.prior import IMPOSSIBLE, BoxTerms, prior_of_questions
from sprm.model.sprm import SPRM, masked_softmax
from sprm.settings import Rules


def scored(corpus: Corpus, seed: int) -> Corpus:
    """The corpus with a score for each region."""
    scores = np.random.default_rng(seed).uniform(0, 1, len(corpus.boxes)).astype(np.float32)
    fields = {name: getattr(corpus, name) for name in corpus.__dataclass_fields__}
    return Corpus(**{**fields, "scores": scores})


def best_by_hand(corpus: Corpus, phrase: int, terms: BoxTerms) -> float:
    """Highest sum of cosine and terms among the boxes that stand where the phrase says, in double precision."""
    split = encode(corpus, LEXICON, Rules.corrected)
    image = int(split.sentence_images[corpus.phrases["sentence"].iloc[phrase]])
    width, height = corpus.images[["width", "height"]].iloc[image]
    sums = []
    for region in range(*split.region_offsets[image : image + 2]):
        if not split.locations[phrase] & split.relations[region]:
            continue
        x1, y1, x2, y2 = corpus.boxes[region].astype(float)
        share = (x2 - x1) * (y2 - y1) / (width * height)
        cosine = split.concepts[split.phrase_heads[phrase], split.region_labels[region]]
        assert corpus.scores is not None
        by_score = terms.score_weight * np.log(float(corpus.scores[region]) + 0.001)
        sums.append(float(cosine) + by_score + terms.size_weight * np.log(share + 0.0001))
    return max(sums, default=IMPOSSIBLE)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**16), score=st.sampled_from([0.0, 0.15, 2.0]), size=st.sampled_from([0.0, 0.1, 1.5]))
def test_score_and_size_are_added_to_the_cosine_of_boxes_that_stand_where_the_phrase_says(
    seed: int, score: float, size: float
) -> None:
    corpus, terms = scored(random_corpus(seed, Rules.corrected), seed), BoxTerms(score, size)
    split = encode(corpus, LEXICON, Rules.corrected, score=True)
    batch = BatchReader(split, torch.device("cpu")).read(np.arange(len(split.sentence_images)))
    prior = prior_of_questions(torch.from_numpy(split.concepts), batch, terms)
    logits = batch.pairs.by_image.pack(prior.masked_fill(~batch.images.mask[:, None, :], -torch.inf))
    expected = [best_by_hand(corpus, phrase, terms) for phrase in range(len(corpus.phrases))]
    np.testing.assert_allclose(logits.amax(dim=1).numpy(), expected, rtol=1e-5, atol=1e-5)


def test_a_score_breaks_the_tie_of_boxes_with_one_label() -> None:
    for seed in range(20):
        corpus = scored(random_corpus(seed, Rules.corrected), seed)
        split = encode(corpus, LEXICON, Rules.corrected, locations=False, score=True)
        plain, weighed = (
            score(SPRM(torch.from_numpy(split.concepts), None, 0.0, terms), split).highest
            for terms in (None, BoxTerms(score_weight=1e-3))
        )
        assert (weighed.tied <= plain.tied).all()
        assert (weighed.tied == 1).all()
        assert corpus.scores is not None
        begin = np.cumsum(plain.tied) - plain.tied
        image = split.sentence_images[corpus.phrases["sentence"].to_numpy()]
        for phrase, first in enumerate(split.region_offsets[image]):
            tied = plain.boxes[begin[phrase] : begin[phrase] + plain.tied[phrase]]
            if len(tied) > 1:
                assert weighed.boxes[phrase] == tied[corpus.scores[first + tied].argmax()]


@given(seed=st.integers(0, 2**16), boxes=st.integers(1, 130), rows=st.integers(1, 40))
def test_equal_scores_stay_equal_wherever_they_stand_among_the_boxes(seed: int, boxes: int, rows: int) -> None:
    """A softmax is computed several boxes at a time; what is left over at the end is rounded in the same way."""
    generator = np.random.default_rng(seed)
    few = generator.uniform(-1, 1, 4).astype(np.float32)
    logits = torch.from_numpy(generator.choice(np.append(few, np.float32(IMPOSSIBLE)), (rows, 3, boxes)))
    padding = torch.from_numpy(np.arange(boxes) >= generator.integers(1, boxes + 1, (rows, 1, 1)))
    scores = masked_softmax(logits, padding)
    seen = logits.masked_fill(padding, -torch.inf)
    tied = (seen == seen.amax(dim=2, keepdim=True)) & ~padding
    assert torch.equal((scores == scores.amax(dim=2, keepdim=True)) & ~padding, tied)


@given(seed=st.integers(0, 2**16), labels=st.integers(2, 90), heads=st.integers(1, 60))
def test_labels_of_one_direction_have_one_cosine_to_the_last_bit(seed: int, labels: int, heads: int) -> None:
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal((labels, 50)).astype(np.float32)
    same = generator.integers(0, labels, labels // 2 + 1)
    # Half of a label's words may be unknown, which halves its vector.
    vectors[same] = vectors[same[0]] * generator.choice([0.5, 1, 2], len(same)).astype(np.float32)[:, None]
    cosines = concept_similarity(generator.standard_normal((heads, 50)).astype(np.float32), vectors)
    assert (cosines[:, same] == cosines[:, same[:1]]).all()
