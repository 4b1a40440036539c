"""KD+CL returns what its authors' implementation returned, array for array.

Two layouts of one batch. Packed: nothing padded is stored, and padded boxes come back as copies. Filled: every padded
phrase and box of the arrays is one of the split, so that the rows of padded items are compared, too. In the arrays a
teacher has a value of its own for each padded box, which a packed batch has no place for, so its variants are filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
import torch
from golden_arrays import GoldenFile, golden_arrays

from sprm.batches.batch import Batch, BatchReader
from sprm.batches.encoding import EncodedSplit, Labels, Texts
from sprm.batches.feature_scale import FeatureScale
from sprm.batches.packing import offsets_of
from sprm.batches.prefix_tree import Prefixes
from sprm.corpus.boxes import ALL_RELATIONS
from sprm.model.distillation import Distillation
from sprm.model.joint_space import JointSpace, Widths
from sprm.model.kdcl import KDCL, Padding
from sprm.model.trainable import Moment
from sprm.settings import Negatives, Teacher, TrainingSettings
from sprm.text.word_vectors import Lexicon
from sprm.training.learner import Learner

TOLERANCE = 1e-5
TEMPERATURES = {"nce": None, "oi": 1.0, "coco": 2.0}
"""Of each variant's teacher: the 545 classes' and the 80 classes'; none for the contrast alone."""
LAYERS = {
    "phrase.fc0": "of_phrases.0",
    "phrase.fc1": "of_phrases.2",
    "region.fc0": "of_regions.0",
    "region.fc1": "of_regions.2",
}
RECURRENCE = "phrase.encoder.rnn"
SIDE = 1024
"""Width and height of every image, so that pixels turn into shares of it without rounding."""


@dataclass(frozen=True)
class Golden(GoldenFile):
    filled: bool
    dtype: torch.dtype

    def part(self, name: str) -> np.ndarray:
        """An array of all batches, (batches B, ...)."""
        return np.concatenate([self.arrays[f"batch{index}/{name}"] for index in range(3)])

    def sizes(self, name: str, most: str) -> np.ndarray:
        """How many of each sentence's slots are used."""
        counts = self.part(name)
        return np.full_like(counts, self.config[most]) if self.filled else counts

    def packed(self, values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        return np.concatenate([row[:size] for row, size in zip(values, sizes, strict=True)])

    @cached_property
    def phrases(self) -> np.ndarray:
        return self.sizes("n_phrases", "Q")

    @cached_property
    def boxes(self) -> np.ndarray:
        return self.sizes("n_boxes", "K")

    @cached_property
    def scale(self) -> FeatureScale:
        """As if a padded box had had the feature 0 before features were standardised."""
        slots = np.arange(self.config["K"]) >= self.part("n_boxes")[:, None]
        padded = self.part("region_feats")[slots]
        assert (padded == padded[:1, :1]).all()
        return FeatureScale(-float(padded[0, 0]) if len(padded) else 0.0, 1.0)

    @cached_property
    def lexicon(self) -> Lexicon:
        """A word of its own for each place in which a known one stands."""
        vectors = self.part("token_feats")[self.known]
        nothing = np.zeros((2, self.config["D"]), dtype=np.float32)
        return Lexicon(tuple(map(str, range(len(vectors) + 2))), np.concatenate([nothing, vectors]))

    @cached_property
    def known(self) -> np.ndarray:
        """Where a known word stands, (batches B, Q, W).

        The authors' reader takes a phrase for padding that has none. Where the arrays have one that counts, its first
        word is as good as known: its vector is zero, and the first state enters the maximum in any case.
        """
        known = self.part("lstm_mask").copy()
        known[self.part("alignment_mask") & ~known.any(axis=2), 0] = True
        return known

    @cached_property
    def split(self) -> EncodedSplit:
        """All batches as one corpus: as many images as sentences, a label a box, a text and a head a phrase."""
        known = self.known
        words = np.where(known, np.cumsum(known).reshape(known.shape) + Lexicon.UNKNOWN, Lexicon.UNKNOWN)
        # An unknown word behind the last known one is what padding is.
        lengths = np.where(known, np.arange(known.shape[2]) + 1, 1).max(axis=2)
        words[np.arange(known.shape[2]) >= lengths[:, :, None]] = Lexicon.PADDING
        texts = Texts(self.packed(words, self.phrases), self.packed(lengths, self.phrases))
        # The authors' pixels have an edge of 0.001 more, so that padded boxes, all zeros, overlap each other.
        corners = (self.part("boxes") + np.array([0.0, 0.0, 0.001, 0.001])) / SIDE
        coordinates = np.concatenate([corners, np.zeros_like(corners[:, :, :1])], axis=2).astype(np.float32)
        phrase_offsets, region_offsets = offsets_of(self.phrases), offsets_of(self.boxes)
        count, each = len(self.phrases), np.arange(len(texts.lengths))
        concepts = np.zeros((phrase_offsets[-1], region_offsets[-1]), dtype=np.float32)
        for row, values in enumerate(self.part("distill_labels")):
            phrases, boxes = slice(*phrase_offsets[row : row + 2]), slice(*region_offsets[row : row + 2])
            concepts[phrases, boxes] = values[: self.phrases[row], : self.boxes[row]]
        nowhere = np.zeros((region_offsets[-1], 1), dtype=np.int64)
        return EncodedSplit(
            features=self.packed(self.part("region_feats") + np.float32(self.scale.mean), self.boxes),
            region_offsets=region_offsets,
            coordinates=self.packed(coordinates, self.boxes),
            region_labels=np.arange(region_offsets[-1]),
            relations=np.full(region_offsets[-1], ALL_RELATIONS),
            labels=Labels(nowhere, nowhere.astype(np.float32)),
            texts=texts,
            heads=texts,
            concepts=concepts,
            prefixes=Prefixes.of(texts.words, texts.lengths),
            phrase_texts=each,
            phrase_heads=each,
            locations=np.full(len(each), ALL_RELATIONS),
            phrase_offsets=phrase_offsets,
            sentence_images=np.arange(count),
            sentence_vectors=np.zeros((count, self.config["D"]), dtype=np.float32),
        )

    def sentences(self, batch: int) -> np.ndarray:
        return batch * self.config["B"] + np.arange(self.config["B"])

    def read(self, negatives: Negatives | None = None) -> Batch:
        """Batch 0."""
        return BatchReader(self.split, torch.device("cpu")).read(self.sentences(0), negatives)

    def ours(self, group: str) -> dict[str, np.ndarray]:
        """Arrays by the authors' parameters as arrays by ours."""
        inputs, state = self.config["D"], self.config["M"]

        def gates(columns: np.ndarray) -> np.ndarray:
            """From input, candidate, forget, output to input, forget, candidate, output, gates first."""
            entering, candidate, forget, output = np.split(columns.T, 4)
            return np.concatenate([entering, forget, candidate, output])

        kernel, bias = (self.arrays[f"{group}/{RECURRENCE}.{name}"] for name in ("kernel", "bias"))
        assert kernel.shape == (inputs + state, 4 * state)
        renamed = {
            "recurrence.weight_ih_l0": gates(kernel[:inputs]),
            "recurrence.weight_hh_l0": gates(kernel[inputs:]),
            "recurrence.bias_ih_l0": gates(bias),
        }
        for theirs, mine in LAYERS.items():
            renamed[f"{mine}.weight"] = self.arrays[f"{group}/{theirs}.kernel"].T
            renamed[f"{mine}.bias"] = self.arrays[f"{group}/{theirs}.bias"]
        return renamed

    def model(self, variant: str) -> KDCL:
        space = self.untrained()
        with torch.no_grad():
            for name, values in self.ours("param").items():
                space.get_parameter(name).copy_(torch.from_numpy(values))
        distillation = None
        if (temperature := TEMPERATURES[variant]) is not None:
            distillation = Distillation(Teacher.soft, temperature=temperature, neighbours=self.config["near"])
        padding = None if self.filled else Padding(self.config["K"])
        return KDCL(space, torch.from_numpy(self.split.concepts), distillation, padding).to(self.dtype)

    def untrained(self) -> JointSpace:
        widths = Widths(state=self.config["M"], hidden=self.config["H"], space=self.config["E"])
        generator = torch.Generator().manual_seed(0)
        space = JointSpace(self.lexicon, self.config["F"], generator, widths)
        space.standardise_by(self.scale)
        return space

    @property
    def start(self) -> Moment:
        return Moment(step=self.config["first_global_step"])


CASES = [
    pytest.param(
        (path, layout == "filled", dtype), variant, id=f"golden-{path.stem}-{variant}-{layout}-{str(dtype)[6:]}"
    )
    for path in golden_arrays("kdcl")
    for variant in TEMPERATURES
    for layout in (("packed", "filled") if variant == "nce" else ("filled",))
    for dtype in (torch.float32, torch.float64)
]
of_each_variant = pytest.mark.parametrize(("golden", "variant"), CASES, indirect=["golden"])
of_the_contrast = pytest.mark.parametrize(
    ("golden", "variant"), [case for case in CASES if case.values[1] == "nce"], indirect=["golden"]
)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(*request.param)


def assert_close(found: torch.Tensor, expected: np.ndarray, name: str = "") -> None:
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=TOLERANCE, rtol=0, err_msg=name)


@of_the_contrast
def test_the_vectors_of_phrases_and_boxes(golden: Golden, variant: str) -> None:
    model, batch, count = golden.model(variant), golden.read(), golden.config["B"]
    vectors, which = model.space.phrases(batch)
    expected = golden.arrays["nce/out32/phrase_embed"].reshape(count, golden.config["Q"], -1)
    assert_close(vectors[which], golden.packed(expected, golden.phrases[:count]))
    expected = golden.arrays["nce/out32/region_embed"].reshape(count, golden.config["K"], -1)
    found = model.space.regions(batch, padding=True)
    assert_close(found[:-1], golden.packed(expected, golden.boxes[:count]))
    for row, boxes in enumerate(golden.arrays["batch0/n_boxes"]):
        for padded in expected[row, boxes:]:
            assert_close(found[-1], padded)


@of_the_contrast
def test_the_similarity_and_the_best_box_of_each_phrase_in_each_image(golden: Golden, variant: str) -> None:
    model, batch = golden.model(variant), golden.read(Negatives.all)
    count, slots = golden.config["B"], golden.config["K"]
    scores = model(batch)
    if not golden.filled:
        vectors, which = model.space.phrases(batch)
        of_padding = vectors @ model.space.regions(batch, padding=True)[-1]
        padding = batch.pairs.by_image.pad(of_padding[which][batch.pairs.questions])
        # Padding follows an image's boxes.
        unused = ~batch.images.mask[:, None, :]
        scores = torch.where(unused, padding[:, :, None], scores)
        scores = torch.cat([scores, padding[:, :, None].expand(-1, -1, slots - scores.shape[2])], dim=2)
    best, selected = (batch.pairs.of_each(each).view(count, count, -1) for each in scores.max(dim=2))
    # (sentence, image, phrase), as the pairs are laid out.
    real = golden.arrays["batch0/alignment_mask"][:, None, : best.shape[2]]
    assert_close((2 * best * torch.from_numpy(real)).sum(dim=2), golden.arrays["nce/out32/logits"])
    expected = golden.arrays["nce/out32/selected_region"].reshape(count, -1, count).transpose(0, 2, 1)
    # An image's padded boxes are equal but for rounding, which tells which of them is selected.
    first_padded = golden.arrays["batch0/n_boxes"][:, None]
    found, expected = (np.minimum(each, first_padded) for each in (selected.numpy(), expected[:, :, : best.shape[2]]))
    np.testing.assert_array_equal(np.where(real, found, 0), np.where(real, expected, 0))


@of_each_variant
def test_the_loss_and_its_terms(golden: Golden, variant: str) -> None:
    model, batch = golden.model(variant), golden.read()
    contrast, distilled = model.terms(batch)
    assert_close(contrast, golden.arrays["nce/out32/loss"])
    assert_close(torch.zeros(()) if distilled is None else distilled, golden.arrays[f"{variant}/out32/distill_loss"])
    assert_close(model.loss(batch, golden.start), golden.arrays[f"{variant}/out32/loss"])


@of_each_variant
def test_the_gradient_of_every_parameter(golden: Golden, variant: str) -> None:
    model = golden.model(variant)
    model.loss(golden.read(), golden.start).backward()
    found = {name: weight.grad for name, weight in model.trained.named_parameters() if weight.requires_grad}
    expected = golden.ours(f"{variant}/grad32")
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        assert_close(found[name], gradient, name)


@of_each_variant
def test_ten_steps_of_the_training_loop(golden: Golden, variant: str) -> None:
    model, steps = golden.model(variant), golden.config["steps"]
    settings = TrainingSettings(learning_rate=golden.config["lr"])
    learner = Learner(model, golden.split, np.arange(len(golden.phrases)), settings, steps)
    learner.go_on(learner.tensors, golden.config["first_global_step"], 0)
    reader, losses, distilled = BatchReader(golden.split, torch.device("cpu")), [], []
    for step in range(steps):
        sentences = golden.sentences(step % 3)
        with torch.no_grad():
            distilled.append(model.terms(reader.read(sentences))[1] or torch.zeros(()))
        losses += learner.steps([sentences])
    assert_close(torch.stack(losses), golden.arrays[f"{variant}/traj32/loss"])
    assert_close(torch.stack(distilled), golden.arrays[f"{variant}/traj32/distill_loss"])
    for name, weight in golden.ours(f"{variant}/after32").items():
        assert_close(model.trained.get_parameter(name), weight, name)


@pytest.mark.parametrize("path", golden_arrays("kdcl"), ids=lambda path: f"golden-{path.stem}")
def test_the_first_weights_are_spread_as_the_authors_are(path: Path) -> None:
    golden = Golden(path, filled=False, dtype=torch.float32)
    weights = golden.untrained().state_dict()
    kernels = {f"{theirs}.kernel": weights[f"{mine}.weight"] for theirs, mine in LAYERS.items()}
    recurrence = [weights[f"recurrence.weight_{part}_l0"] for part in ("ih", "hh")]
    kernels[f"{RECURRENCE}.kernel"] = torch.cat(recurrence, dim=1)
    for name, kernel in kernels.items():
        least, most, deviation = golden.arrays[f"start/{name}"]
        bound = (6 / sum(kernel.shape)) ** 0.5
        # Their bound is rounded to single precision.
        assert max(-least, most) <= bound * (1 + 1e-6)
        assert kernel.abs().max() <= bound * (1 + 1e-6)
        # Four standard errors of the difference between the deviations of two draws.
        assert abs(kernel.std().item() - deviation) < 4 * (0.2 / kernel.numel() * 2) ** 0.5 * bound / 3**0.5, name
    assert not any(golden.arrays[f"start/{theirs}.bias"].any() for theirs in (*LAYERS, RECURRENCE))
    assert not any(weights[name].any() for name in weights if name.endswith("bias") or name.endswith("bias_ih_l0"))
