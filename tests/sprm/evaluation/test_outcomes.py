from __future__ import annotations

import numpy as np
import pytest
import torch

from sprm.batches.batch import BatchReader
from sprm.batches.encoding import EncodedSplit, encode
from sprm.corpus.box_matches import match_boxes
from sprm.corpus.boxes import iou_matrix
from sprm.corpus.dataset import Dataset
from sprm.evaluation import prediction
from sprm.evaluation.metric import METRICS
from sprm.evaluation.outcomes import NO_BOX, Prediction, best_box, items, judge, random_box
from sprm.evaluation.prediction import predict
from sprm.model.sprm import SPRM
from sprm.settings import Rules


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


def prior_model(dataset: Dataset) -> tuple[SPRM, EncodedSplit]:
    split = encode(dataset.test, dataset.lexicon, Rules.corrected, locations=False)
    return SPRM(torch.from_numpy(split.concepts), None, 0.0), split


def test_the_prior_chooses_the_box_whose_label_is_nearest_to_the_head(dataset: Dataset) -> None:
    model, split = prior_model(dataset)
    chosen = predict(model, split)
    assert list(chosen.boxes) == [plain_prior(dataset, phrase) for phrase in range(len(dataset.test.phrases))]


def test_predictions_do_not_depend_on_how_many_images_are_scored_together(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, split = prior_model(dataset)
    together = predict(model, split)
    monkeypatch.setattr(prediction, "IMAGES_AT_A_TIME", 1)
    alone = predict(model, split)
    np.testing.assert_array_equal(alone.boxes, together.boxes)
    np.testing.assert_array_equal(alone.scores, together.scores)


def test_a_prediction_has_the_score_of_its_box(dataset: Dataset) -> None:
    model, split = prior_model(dataset)
    batch = BatchReader(split, model.device).read(np.arange(len(split.sentence_images)))
    chosen = predict(model, split)
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
        assert best.prediction is not None
        assert best.prediction.scores[phrase] == np.float32(iou[best.prediction.boxes[phrase]])
        last = judge(matches, Prediction(np.diff(matches.offsets) - 1, np.zeros(len(matches.offsets) - 1, np.float32)))
        assert last.values["iou"][phrase] == iou[-1]


def test_of_equal_boxes_the_first_in_the_file_is_chosen(dataset: Dataset) -> None:
    model, split = prior_model(dataset)
    scores = torch.zeros_like(model(BatchReader(split, model.device).read(np.arange(2))))
    assert scores.argmax(dim=2).eq(0).all()


def test_items_name_every_phrase_once_in_the_order_of_the_corpus(dataset: Dataset) -> None:
    matches = match_boxes(dataset.test, Rules.corrected)
    table = items(dataset.test, best_box(matches))
    assert list(table.columns) == ["image_id", "sentence_id", "phrase", "category", "box", "score", *METRICS.by_name()]
    assert list(table["phrase"]) == list(dataset.test.phrases["text"])
    assert set(items(dataset.test, random_box(matches))["box"]) == {NO_BOX}
    assert all(
        sentence.startswith(f"{image}#")
        for image, sentence in zip(table["image_id"], table["sentence_id"], strict=True)
    )
