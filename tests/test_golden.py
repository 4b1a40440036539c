"""The model returns what the authors' implementation returned, array for array."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sprm.corpus.batches import Batch, Packing
from sprm.corpus.encoding import Labels, Texts
from sprm.geometry import ALL_RELATIONS, centres_inside, iou_matrix, relations, union_box
from sprm.lexicon import Lexicon
from sprm.model import SPRM, Pairs
from sprm.phrases import locations
from sprm.prior import concept_similarity
from sprm.refinement import Refinement
from sprm.settings import Negatives, Rules

HERE = Path(__file__).parent / "golden"
FOLDERS = [HERE, *([Path(os.environ["SPRM_GOLDEN"])] if os.environ.get("SPRM_GOLDEN") else [])]
ARRAYS = [path for folder in FOLDERS for path in sorted(folder.glob("*.npz"))]
LOSSES = {
    "loss_neg1": Negatives.next,
    "loss_neg1_min": Negatives.least_similar,
    "loss_neg1_max": Negatives.most_similar,
    "loss_negN": Negatives.all,
    "loss_ce": Negatives.cross_entropy,
}
PARAMETERS = {
    "wv.weight": "words.weight",
    "img_mlp.layers.0.weight": "visual.weight",
    "img_mlp.layers.0.bias": "visual.bias",
    **{f"queries_rnn.{name}": f"textual.{name}" for name, _ in torch.nn.LSTM(1, 1).named_parameters()},
}


def flags(bits: np.ndarray) -> np.ndarray:
    return (bits.astype(np.uint8) << np.arange(6, dtype=np.uint8)).sum(axis=-1).astype(np.uint8)


@dataclass(frozen=True)
class Golden:
    path: Path

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        with np.load(self.path, allow_pickle=False) as stored:
            return dict(stored)

    @cached_property
    def config(self) -> dict[str, Any]:
        return json.loads(str(self.arrays["config"]))

    @cached_property
    def labels(self) -> Labels:
        """Labels are single words here, so a word's index is its label's."""
        words = np.arange(self.config["V"])[:, None]
        return Labels(words, (words > 0).astype(np.float32))

    def part(self, index: int, name: str) -> np.ndarray:
        return self.arrays[f"batch{index}/{name}"]

    def texts(self, index: int, name: str) -> Texts:
        """The real phrases' words, one text a phrase."""
        counts = self.part(index, "n_phrases")
        words = np.concatenate([rows[:n] for rows, n in zip(self.part(index, name), counts, strict=True)])
        return Texts(words, (words > 0).sum(axis=1))

    def batch(self, index: int) -> Batch:
        n_regions, n_phrases = self.part(index, "n_regions"), self.part(index, "n_phrases")

        def packed(name: str, counts: np.ndarray) -> np.ndarray:
            return np.concatenate([row[:n] for row, n in zip(self.part(index, name), counts, strict=True)])

        texts = self.texts(index, "query")
        used = self.config["relations"]
        count = len(texts.lengths)
        vectors = texts.mean_vectors(self.arrays["weights/wv_freezed.weight"])
        starts = np.concatenate([[0], np.cumsum(n_phrases)[:-1]])
        return Batch(
            features=torch.from_numpy(packed("features", n_regions)),
            coordinates=torch.from_numpy(packed("spatial", n_regions)),
            region_labels=torch.from_numpy(packed("label", n_regions)),
            label_words=torch.from_numpy(packed("label", n_regions))[:, None],
            label_weights=torch.ones((int(n_regions.sum()), 1)),
            relations=torch.from_numpy(flags(packed("relations", n_regions))),
            regions=Packing.of(n_regions),
            text_words=torch.from_numpy(texts.words),
            text_lengths=torch.from_numpy(texts.lengths),
            phrase_texts=torch.arange(count),
            phrase_heads=torch.arange(count),
            locations=torch.from_numpy(
                flags(packed("locations", n_phrases)) if used else np.full(count, ALL_RELATIONS)
            ),
            phrases=Packing.of(n_phrases),
            sentence_images=torch.arange(len(n_phrases)),
            sentence_vectors=torch.from_numpy(np.add.reduceat(vectors, starts) / n_phrases[:, None]).float(),
        )

    def refinement(self) -> Refinement:
        words = tuple(str(index) for index in range(self.config["V"]))
        lexicon = Lexicon(words, self.arrays["weights/wv_freezed.weight"])
        module = Refinement(lexicon, self.config["F"], torch.Generator())
        module.load_state_dict(
            {mine: torch.from_numpy(self.arrays[f"weights/{theirs}"]) for theirs, mine in PARAMETERS.items()}
        )
        return module

    def model(self, index: int, refinement: Refinement | None, omega: float) -> SPRM:
        compared = self.texts(index, "head" if self.config["heads"] else "query")
        concepts = concept_similarity(compared, self.labels, self.arrays["weights/wv_freezed.weight"])
        return SPRM(concepts, refinement, omega)

    def spread(self, scores: torch.Tensor) -> np.ndarray:
        """Lay all-pairs scores out as the authors' padded array, (B, Q, B, K)."""
        b, q, k = (self.config[name] for name in "BQK")
        full = np.zeros((b, b, q, k), dtype=np.float32)
        full[:, :, : scores.shape[1], : scores.shape[2]] = scores.detach().view(b, b, *scores.shape[1:])
        return full.transpose(0, 2, 1, 3)


@pytest.fixture(params=ARRAYS, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(request.param)


def relative(found: torch.Tensor, expected: np.ndarray) -> float:
    return float((found.detach() - torch.from_numpy(expected)).abs().max() / np.abs(expected).max())


def real_phrases(golden: Golden) -> np.ndarray:
    return np.arange(golden.config["Q"])[None, :] < golden.part(0, "n_phrases")[:, None]


@pytest.mark.parametrize(
    ("name", "omega"), [("scores", None), ("prior_only_scores", 0.0), ("refinement_only_scores", 1.0)]
)
def test_scores_of_every_phrase_box_and_image(golden: Golden, name: str, omega: float | None) -> None:
    model = golden.model(0, golden.refinement(), golden.config["omega"] if omega is None else omega)
    batch = golden.batch(0)
    found = golden.spread(model(batch, Pairs.all(batch)))
    mask = real_phrases(golden)[:, :, None, None]
    np.testing.assert_allclose(found * mask, golden.arrays[f"out/{name}"] * mask, atol=1e-5, rtol=0)


def test_image_sentence_similarities(golden: Golden) -> None:
    model, batch = golden.model(0, golden.refinement(), golden.config["omega"]), golden.batch(0)
    found = model.similarity(batch, Pairs.all(batch)).detach().numpy()
    expected = golden.arrays["out/image_sentence_scores"]
    np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("name", "strategy"), LOSSES.items())
def test_losses_of_every_negative_strategy(golden: Golden, name: str, strategy: Negatives) -> None:
    model = golden.model(0, golden.refinement(), golden.config["omega"])
    found = model.loss(golden.batch(0), strategy).item()
    assert found == pytest.approx(float(golden.arrays[f"out/{name}"]), abs=1e-5)


def test_gradients_of_every_parameter(golden: Golden) -> None:
    refinement = golden.refinement()
    golden.model(0, refinement, golden.config["omega"]).loss(golden.batch(0), Negatives.most_similar).backward()
    for theirs, mine in PARAMETERS.items():
        gradient = refinement.get_parameter(mine).grad
        assert gradient is not None
        assert relative(gradient, golden.arrays[f"grad/{theirs}"]) < 1e-4, mine


def test_the_adam_trajectory(golden: Golden) -> None:
    refinement, omega = golden.refinement(), golden.config["omega"]
    optimiser = torch.optim.Adam(refinement.parameters(), lr=1e-3)
    losses = []
    for index in range(golden.config["steps"]):
        loss = golden.model(index, refinement, omega).loss(golden.batch(index), Negatives.most_similar)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    np.testing.assert_allclose(losses, golden.arrays["out/adam_lr1e-3_losses"], rtol=1e-4, atol=1e-5)
    for theirs, mine in PARAMETERS.items():
        if f"after_adam/{theirs}" in golden.arrays:
            found = refinement.get_parameter(mine)
            assert relative(found, golden.arrays[f"after_adam/{theirs}"]) < 1e-4, mine
    batch = golden.batch(0)
    scores = golden.model(0, refinement, omega)(batch, Pairs.own(batch))
    found_boxes, mask = scores.argmax(dim=2).numpy(), real_phrases(golden)
    expected = golden.arrays["out/predicted_region_after_adam"]
    np.testing.assert_array_equal(found_boxes[mask[:, : found_boxes.shape[1]]], expected[mask])


def test_location_words_under_the_official_rule() -> None:
    recorded = json.loads((HERE / "locations.json").read_text())
    for phrase, expected in zip(
        recorded["phrases"], recorded["flags_left_right_center_top_bottom_middle"], strict=True
    ):
        assert (locations(phrase, Rules.official) or ALL_RELATIONS) == flags(np.array(expected)), phrase


def test_relations_under_the_official_rule() -> None:
    recorded = json.loads((HERE / "relations.json").read_text())
    cases = [case for case in recorded if case["strategy"] == "baseline"]
    assert cases
    for case in cases:
        names = sorted(set(case["labels"]))
        labels = np.array([names.index(label) for label in case["labels"]])
        found = relations(np.array(case["boxes"]), labels, np.zeros(len(labels), np.int64), Rules.official)
        np.testing.assert_array_equal(found, flags(np.array(case["relations"])))


def test_iou_accuracy_and_pointing_on_the_union_target() -> None:
    recorded = json.loads((HERE / "metrics.json").read_text())
    predicted = np.array(recorded["predicted"])
    targets = np.array([union_box(np.array(boxes)) for boxes in recorded["targets"]])
    np.testing.assert_array_equal(targets, np.array(recorded["union"]))
    iou = np.diagonal(iou_matrix(predicted, targets, Rules.official))
    np.testing.assert_allclose(iou, recorded["iou"], atol=1e-5)
    assert (iou >= 0.5).mean() == pytest.approx(recorded["accuracy"], abs=1e-6)
    pointing = np.diagonal(centres_inside(predicted, targets)).mean()
    assert pointing == pytest.approx(recorded["pointing_accuracy"], abs=1e-6)
