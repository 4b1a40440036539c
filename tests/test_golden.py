"""The model returns what the authors' implementation returned, array for array."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
import torch
from golden_arrays import GoldenFile, golden_arrays
from places import GOLDEN

from sprm.batches.batch import Batch, BatchReader
from sprm.batches.concepts import concept_similarity
from sprm.batches.encoding import EncodedSplit, Labels, Texts
from sprm.batches.packing import offsets_of
from sprm.batches.prefix_tree import Prefixes
from sprm.corpus.annotation import union_box
from sprm.corpus.boxes import ALL_RELATIONS, centres_inside, iou_matrix, relations
from sprm.model import reference
from sprm.model.refinement import Refinement
from sprm.model.sprm import SPRM
from sprm.settings import Negatives, Rules, TrainingSettings
from sprm.text.tokens import locations
from sprm.text.word_vectors import Lexicon
from sprm.training.learner import Learner

ARRAYS = golden_arrays()
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
class Golden(GoldenFile):
    def part(self, index: int, name: str) -> np.ndarray:
        return self.arrays[f"batch{index}/{name}"]

    @cached_property
    def frozen(self) -> np.ndarray:
        return self.arrays["weights/wv_freezed.weight"]

    def split(self, *batches: int) -> EncodedSplit:
        """Some batches as one corpus: as many images as sentences, labels of a word each."""

        def packed(name: str, counts: str) -> np.ndarray:
            """The real rows of a padded array."""
            parts = ((self.part(index, name), self.part(index, counts)) for index in batches)
            return np.concatenate([row[:n] for rows, sizes in parts for row, n in zip(rows, sizes, strict=True)])

        def spelt(name: str) -> Texts:
            """The real phrases' words, one text a phrase."""
            words = packed(name, "n_phrases").astype(np.int64)
            return Texts(words, (words > 0).sum(axis=1))

        texts = spelt("query")
        heads = spelt("head") if self.config["heads"] else texts
        words = np.arange(self.config["V"])[:, None]
        labels = Labels(words, (words > 0).astype(np.float32))
        phrases = np.arange(len(texts.lengths))
        phrase_offsets = offsets_of(np.concatenate([self.part(index, "n_phrases") for index in batches]))
        region_offsets = offsets_of(np.concatenate([self.part(index, "n_regions") for index in batches]))
        vectors = texts.mean_vectors(self.frozen)
        return EncodedSplit(
            features=packed("features", "n_regions"),
            region_offsets=region_offsets,
            coordinates=packed("spatial", "n_regions"),
            region_labels=packed("label", "n_regions").astype(np.int64),
            relations=flags(packed("relations", "n_regions")),
            labels=labels,
            texts=texts,
            heads=heads,
            concepts=concept_similarity(heads.mean_vectors(self.frozen), labels.mean_vectors(self.frozen)),
            prefixes=Prefixes.of(texts.words, texts.lengths),
            phrase_texts=phrases,
            phrase_heads=phrases,
            locations=flags(packed("locations", "n_phrases"))
            if self.config["relations"]
            else np.full(len(phrases), ALL_RELATIONS),
            phrase_offsets=phrase_offsets,
            sentence_images=np.arange(len(phrase_offsets) - 1),
            sentence_vectors=np.add.reduceat(vectors, phrase_offsets[:-1]) / np.diff(phrase_offsets)[:, None],
        )

    def refinement(self) -> Refinement:
        words = tuple(str(index) for index in range(self.config["V"]))
        module = Refinement(Lexicon(words, self.frozen), self.config["F"] + 5, torch.Generator())
        module.load_state_dict(
            {mine: torch.from_numpy(self.arrays[f"weights/{theirs}"]) for theirs, mine in PARAMETERS.items()}
        )
        return module


class Fast:
    """What trains: packed batches."""

    def __init__(self, golden: Golden, *batches: int) -> None:
        self.golden, self.split = golden, golden.split(*batches)
        self.reader = BatchReader(self.split, torch.device("cpu"))

    def read(self, negatives: Negatives) -> Batch:
        return self.reader.read(np.arange(self.golden.config["B"]), negatives)

    def model(self, refinement: Refinement, omega: float) -> SPRM:
        return SPRM(torch.from_numpy(self.split.concepts), refinement, omega)

    def scores(self, refinement: Refinement, omega: float) -> np.ndarray:
        """All-pairs scores as the authors' padded array, (B, Q, B, K)."""
        batch = self.read(Negatives.all)
        scores = self.model(refinement, omega)(batch).detach()
        b, q, k = (self.golden.config[name] for name in "BQK")
        asked = batch.pairs.by_image.pack(scores).view(b, -1, scores.shape[2])
        full = np.zeros((b, q, b, k), dtype=np.float32)
        for image in range(b):
            full[:, :, image, : scores.shape[2]][real_phrases(self.golden)] = asked[image]
        return full

    def similarity(self, refinement: Refinement, omega: float) -> np.ndarray:
        count = self.golden.config["B"]
        return self.model(refinement, omega).similarity(self.read(Negatives.all)).detach().view(count, count).numpy()

    def loss(self, refinement: Refinement, omega: float, negatives: Negatives) -> torch.Tensor:
        return self.model(refinement, omega).loss(self.read(negatives))


class Plain:
    """The reference: the equations over padded tensors."""

    def __init__(self, golden: Golden, index: int) -> None:
        count, q, k = (golden.config[name] for name in "BQK")
        self.batch = reference.pad(golden.split(index), np.arange(count), q, k)
        self.frozen = torch.from_numpy(golden.frozen)

    def scores(self, refinement: Refinement, omega: float) -> np.ndarray:
        return reference.scores(self.batch, refinement, self.frozen, omega).detach().numpy()

    def similarity(self, refinement: Refinement, omega: float) -> np.ndarray:
        return reference.similarity(self.batch, refinement, self.frozen, omega).detach().numpy()

    def loss(self, refinement: Refinement, omega: float, negatives: Negatives) -> torch.Tensor:
        return reference.loss(self.batch, refinement, self.frozen, omega, negatives)


@pytest.fixture(params=ARRAYS, ids=lambda path: f"golden-{path.stem}")
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(request.param)


@pytest.fixture(params=[Fast, Plain], ids=["fast", "reference"])
def computed(request: pytest.FixtureRequest) -> type[Fast] | type[Plain]:
    return request.param


def relative(found: torch.Tensor, expected: np.ndarray) -> float:
    return float((found.detach().to_dense() - torch.from_numpy(expected)).abs().max() / np.abs(expected).max())


def real_phrases(golden: Golden) -> np.ndarray:
    return np.arange(golden.config["Q"])[None, :] < golden.part(0, "n_phrases")[:, None]


@pytest.mark.parametrize(
    ("name", "omega"), [("scores", None), ("prior_only_scores", 0.0), ("refinement_only_scores", 1.0)]
)
def test_scores_of_every_phrase_box_and_image(
    golden: Golden, computed: type[Fast] | type[Plain], name: str, omega: float | None
) -> None:
    found = computed(golden, 0).scores(golden.refinement(), golden.config["omega"] if omega is None else omega)
    mask = real_phrases(golden)[:, :, None, None]
    np.testing.assert_allclose(found * mask, golden.arrays[f"out/{name}"] * mask, atol=1e-5, rtol=0)


def test_image_sentence_similarities(golden: Golden, computed: type[Fast] | type[Plain]) -> None:
    found = computed(golden, 0).similarity(golden.refinement(), golden.config["omega"])
    np.testing.assert_allclose(found, golden.arrays["out/image_sentence_scores"], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("name", "strategy"), LOSSES.items())
def test_losses_of_every_negative_strategy(
    golden: Golden, computed: type[Fast] | type[Plain], name: str, strategy: Negatives
) -> None:
    found = computed(golden, 0).loss(golden.refinement(), golden.config["omega"], strategy).item()
    assert found == pytest.approx(float(golden.arrays[f"out/{name}"]), abs=1e-5)


def test_gradients_of_every_parameter(golden: Golden, computed: type[Fast] | type[Plain]) -> None:
    refinement = golden.refinement()
    computed(golden, 0).loss(refinement, golden.config["omega"], Negatives.most_similar).backward()
    for theirs, mine in PARAMETERS.items():
        gradient = refinement.get_parameter(mine).grad
        assert gradient is not None
        assert relative(gradient, golden.arrays[f"grad/{theirs}"]) < 1e-4, mine


def check_trajectory(golden: Golden, refinement: Refinement, losses: list[float]) -> None:
    np.testing.assert_allclose(losses, golden.arrays["out/adam_lr1e-3_losses"], rtol=1e-4, atol=1e-5)
    for theirs, mine in PARAMETERS.items():
        if f"after_adam/{theirs}" in golden.arrays:
            found = refinement.get_parameter(mine)
            assert relative(found, golden.arrays[f"after_adam/{theirs}"]) < 1e-4, mine


def test_the_adam_trajectory_of_the_training_loop(golden: Golden) -> None:
    refinement, omega = golden.refinement(), golden.config["omega"]
    fast = Fast(golden, *range(golden.config["steps"]))
    sentences = np.arange(len(fast.split.sentence_images)).reshape(golden.config["steps"], -1)
    images, settings = sentences.ravel(), TrainingSettings(learning_rate=1e-3)
    learner = Learner(fast.model(refinement, omega), fast.split, images, settings, golden.config["steps"])
    check_trajectory(golden, refinement, [loss.item() for loss in learner.steps(sentences)])
    batch = fast.reader.read(sentences[0])
    found = batch.pairs.by_image.pack(fast.model(refinement, omega)(batch).argmax(dim=2)).numpy()
    np.testing.assert_array_equal(found, golden.arrays["out/predicted_region_after_adam"][real_phrases(golden)])


def test_the_adam_trajectory_of_the_reference(golden: Golden) -> None:
    refinement, omega = golden.refinement(), golden.config["omega"]
    optimiser = torch.optim.Adam(refinement.parameters(), lr=1e-3)
    losses = []
    for index in range(golden.config["steps"]):
        loss = Plain(golden, index).loss(refinement, omega, Negatives.most_similar)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    check_trajectory(golden, refinement, losses)


def test_location_words_under_the_official_rule() -> None:
    recorded = json.loads((GOLDEN / "locations.json").read_text())
    for phrase, expected in zip(
        recorded["phrases"], recorded["flags_left_right_center_top_bottom_middle"], strict=True
    ):
        assert (locations(phrase, Rules.official) or ALL_RELATIONS) == flags(np.array(expected)), phrase


def test_relations_under_the_official_rule() -> None:
    recorded = json.loads((GOLDEN / "relations.json").read_text())
    cases = [case for case in recorded if case["strategy"] == "baseline"]
    assert cases
    for case in cases:
        names = sorted(set(case["labels"]))
        labels = np.array([names.index(label) for label in case["labels"]])
        found = relations(np.array(case["boxes"]), labels, np.zeros(len(labels), np.int64), Rules.official)
        np.testing.assert_array_equal(found, flags(np.array(case["relations"])))


def test_iou_accuracy_and_pointing_on_the_union_target() -> None:
    recorded = json.loads((GOLDEN / "metrics.json").read_text())
    predicted = np.array(recorded["predicted"])
    targets = np.array([union_box(np.array(boxes)) for boxes in recorded["targets"]])
    np.testing.assert_array_equal(targets, np.array(recorded["union"]))
    iou = np.diagonal(iou_matrix(predicted, targets, Rules.official))
    np.testing.assert_allclose(iou, recorded["iou"], atol=1e-5)
    assert (iou >= 0.5).mean() == pytest.approx(recorded["accuracy"], abs=1e-6)
    pointing = np.diagonal(centres_inside(predicted, targets)).mean()
    assert pointing == pytest.approx(recorded["pointing_accuracy"], abs=1e-6)
