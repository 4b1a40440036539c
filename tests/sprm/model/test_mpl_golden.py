"""MPL returns what its authors' code returned, array for array."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
import torch
from golden_arrays import golden_arrays
from golden_mpl import BATCHES, GoldenMPL, our_name
from torch import Tensor

from sprm.batches.batch import Batch, BatchReader
from sprm.corpus.boxes import iou_matrix
from sprm.model.box_slots import BoxSlots
from sprm.model.dropout import Dropout
from sprm.model.momentum_encoders import SCALE, Encoders
from sprm.model.mpl import LATE, MPL, SIMILAR, SLOWER
from sprm.model.region_transformer import HEAD_SIZE, HEADS, WIDTH
from sprm.model.trainable import Moment
from sprm.settings import Rules, TrainingSettings
from sprm.training.learner import Learner

KEPT_AFTER = (1, 5, 10)
"""Steps after which the arrays have the parameters."""


@dataclass(frozen=True)
class Case:
    golden: GoldenMPL
    start: str
    bits: int

    @property
    def dtype(self) -> torch.dtype:
        return torch.float64 if self.bits == 64 else torch.float32

    @cached_property
    def reader(self) -> BatchReader:
        return BatchReader(self.golden.split, torch.device("cpu"))

    @property
    def moment(self) -> Moment:
        return Moment(epoch=self.golden.config["epoch"], epochs=self.golden.config["epochs"])

    def model(self) -> MPL:
        return self.golden.model(self.start, self.dtype)

    def batch(self, index: int = 0) -> Batch:
        return self.reader.read(self.golden.sentences(index))

    def out(self, name: str) -> np.ndarray:
        return self.golden.arrays[f"{self.start}/out{self.bits}/{name}"]

    def assert_close(self, found: Tensor | np.ndarray, expected: np.ndarray, atol: float, name: str = "") -> None:
        found = np.asarray(found.detach().to_dense() if isinstance(found, Tensor) else found)
        # Some arrays of the computation in double precision were stored in single.
        rounding = np.spacing(np.abs(expected)) / 2 if self.bits == 64 and expected.dtype == np.float32 else 0.0
        assert found.shape == expected.shape, name
        assert (np.abs(found - expected) <= atol + rounding).all(), name


@pytest.fixture(params=golden_arrays("mpl"), ids=lambda path: f"golden-{path.stem}")
def golden(request: pytest.FixtureRequest) -> GoldenMPL:
    return GoldenMPL(request.param)


@pytest.fixture(params=["init", "rand"])
def start(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[64, 32], ids=["float64", "float32"])
def case(request: pytest.FixtureRequest, golden: GoldenMPL, start: str) -> Case:
    return Case(golden, start, request.param)


def test_the_golden_arrays_are_of_the_numbers_that_nobody_sets(golden: GoldenMPL) -> None:
    fixed = {"scale": SCALE, "threshold": SIMILAR, "heads": HEADS, "dim_head": HEAD_SIZE, "mlp_dim": WIDTH}
    assert fixed == {name: golden.config.get(name, value) for name, value in fixed.items()}


def encoded(encoders: Encoders, model: MPL, batch: Batch) -> tuple[Tensor, Tensor]:
    assert model.padding is not None
    slots = BoxSlots.of(batch.images, model.padding.boxes)
    with torch.no_grad():
        phrases, boxes = encoders(batch, model.captions(batch), slots, Dropout())
    return phrases, boxes


def box_places(golden: GoldenMPL) -> np.ndarray:
    """Which of our boxes stands in each slot of theirs, (B, K)."""
    counts = golden.part(0, "n_boxes")[:, None]
    slot = np.arange(golden.config["K"])
    return np.where(
        slot < counts, np.cumsum(counts)[:, None] - counts + slot, counts.sum() + np.arange(len(counts))[:, None]
    )


def of_pairs(golden: GoldenMPL, scores: Tensor) -> np.ndarray:
    """From (P, N) to (real phrases, B image, K)."""
    return scores.detach().numpy()[:, box_places(golden)]


def of_real_phrases(golden: GoldenMPL, array: np.ndarray) -> np.ndarray:
    """From (B sentence, B image, Q, K) to (real phrases, B image, K)."""
    return array.transpose(0, 2, 1, 3)[golden.real_phrases(0)]


def test_the_vectors_scores_and_targets_of_the_first_golden_step(case: Case) -> None:
    golden, model, batch = case.golden, case.model(), case.batch()
    tolerance = 1e-9 if case.bits == 64 else 1e-5
    loss = model.loss(batch, case.moment)
    real = golden.real_phrases(0)
    for suffix, encoders in (("", model.encoders), ("_momentum", model.encoders.momentum)):
        phrases, boxes = encoded(encoders, model, batch)
        case.assert_close(phrases, case.out(f"p{suffix}")[real], tolerance, f"p{suffix}")
        case.assert_close(boxes[box_places(golden)], case.out(f"k{suffix}"), tolerance, f"k{suffix}")
        scores = phrases @ boxes.T
        if not suffix:
            found = of_pairs(golden, scores)
            case.assert_close(found, of_real_phrases(golden, case.out("scores")), tolerance, "scores")
    regions = len(batch.regions)
    targets = model.targets(batch, scores[:, :regions], case.moment)
    found = of_pairs(golden, torch.nn.functional.pad(targets, (0, golden.config["B"])))
    case.assert_close(found, of_real_phrases(golden, case.out("pseudo_target")), tolerance, "pseudo_target")
    case.assert_close(loss, case.out("loss"), tolerance, "loss")


def test_the_gradients_of_the_first_golden_step(case: Case) -> None:
    model = case.model()
    model.loss(case.batch(), case.moment).backward()
    tolerance = 1e-9 if case.bits == 64 else 1e-5
    expected = case.golden.named(f"{case.start}/grad{case.bits}")
    assert expected
    for name, gradient in expected.items():
        found = model.encoders.get_parameter(name).grad
        assert found is not None, name
        case.assert_close(found, gradient, tolerance, name)
    assert all(parameter.grad is None for parameter in model.encoders.momentum.parameters())


def test_ten_golden_steps_of_the_training_loop(case: Case) -> None:
    golden, model, config = case.golden, case.model(), case.golden.config
    # The steps of the arrays are all of one size, whatever their epoch.
    smaller = SLOWER if case.moment.elapsed > LATE else 1.0
    settings = TrainingSettings(epochs=config["epochs"], learning_rate=config["lr"] / smaller)
    images = np.arange(len(golden.split.sentence_images))
    learner = Learner(model, golden.split, images, settings, length=config["steps"])
    learner.go_on(learner.tensors, steps=config["epoch"] * config["steps"], sentences=0)
    batches = [golden.sentences(step % BATCHES) for step in range(config["steps"])]
    group, tolerance = f"{case.start}/traj{case.bits}/", 1e-8 if case.bits == 64 else 1e-4
    course = {k.removeprefix(group): v for k, v in golden.arrays.items() if k.startswith(group)}
    losses: list[Tensor] = []
    expected = course.pop("loss")
    for place, step in enumerate(KEPT_AFTER):
        losses += learner.steps(batches[len(losses) : step])
        for theirs, values in course.items():
            case.assert_close(model.encoders.get_parameter(our_name(theirs)), values[place], tolerance, theirs)
    case.assert_close(torch.stack(losses).double(), expected, tolerance, "losses")
    for name, values in golden.named(f"{case.start}/after{case.bits}").items():
        case.assert_close(model.encoders.get_parameter(name), values, tolerance, name)
    assert_predicted(case, model, "predicted_region_after", accuracy=1)


def test_the_golden_predictions_before_training(case: Case) -> None:
    assert_predicted(case, case.model(), "predicted_region", accuracy=0)


def assert_predicted(case: Case, model: MPL, name: str, accuracy: int) -> None:
    golden, correct = case.golden, []
    for index in range(BATCHES):
        batch, real = case.batch(index), golden.real_phrases(index)
        with torch.no_grad():
            scores = model(batch).masked_fill(~batch.images.mask[:, None, :], -torch.inf)
        found = batch.pairs.by_image.pack(scores.argmax(dim=2)).numpy()
        if index == 0:
            np.testing.assert_array_equal(found, case.out(name)[real])
        boxes = golden.part(index, "boxes")[np.nonzero(real)[0], found]
        iou = np.diagonal(iou_matrix(boxes, golden.part(index, "union_boxes")[real], Rules.official))
        correct.append(iou >= 0.5)
    # Theirs is a mean in single precision.
    assert 100 * np.concatenate(correct).mean() == pytest.approx(case.out("accuracy_before_after")[accuracy], rel=1e-6)
