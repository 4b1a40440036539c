"""What each part of the fast path saves: the same part, written plainly and as it is trained with; run by hand.

`python tests/manual/step_savings.py` prints the table of docs/performance.md. It takes some minutes and 7 GB of memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.table import Table
from torch import Tensor, nn

from bench.cli.speed_table import duration, table
from bench.cli.terminal import console, stderr
from bench.speed.measurement import FULL, seconds_of
from bench.speed.processes import alone
from bench.speed.subjects import OMEGA, STRATEGY, Work, draws, refinement_of
from bench.speed.timing import interleaved
from bench.speed.workload import Workload, write
from sprm.batches.batch import Batch, BatchReader
from sprm.batches.packing import ranges
from sprm.batches.region_features import MappedRegions
from sprm.files.mapped import shared_tensor
from sprm.model import reference
from sprm.model.refinement import Refinement, unit
from sprm.model.sprm import SPRM
from sprm.settings import Negatives
from sprm.training.lazy_adam import IDLE, DenseGradient
from sprm.training.learner import STRETCH

GLOVE = 400_000
"""Words of GloVe 6B."""
ROUNDS = 11
DENORMAL = 1e-42
"""A momentum that has been idle for some 900 steps."""
REST = "the rest, not measured separately: softmax, best box and loss over every slot of every pair"


@dataclass(frozen=True)
class Saving:
    """One part of a step, written in two ways.

    Attributes:
        part: what the part is, and what becomes of it.
        before_seconds: written plainly.
        after_seconds: as it is trained with.
        share: of what a step saves against the reference; None for a saving that the comparison with it does not show.
    """

    part: str
    before_seconds: float
    after_seconds: float
    share: float | None


@dataclass(frozen=True)
class _Part:
    name: str
    before: Work
    after: Work
    in_reference: bool
    """Whether the reference's step has the part in its plain form."""


def main() -> None:
    """Measure a step of the reference and of the fast path, then every part in both ways, and print a table."""
    with tempfile.TemporaryDirectory(prefix="sprm-bench-savings-") as folder:
        workload = write(Path(folder) / "workload", FULL)
        stderr.print("a training step of the reference and of the fast path")
        seconds = alone(seconds_of, workload)
        stderr.print("what each saving is worth")
        found = alone(savings, workload, seconds["reference"] - seconds["fast"])
    out = console()
    out.print("Time of the parts of a step: plain implementation and fast path", soft_wrap=True)
    out.print(shown(found))


def savings(workload: Workload, saved: float) -> list[Saving]:
    """Time every part in both ways, forward and, where it has a gradient, backward.

    Args:
        workload: the sizes.
        saved: seconds of a step of the reference less those of a fast one.
    """
    setting = _Setting(workload)
    found = []
    # What the plain forms need would not fit into memory together, so a part is made when its turn comes.
    for make in (
        _cosines,
        _prior,
        _visual,
        _textual,
        _pairs,
        _own_image,
        _word_gradient,
        _features,
        _vocabulary,
        _awake,
        _momentum,
    ):
        part = make(setting)
        seconds = interleaved({"before": part.before, "after": part.after}, rounds=ROUNDS, slow={"before"})
        share = (seconds["before"] - seconds["after"]) / saved if part.in_reference else None
        found.append(
            Saving(part=part.name, before_seconds=seconds["before"], after_seconds=seconds["after"], share=share)
        )
    return found


def shown(found: Sequence[Saving]) -> Table:
    """Lay out savings as a table; those that the reference shows come first, then what they leave of its time."""
    laid_out = table("part", "plain", "fast", "saves", "share")

    def add(saving: Saving) -> None:
        times = (saving.before_seconds, saving.after_seconds, saving.before_seconds - saving.after_seconds)
        share = "" if saving.share is None else f"{100 * saving.share:.1f} %"
        laid_out.add_row(saving.part, *(duration(seconds) for seconds in times), share)

    compared = [saving for saving in found if saving.share is not None]
    for saving in compared:
        add(saving)
    rest = 1 - sum(saving.share or 0.0 for saving in compared)
    laid_out.add_row(REST, "", "", "", f"{100 * rest:.1f} %")
    for saving in found:
        if saving.share is None:
            add(saving)
    return laid_out


class _Setting:
    """One batch in both layouts."""

    def __init__(self, workload: Workload) -> None:
        self.sizes, self.split = workload.sizes, workload.split()
        self.sentences = draws(self.split, self.sizes.batch)()
        self.refinement = refinement_of(workload)
        self.frozen = torch.from_numpy(workload.lexicon().vectors)
        self.model = SPRM(shared_tensor(self.split.concepts), self.refinement, OMEGA)
        self.reader = BatchReader(self.split, torch.device("cpu"))
        self.batch = self.reader.read(self.sentences, STRATEGY)
        self.padded = reference.pad(self.split, self.sentences, self.sizes.phrase_slots, self.sizes.box_slots)
        self.words = self.refinement.words(self.batch.words).detach().requires_grad_()

    def awake(self) -> int:
        """Count the words that are awake in a stretch of steps that follows on many others."""
        draw = draws(self.split, self.sizes.batch)
        return len(self.reader.words(np.concatenate([draw() for _ in range(IDLE + STRETCH)])))

    def vectors(self, *shape: int) -> Tensor:
        return torch.randn(*shape, self.sizes.dimension).requires_grad_()


def _differentiated(compute: Callable[[], Tensor], *leaves: Tensor) -> Work:
    """Compute forwards and backwards, from gradients that are not there yet."""

    def work() -> None:
        for leaf in leaves:
            leaf.grad = None
        compute().sum().backward()  # type: ignore[no-untyped-call]

    return work


def _cosines(setting: _Setting) -> _Part:
    count, batch = setting.sizes.batch, setting.batch
    slots = setting.vectors(count, setting.sizes.phrase_slots), setting.vectors(count, setting.sizes.box_slots)
    packed = setting.vectors(len(batch.phrase_heads)), setting.vectors(len(batch.region_labels))

    def products() -> Tensor:
        asked = batch.pairs.by_image.pad(unit(packed[0]).index_select(0, batch.pairs.questions))
        return asked @ batch.images.pad(unit(packed[1])).transpose(1, 2)

    return _Part(
        "cosines: every slot of every pair, element by element → products of unit vectors, two images a sentence",
        _differentiated(lambda: reference.cosines(*slots), *slots),
        _differentiated(products, *packed),
        in_reference=True,
    )


def _prior(setting: _Setting) -> _Part:
    alone = SPRM(setting.model.concepts, None, 0.0)

    def plain() -> None:
        reference.prior_alignment(setting.padded, setting.frozen)

    def looked_up() -> None:
        alone(setting.batch)

    name = "prior: cosines of word vectors for every pair → looked up in a table made once for the corpus"
    return _Part(name, plain, looked_up, in_reference=True)


def _visual(setting: _Setting) -> _Part:
    return _encoder(setting, "visual map: every slot → the boxes that are there", reference.visual, Refinement.regions)


def _textual(setting: _Setting) -> _Part:
    name = "LSTM: every slot → the distinct beginnings of the phrases"
    return _encoder(setting, name, reference.textual, Refinement.phrases)


def _encoder(
    setting: _Setting,
    name: str,
    plain: Callable[[reference.PaddedBatch, Refinement], Tensor],
    fast: Callable[[Refinement, Batch, Tensor], Tensor],
) -> _Part:
    refinement, weights = setting.refinement, tuple(setting.refinement.parameters())
    return _Part(
        name,
        _differentiated(lambda: plain(setting.padded, refinement), *weights),
        _differentiated(lambda: fast(refinement, setting.batch, setting.words), *weights, setting.words),
        in_reference=True,
    )


def _pairs(setting: _Setting) -> _Part:
    weights = tuple(setting.refinement.parameters())
    everything = BatchReader(setting.split, torch.device("cpu")).read(setting.sentences, Negatives.all)
    return _Part(
        "fast layout: every image of the batch scored → own image and negative",
        _differentiated(lambda: setting.model.similarity(everything), *weights),
        _differentiated(lambda: setting.model.similarity(setting.batch), *weights),
        in_reference=False,
    )


def _own_image(setting: _Setting) -> _Part:
    read = BatchReader(setting.split, torch.device("cpu")).read
    everything, own = read(setting.sentences, Negatives.all), setting.reader.read(setting.sentences)

    def score(batch: Batch) -> Work:
        def work() -> None:
            with torch.inference_mode():
                setting.model(batch)

        return work

    name = "evaluation: every image of the batch scored → own image"
    return _Part(name, score(everything), score(own), in_reference=False)


def _word_gradient(setting: _Setting) -> _Part:
    table = nn.Embedding(len(setting.frozen), setting.sizes.dimension, sparse=True)
    rows, make_dense = setting.batch.words, DenseGradient(table.weight)
    dense = _differentiated(lambda: nn.functional.embedding(rows, table.weight), table.weight)
    sparse = _differentiated(lambda: table(rows), table.weight)

    def written() -> None:
        sparse()
        make_dense()

    name = "gradient of the word table: a new array of all words a step → one array, the batch's rows written"
    return _Part(name, dense, written, in_reference=False)


def _features(setting: _Setting) -> _Part:
    split, images = setting.split, np.unique(setting.split.sentence_images[setting.sentences])
    rows, regions = ranges(split.region_offsets, images), MappedRegions(split, torch.device("cpu"))

    def copied() -> None:
        torch.cat([torch.from_numpy(split.features[rows]).float(), torch.from_numpy(split.coordinates[rows])], dim=1)

    def read() -> None:
        regions.read(images)

    return _Part("features: copied, converted, joined → one pass", copied, read, in_reference=False)


def _vocabulary(setting: _Setting) -> _Part:
    name = f"Adam on the word table: {GLOVE:,} words of GloVe → the corpus vocabulary"
    return _Part(name, _adam(setting, GLOVE), _adam(setting, setting.sizes.vocabulary), in_reference=False)


def _awake(setting: _Setting) -> _Part:
    name = "Adam on the word table: the corpus vocabulary → the words that are awake"
    return _Part(name, _adam(setting, setting.sizes.vocabulary), _adam(setting, setting.awake()), in_reference=False)


def _momentum(setting: _Setting) -> _Part:
    name = "the same when words have been unseen so long that their momentum is in denormal numbers"
    idle = _adam(setting, setting.sizes.vocabulary, momentum=DENORMAL)
    return _Part(name, idle, _adam(setting, setting.awake()), in_reference=False)


def _adam(setting: _Setting, words: int, momentum: float = 0.0) -> Work:
    table = torch.zeros(words, setting.sizes.dimension, requires_grad=True)
    optimiser = torch.optim.Adam([table], lr=1e-5, fused=True)
    table.grad = torch.zeros_like(table)
    optimiser.step()
    optimiser.state[table]["exp_avg"].fill_(momentum)

    def step() -> None:
        optimiser.step()

    return step


if __name__ == "__main__":
    main()
