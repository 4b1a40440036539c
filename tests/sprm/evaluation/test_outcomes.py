from __future__ import annotations

import itertools
from math import comb

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sprm.batches.batch import Batch, BatchReader
from sprm.batches.encoding import EncodedSplit, encode
from sprm.corpus.box_matches import BoxMatches, match_boxes
from sprm.corpus.boxes import iou_matrix
from sprm.corpus.dataset import Dataset
from sprm.evaluation import scoring
from sprm.evaluation.metric import DEFAULT_METRICS, METRICS, Metric
from sprm.evaluation.outcomes import NO_BOX, best_box, items, judge, random_box, values_under
from sprm.evaluation.scores import Scores, ScoresAre
from sprm.evaluation.scoring import score
from sprm.model.sprm import SPRM
from sprm.settings import Rules, Ties


def plain_prior(dataset: Dataset, phrase: int) -> int:
    """The prior's choice for a test phrase, computed word by word."""
    corpus, lexicon = dataset.test, dataset.lexicon
    row = corpus.phrases.iloc[phrase]
    image = corpus.sentences["image"].iloc[row["sentence"]]

    def mean(words: list[str]) -> np.ndarray:
        return np.mean([lexicon.vectors[lexicon.index(word)] for word in words], axis=0)

    head = mean(row["head"].split())
    scores = []
    for label in corpus.labels[corpus.regions_of(image)]:
        vector = np.mean([mean(variant.split()) for variant in corpus.label_names[label].split(",")], axis=0)
        norm = np.linalg.norm(head) * np.linalg.norm(vector)
        scores.append(head @ vector / norm if norm else 0.0)
    return int(np.argmax(scores))


def only(boxes: np.ndarray, matches: BoxMatches) -> Scores:
    """Scores of which the highest is that of one box for each phrase."""
    values = np.zeros(matches.offsets[-1], dtype=np.float32)
    values[matches.offsets[:-1] + boxes] = 1
    return Scores(values, matches.offsets)


def prior_model(dataset: Dataset) -> tuple[SPRM, EncodedSplit]:
    split = encode(dataset.test, dataset.lexicon, Rules.corrected, locations=False)
    return SPRM(torch.from_numpy(split.concepts), None, 0.0), split


def test_the_prior_chooses_the_box_whose_label_is_nearest_to_the_head(dataset: Dataset) -> None:
    model, split = prior_model(dataset)
    chosen = score(model, split).highest
    firsts = chosen.boxes[np.cumsum(chosen.tied) - chosen.tied]
    assert list(firsts) == [plain_prior(dataset, phrase) for phrase in range(len(dataset.test.phrases))]


def test_predictions_do_not_depend_on_how_many_images_are_scored_together(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, split = prior_model(dataset)
    together = score(model, split)
    monkeypatch.setattr(scoring, "IMAGES_AT_A_TIME", 1)
    alone = score(model, split)
    np.testing.assert_array_equal(alone.values, together.values)
    np.testing.assert_array_equal(alone.offsets, together.offsets)


def test_the_scores_of_some_images_are_those_among_all(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "IMAGES_AT_A_TIME", 2)
    model, split = prior_model(dataset)
    whole, part = score(model, split), score(model, split, np.arange(1, split.images, 2))
    image = dataset.test.sentences["image"].to_numpy()[dataset.test.phrases["sentence"].to_numpy()]
    chosen = [whole.values[slice(*whole.offsets[at : at + 2])] for at in np.flatnonzero(image % 2)]
    assert np.array_equal(part.values, np.concatenate(chosen))
    assert np.diff(part.offsets).tolist() == [len(each) for each in chosen]


def test_a_prediction_has_the_score_of_its_box(dataset: Dataset) -> None:
    model, split = prior_model(dataset)
    batch = BatchReader(split, model.device).read(np.arange(len(split.sentence_images)))
    chosen = score(model, split).highest
    np.testing.assert_array_equal(chosen.scores, batch.pairs.by_image.pack(model(batch).max(dim=2).values).numpy())
    assert len(set(chosen.scores)) > 3


@pytest.mark.parametrize("rules", list(Rules))
def test_outcomes_agree_with_each_phrase_looked_at_by_itself(dataset: Dataset, rules: Rules) -> None:
    corpus, matches = dataset.test, match_boxes(dataset.test, rules)
    random, best = random_box(matches), best_box(matches)
    for phrase in range(len(corpus.phrases)):
        row = corpus.phrases.iloc[phrase]
        image = corpus.sentences["image"].iloc[row["sentence"]]
        target = row[["x1", "y1", "x2", "y2"]].to_numpy(dtype=float)[None]
        iou = iou_matrix(corpus.boxes[corpus.regions_of(image)], target, rules)[:, 0]
        assert random.values["correct"][phrase] == pytest.approx((iou >= 0.5).mean())
        assert random.values["iou"][phrase] == pytest.approx(iou.mean())
        assert best.values["iou"][phrase] == iou.max()
        assert best.values["correct"][phrase] == (iou.max() >= 0.5)
        assert best.answers is not None
        assert best.answers.scores[phrase] == np.float32(iou[best.answers.boxes[phrase]])
        last = judge(matches, only(np.diff(matches.offsets) - 1, matches))
        assert last.values["iou"][phrase] == iou[-1]


class Alike:
    """Scores all boxes alike, padded ones too."""

    device = torch.device("cpu")

    def __call__(self, batch: Batch) -> torch.Tensor:
        groups, phrases = batch.pairs.by_image.mask.shape
        return torch.zeros(groups, phrases, batch.images.mask.shape[1])


def test_boxes_that_score_alike_are_all_found_and_padding_is_none_of_them(dataset: Dataset) -> None:
    _, split = prior_model(dataset)
    found = score(Alike(), split).highest
    boxes = np.diff(match_boxes(dataset.test, Rules.corrected).offsets)
    assert len(set(boxes)) > 1
    assert found.tied.tolist() == boxes.tolist()
    assert found.boxes.tolist() == [box for count in boxes for box in range(count)]


def three_boxes(*areas: float) -> BoxMatches:
    """One phrase, in whose image the second of three boxes is right, and alone has its centre in the target."""
    iou = np.array([0.4, 1.0, 0.0])
    return BoxMatches(np.array([0, 3]), iou, iou > 0.5, np.array(areas))


TIE = Scores(np.array([0.5, 0.5, 0.1], dtype=np.float32), np.array([0, 3]))


@pytest.mark.parametrize(
    ("ties", "areas", "box", "correct", "iou", "pointing"),
    [
        (Ties.first, (1, 2, 9), 0, 0, 0.4, 0),
        (Ties.largest, (1, 2, 9), 1, 1, 1.0, 1),
        (Ties.largest, (2, 2, 9), 0, 0, 0.4, 0),
        (Ties.shared, (1, 2, 9), 0, 0.5, 0.7, 0.5),
    ],
)
def test_a_tie_is_settled_by_the_rule(
    ties: Ties, areas: tuple[float, ...], box: int, correct: float, iou: float, pointing: float
) -> None:
    outcomes = judge(three_boxes(*areas), TIE, ties)
    assert outcomes.answers is not None
    assert outcomes.answers.boxes.tolist() == [box]
    values = {name: float(outcomes.values[name][0]) for name in DEFAULT_METRICS}
    assert values == pytest.approx({"correct": correct, "iou": iou, "pointing": pointing})


def test_outcomes_under_every_rule_stand_beside_those_of_the_chosen_one(dataset: Dataset) -> None:
    model, split = prior_model(dataset)
    matches = match_boxes(dataset.test, Rules.corrected)
    found = score(model, split)
    for ties in Ties:
        outcomes = judge(matches, found, ties)
        assert outcomes.answers is not None
        assert outcomes.answers.tied.max() > 1
        for rule in Ties:
            for name, expected in judge(matches, found, rule).values.items():
                np.testing.assert_array_equal(outcomes.answers.under[name][rule], expected)


def test_shared_ties_are_the_mean_over_random_orders_of_the_tied_boxes(dataset: Dataset) -> None:
    """The rule itself: what the first of the tied boxes is worth when their order tells nothing."""
    matches, scores = match_boxes(dataset.test, Rules.corrected), score(*prior_model(dataset))
    found = scores.highest
    rng, draws = np.random.default_rng(0), []
    begin = np.cumsum(found.tied) - found.tied
    for _ in range(2000):
        one = found.boxes[begin + rng.integers(found.tied)]
        draws.append(judge(matches, only(one, matches)).accuracy)
    assert judge(matches, scores, Ties.shared).accuracy == pytest.approx(np.mean(draws), abs=0.01)


def test_items_name_every_phrase_once_in_the_order_of_the_corpus(dataset: Dataset) -> None:
    matches = match_boxes(dataset.test, Rules.corrected)
    alike = Scores(np.zeros(matches.offsets[-1], dtype=np.float32), matches.offsets)
    table = items(dataset.test, judge(matches, alike, Ties.first))
    named = ["image_id", "sentence_id", "phrase", "category", "box", "score", *METRICS.of_phrases()]
    settled = [f"{name}_{rule}" for name in METRICS.of_phrases() for rule in Ties]
    assert list(table.columns) == [*named, "tied", *settled]
    assert list(items(dataset.test, random_box(matches)).columns) == named
    assert list(table["phrase"]) == list(dataset.test.phrases["text"])
    assert set(items(dataset.test, random_box(matches))["box"]) == {NO_BOX}
    assert all(
        sentence.startswith(f"{image}#")
        for image, sentence in zip(table["image_id"], table["sentence_id"], strict=True)
    )


def test_items_leave_out_what_rules_for_ties_make_of_answers_where_no_rule_changes_any(dataset: Dataset) -> None:
    matches = match_boxes(dataset.test, Rules.corrected)
    boxes = int(matches.offsets[-1])
    scores = np.arange(boxes, dtype=np.float32)
    table = items(dataset.test, judge(matches, Scores(scores, matches.offsets), Ties.first))
    assert list(table.columns)[-1] == "tied"
    assert set(table["tied"]) == {1}
    # Boxes that tie behind the best one change recall.
    scores[np.repeat(np.arange(len(matches.offsets) - 1), np.diff(matches.offsets)) == 0] = 0
    scores[matches.offsets[1] - 1] = 1
    table = items(dataset.test, judge(matches, Scores(scores, matches.offsets), Ties.first))
    assert set(table["tied"]) == {1}
    assert not table["recall_5_first"].equals(table["recall_5_shared"])


def one_phrase(scores: list[float], iou: list[float], areas: list[float]) -> tuple[BoxMatches, Scores]:
    offsets = np.array([0, len(scores)])
    overlap = np.array(iou, dtype=np.float64)
    return BoxMatches(offsets, overlap, overlap > 0.5, np.array(areas)), Scores(np.array(scores), offsets)


def worth(metric: Metric, matches: BoxMatches, scores: Scores) -> dict[Ties, np.ndarray]:
    """What a metric that is added for the moment says under each rule."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(METRICS._added, "tested", metric)
        return values_under(list(Ties), "tested", matches, scores)


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        # The best box is wrong, three tie behind it, of which the last is right; it is the largest.
        (1, {Ties.first: 0, Ties.largest: 0, Ties.shared: 0}),
        (2, {Ties.first: 0, Ties.largest: 1, Ties.shared: 1 / 3}),
        (3, {Ties.first: 0, Ties.largest: 1, Ties.shared: 2 / 3}),
        (4, {Ties.first: 1, Ties.largest: 1, Ties.shared: 1}),
        (9, {Ties.first: 1, Ties.largest: 1, Ties.shared: 1}),
    ],
)
def test_of_boxes_that_tie_for_the_last_places_the_rule_says_which_count(
    boxes: int, expected: dict[Ties, float]
) -> None:
    matches, scores = one_phrase([0.2, 0.9, 0.2, 0.2, 0.1], [0.1, 0.4, 0.3, 0.8, 0.6], [1, 9, 2, 3, 8])
    metric = Metric("Recall", "of some boxes", lambda matches: matches.correct, boxes)
    found = worth(metric, matches, scores)
    assert {rule: float(values[0]) for rule, values in found.items()} == pytest.approx(expected)


def test_a_right_box_above_the_tied_ones_decides_whatever_the_rule() -> None:
    matches, scores = one_phrase([0.2, 0.9, 0.2, 0.2], [0.1, 0.5, 0.0, 0.0], [1, 1, 1, 1])
    metric = Metric("Recall", "of some boxes", lambda matches: matches.correct, 2)
    assert all(values[0] == 1 for values in worth(metric, matches, scores).values())


@given(st.data())
def test_shared_places_are_worth_the_mean_over_every_choice_of_the_tied_boxes(data: st.DataObject) -> None:
    levels = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=7))
    iou = data.draw(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=len(levels), max_size=len(levels)))
    boxes = data.draw(st.integers(1, 8))
    matches, scores = one_phrase([float(level) for level in levels], iou, [1.0] * len(levels))
    orders = [
        sorted(order, key=lambda box: -levels[box])[:boxes] for order in itertools.permutations(range(len(levels)))
    ]
    expected = np.mean([max(iou[box] for box in best) for best in orders])
    metric = Metric("Best IoU", "of some boxes", lambda matches: matches.iou, boxes)
    (found,) = worth(metric, matches, scores)[Ties.shared]
    assert found == pytest.approx(expected)


def test_expected_recall_is_that_of_random_orders(dataset: Dataset) -> None:
    matches, scores = match_boxes(dataset.test, Rules.corrected), score(*prior_model(dataset))
    expected = judge(matches, scores, Ties.shared).values["recall_5"]
    assert ((expected > 0) & (expected < 1)).any()
    rng, begin, draws = np.random.default_rng(0), matches.offsets[:-1], []
    for _ in range(500):
        noise = rng.random(len(scores.values))
        phrase = np.repeat(np.arange(len(begin)), np.diff(matches.offsets))
        order = np.lexsort((noise, -scores.values, phrase))
        place = np.arange(len(order)) - np.repeat(begin, np.diff(matches.offsets))
        draws.append(np.maximum.reduceat(matches.correct[order] & (place < 5), begin))
    np.testing.assert_allclose(expected, np.mean(draws, axis=0), atol=0.1)
    assert expected.mean() == pytest.approx(np.mean(draws), abs=0.005)


def test_boxes_drawn_at_random_are_right_at_their_hypergeometric_chance(dataset: Dataset) -> None:
    matches = match_boxes(dataset.test, Rules.corrected)
    boxes, right = np.diff(matches.offsets), np.add.reduceat(matches.correct.astype(int), matches.offsets[:-1])
    chance = [
        1 - comb(all_ - own, min(5, all_)) / comb(all_, min(5, all_)) for all_, own in zip(boxes, right, strict=True)
    ]
    np.testing.assert_allclose(random_box(matches).values["recall_5"], chance)


@pytest.mark.parametrize(
    ("iou", "at_30", "at_50", "at_70"), [(0.3, 1, 0, 0), (0.5, 1, 1, 0), (0.7, 1, 1, 1), (0.29, 0, 0, 0)]
)
def test_accuracy_at_other_thresholds_counts_the_border(iou: float, at_30: int, at_50: int, at_70: int) -> None:
    values = judge(*one_phrase([1.0, 0.5], [iou, 1.0], [1, 1])).values
    assert [values[name][0] for name in ("correct_at_30", "correct", "correct_at_70")] == [at_30, at_50, at_70]


@pytest.mark.parametrize(
    ("are", "expected"),
    [(ScoresAre.probabilities, 0.5 / 1.2), (ScoresAre.logits, 1 / (1 + np.exp(-0.2) + np.exp(-0.1)))],
)
def test_the_confidence_of_an_answer_is_the_probability_of_its_box(are: ScoresAre, expected: float) -> None:
    matches, scores = one_phrase([0.3, 0.5, 0.4], [0, 0, 0], [1, 1, 1])
    answers = judge(matches, scores, are=are).answers
    assert answers is not None
    assert answers.confidence is not None
    assert answers.confidence[0] == pytest.approx(expected)


def test_scores_that_only_rank_boxes_give_no_confidence(dataset: Dataset) -> None:
    answers = best_box(match_boxes(dataset.test, Rules.corrected)).answers
    assert answers is not None
    assert answers.confidence is None


def test_a_metric_cannot_take_the_name_of_another_column() -> None:
    metric = Metric("Some", "some", lambda matches: matches.iou)
    for name, problem in (("confidence", "as other columns"), ("recall_shared", "its end names a rule for ties")):
        with pytest.raises(ValueError, match=problem):
            METRICS.add(name, metric)
