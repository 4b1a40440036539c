"""MAF returns what the authors' implementation returned, array for array."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
import torch
from golden_arrays import golden_arrays
from golden_maf import NO_GRADIENT, PARAMETERS, GoldenMAF
from plain_maf import PlainMAF
from random_split import Drawn
from torch import Tensor

from sprm.batches.batch import Batch, BatchReader
from sprm.batches.encoding import EncodedSplit
from sprm.corpus.annotation import union_box
from sprm.corpus.boxes import iou_matrix
from sprm.evaluation.outcomes import chosen_boxes
from sprm.evaluation.scores import Highest
from sprm.evaluation.scoring import score
from sprm.model.maf import MAF, Boxes
from sprm.settings import Rules, Siblings, Ties, TrainingSettings
from sprm.training.learner import Learner

TRAINED_ON = ("batch0", "batch1", "batch2")
DTYPES = {32: torch.float32, 64: torch.float64}
TOLERANCE = {32: 1e-5, 64: 1e-9}
TOLERANCE_OF_TRAINING = {32: 1e-5, 64: 1e-8}


@dataclass(frozen=True)
class Computed:
    """What a model makes of a batch, in the authors' padded arrays: all real ones filled, then all padded ones."""

    golden: GoldenMAF
    model: MAF
    name: str

    @cached_property
    def split(self) -> EncodedSplit:
        return self.golden.split(self.name)

    @cached_property
    def batch(self) -> Batch:
        return BatchReader(self.split, torch.device("cpu")).read(np.arange(len(self.split.sentence_images)))

    @cached_property
    def words(self) -> Tensor:
        return self.model.words(self.batch.words)

    @cached_property
    def boxes(self) -> Boxes:
        return self.model.alignment.boxes(self.batch, self.words)

    @cached_property
    def k(self) -> Tensor:
        real = self.boxes.vectors[self.boxes.standing]
        return self.golden.spread(real, self.boxes.padded, "n_boxes", self.name)

    @cached_property
    def p(self) -> Tensor:
        alignment = self.model.alignment
        real = alignment.phrases(self.batch, self.words, self.boxes)
        return self.golden.spread(real, alignment.map(self.words[0]), "n_phrases", self.name)

    @cached_property
    def highest(self) -> Highest:
        return score(self.model, self.split).highest

    @property
    def first(self) -> np.ndarray:
        """The first of the boxes that tie for each real phrase."""
        return chosen_boxes(self.highest, self.areas, Ties.first)

    @property
    def largest(self) -> np.ndarray:
        """The largest of them."""
        return chosen_boxes(self.highest, self.areas, Ties.largest)

    @property
    def areas(self) -> np.ndarray:
        """Of all boxes that tie."""
        starts = np.repeat(self.of_each_phrase(self.split.region_offsets[:-1]), self.highest.tied)
        return self.packed_boxes[starts + self.highest.boxes, 4]

    @property
    def answers(self) -> np.ndarray:
        """The box that answers each real phrase, (n, 4)."""
        return self.packed_boxes[self.of_each_phrase(self.split.region_offsets[:-1]) + self.largest, :4]

    @property
    def correct(self) -> np.ndarray:
        """Whether it meets the union of the phrase's boxes, by the authors' rule, (n,)."""
        targets = self.golden.packed("target_boxes", "n_phrases", self.name)
        # A box in the upper left corner is taken for padding, too.
        union = np.array([union_box(boxes[boxes[:, :2].any(axis=1)]) for boxes in targets])
        return np.diagonal(iou_matrix(self.answers, union, Rules.official)) >= 0.5

    @property
    def packed_boxes(self) -> np.ndarray:
        return self.golden.packed("boxes", "n_boxes", self.name)

    @property
    def boxes_of_phrases(self) -> np.ndarray:
        """How many boxes there are for each real phrase."""
        return self.of_each_phrase(np.diff(self.split.region_offsets))

    def of_each_phrase(self, of_images: np.ndarray) -> np.ndarray:
        return np.repeat(of_images, np.diff(self.split.phrase_offsets))

    def of_phrases(self, array: np.ndarray) -> np.ndarray:
        """The rows of real phrases."""
        return array[self.golden.standing("n_phrases", self.name)]


@pytest.fixture(params=golden_arrays("maf"), ids=lambda path: f"golden-{path.stem}")
def golden(request: pytest.FixtureRequest) -> GoldenMAF:
    return GoldenMAF(request.param)


@pytest.fixture(params=[64, 32], ids=["float64", "float32"])
def bits(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture(params=["init", "rand"])
def state(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=["batch0", "dense"])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def computed(golden: GoldenMAF, bits: int, state: str, name: str) -> Computed:
    return Computed(golden, golden.model(state, DTYPES[bits]), name)


@pytest.fixture
def authors(golden: GoldenMAF, bits: int, state: str, name: str) -> dict[str, np.ndarray]:
    return golden.below(f"{state}/{name}/out{bits}/")


def assert_close(found: Tensor, expected: np.ndarray, tolerance: float) -> None:
    np.testing.assert_allclose(found.detach().to_dense().numpy(), expected, atol=tolerance, rtol=0)


@pytest.mark.parametrize("array", ["k", "p"])
def test_vectors_of_boxes_and_phrases(
    computed: Computed, authors: dict[str, np.ndarray], bits: int, array: str
) -> None:
    assert_close(getattr(computed, array), authors[array], TOLERANCE[bits])


def test_weights_of_words(computed: Computed, authors: dict[str, np.ndarray], bits: int) -> None:
    found = computed.model.alignment.weights(computed.batch, computed.words, computed.boxes)
    spoken = computed.of_phrases(computed.golden.arrays[f"{computed.name}/query"]) > 0
    expected, longest = computed.of_phrases(authors["word_weight"]), found.shape[1] - 1
    assert_close(found[:, :longest], (expected * spoken)[:, :longest], TOLERANCE[bits])
    assert_close(found[:, longest], (expected * ~spoken).sum(axis=1), TOLERANCE[bits])


def test_scores_of_every_box_of_the_own_image(computed: Computed, authors: dict[str, np.ndarray], bits: int) -> None:
    check_scores(computed, authors, TOLERANCE[bits])


def check_scores(computed: Computed, authors: dict[str, np.ndarray], tolerance: float) -> None:
    each = np.arange(len(authors["scores"]))
    expected = computed.of_phrases(authors["scores"][each, each])
    standing = np.arange(expected.shape[1]) < computed.boxes_of_phrases[:, None]
    # Where a padded box beats all, the first box answers in its place.
    beaten = expected.argmax(axis=1) >= computed.boxes_of_phrases
    expected[beaten, 0] = expected[beaten].max(axis=1)
    found = computed.batch.pairs.by_image.pack(computed.model(computed.batch))
    assert_close(found[torch.from_numpy(standing[:, : found.shape[1]])], expected[standing], tolerance)


def test_similarities_of_sentences_and_images(computed: Computed, authors: dict[str, np.ndarray], bits: int) -> None:
    assert_close(computed.model.similarity(computed.batch), authors["logits"], TOLERANCE[bits])


def test_the_loss_and_its_gradients(
    computed: Computed, authors: dict[str, np.ndarray], bits: int, state: str, name: str
) -> None:
    loss = computed.model.loss(computed.batch)
    assert_close(loss, authors["loss"], TOLERANCE[bits])
    loss.backward()
    for theirs, gradient in computed.golden.below(f"{state}/{name}/grad{bits}/").items():
        found = computed.model.alignment.get_parameter(PARAMETERS[theirs]).grad
        assert found is not None, theirs
        assert_close(found, gradient, TOLERANCE[bits])


def test_answers(computed: Computed, authors: dict[str, np.ndarray]) -> None:
    check_answers(computed, authors)


def check_answers(computed: Computed, authors: dict[str, np.ndarray]) -> None:
    first = computed.of_phrases(authors["argmax_region"])
    np.testing.assert_array_equal(computed.first, np.where(first < computed.boxes_of_phrases, first, 0))
    np.testing.assert_array_equal(computed.answers, computed.of_phrases(authors["predicted_boxes"]))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("k", "k"),
        ("a", "word_box_attention"),
        ("alpha", "word_weight"),
        ("p", "p"),
        ("x", "scores"),
        ("similarity", "logits"),
    ],
)
def test_arrays_of_the_plain_equations(golden: GoldenMAF, state: str, name: str, ours: str, theirs: str) -> None:
    assert_close(getattr(plain(golden, state, name), ours), golden.arrays[f"{state}/{name}/out64/{theirs}"], 1e-9)


def test_the_loss_and_its_gradients_of_the_plain_equations(golden: GoldenMAF, state: str, name: str) -> None:
    equations = plain(golden, state, name)
    loss = equations.loss(Siblings.contrasted)
    assert_close(loss, golden.arrays[f"{state}/{name}/out64/loss"], 1e-9)
    loss.backward()
    for theirs, gradient in golden.below(f"{state}/{name}/grad64/").items():
        assert_close(equations.alignment.get_parameter(PARAMETERS[theirs]).grad, gradient, 1e-9)


def plain(golden: GoldenMAF, state: str, name: str) -> PlainMAF:
    split = golden.split(name)
    sentences = Drawn(split, np.arange(len(split.sentence_images)))
    return PlainMAF(sentences, golden.model(state, torch.float64).alignment, golden.padding)


def test_boxes_of_one_label_tie_and_the_largest_answers(golden: GoldenMAF) -> None:
    computed = Computed(golden, golden.model("ties", torch.float32), "ties")
    authors = golden.below("ties/out32/")
    for array in ("k", "p"):
        assert_close(getattr(computed, array), authors[array], TOLERANCE[32])
    check_scores(computed, authors, TOLERANCE[32])
    assert_close(computed.model.similarity(computed.batch), authors["logits"], TOLERANCE[32])
    check_answers(computed, authors)


def test_ten_steps_of_the_training_loop(golden: GoldenMAF, bits: int, state: str) -> None:
    authors, tolerance = golden.below(f"{state}/traj{bits}/"), TOLERANCE_OF_TRAINING[bits]
    model, split = golden.model(state, DTYPES[bits]), golden.split(*TRAINED_ON)
    settings, batches = TrainingSettings(learning_rate=golden.config["adam_lr"]), len(TRAINED_ON)
    learner = Learner(model, split, np.arange(len(split.sentence_images)), settings, batches)
    sentences = np.arange(len(split.sentence_images)).reshape(batches, -1)
    check_accuracies(golden, model, authors, 0)
    for step in range(golden.config["steps"]):
        (loss,) = learner.steps([sentences[step % batches]])
        assert_close(loss, authors["loss"][step], tolerance)
        for theirs, mine in PARAMETERS.items():
            if bits == 64 or theirs != NO_GRADIENT:
                assert_close(model.alignment.get_parameter(mine), authors[theirs][step + 1], tolerance)
    check_accuracies(golden, model, authors, 1)
    computed = Computed(golden, model, "batch0")
    np.testing.assert_array_equal(computed.answers, computed.of_phrases(authors["predicted_boxes_after"]))


def check_accuracies(golden: GoldenMAF, model: MAF, authors: dict[str, np.ndarray], when: int) -> None:
    """Of answers, and of the image that fits a sentence best."""
    computed = [Computed(golden, model, name) for name in TRAINED_ON]
    correct = np.concatenate([each.correct for each in computed])
    assert correct.mean() == pytest.approx(authors["accuracy_before_after"][when], abs=1e-9)
    found = [each.model.similarity(each.batch).argmax(dim=1) for each in computed]
    paired = [(best == torch.arange(len(best))).double().mean() for best in found]
    assert np.mean(paired) == pytest.approx(authors["pairing_accuracy_before_after"][when], abs=1e-9)
