"""A run folder as `bench run` would leave it, with outcomes drawn from a model of a study instead of trained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.protocol.load import load, resolved_yaml
from bench.protocol.schema import Protocol
from bench.store.inputs import fingerprint, trial_inputs
from bench.store.ledger import Ledger
from bench.store.manifest import Manifest, SplitProvenance
from bench.store.preregistration import preregister
from bench.store.provenance import Provenance
from bench.store.records import UNTRAINED, TrialKey, TrialRecord
from bench.subsets.draw import SubsetIndex, SubsetRecord
from bench.trials.status import keys_of
from sprm.corpus.corpus import LeftOut, Warnings
from sprm.corpus.coverage import Coverage, KindCoverage, Known, UnknownWord
from sprm.evaluation.metric import ACCURACY, TIED, under
from sprm.seeding import generator
from sprm.settings import Device, Ties

PROTOCOL = """\
name: simulated
corpus: {corpus}
fractions: {fractions}
{sizes}{metrics}seeds: {seeds}
systems:
  random: {{kind: random}}
  prior: {{kind: prior}}
  sprm: {{kind: sprm}}
  refinement: {{kind: refinement}}
{rivals}  oracle: {{kind: oracle}}
claims: {claims}
{plan}"""
TYPES = {"people": 0.5, "clothing": 0.25, "animals": 0.15, "vehicles": 0.1}
"""Few, as each has curves of its own in an analysis and a panel of its own in a report."""
TRAIN_IMAGES = 1000
CORPUS, SUBSET = "c0ffee" * 10, "5" * 64
LEVELS = {"random": 0.18, "prior": 0.52, "oracle": 0.87}
KNOWN = Known(texts=500, blind=12, words=1500, known=1470, distinct_words=300, distinct_known=280)
KIND = KindCoverage(
    splits={"train": KNOWN, "val": KNOWN, "test": KNOWN}, total=KNOWN, unknown=[UnknownWord(word="frisbee", count=30)]
)
COVERAGE = Coverage(phrases=KIND, heads=KIND, labels=KIND)
PROVENANCE = Provenance(
    package="0.1.0",
    revision="0123456789abcdef0123456789abcdef01234567",
    python="3.11.9",
    libraries={"numpy": "2.4.6", "torch": "2.14.1"},
    platform="Linux-6.1-x86_64",
    processor="a processor",
    processors=2,
)


def share_of(label: str) -> float:
    """Return the share of the training images that a trial was trained on, by its label."""
    images = label.removesuffix("-images")
    return float(label) if images == label else int(images) / TRAIN_IMAGES


@dataclass(frozen=True)
class SimulatedRun:
    """What to simulate; the defaults are the size of the default protocol."""

    fractions: tuple[float, ...] = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)
    sizes: tuple[int, ...] = ()
    """Of nested corpora; none for a run on one."""
    seeds: int = 5
    initialisations: int | None = None
    """Of crossed seeds, whose subsets are as many as `seeds`; none where they are not crossed."""
    images: int = 300
    margin: float = 0.02
    corpus: str = "{kind: scenes}"
    warnings: tuple[Warnings, ...] = ()
    gain: float = 0.075
    """What training on everything adds to the prior's accuracy."""
    epochs: int = 1
    """Of each training; the first was kept."""
    tied: float = 0.0
    """Share of the phrases for which the prior's best box ties with three that are wrong."""
    looks: tuple[int, ...] = ()
    """Of a group-sequential plan; none without."""
    metrics: tuple[str, ...] = ()
    """Of the protocol, those of every protocol when left out; items then also have recall at 5 boxes."""
    confident: bool = False
    """Whether trained systems and the prior record the confidence of their answers."""
    rivals: tuple[str, ...] = ()
    """Kinds of further trained systems, which are named after them."""
    claims: tuple[str, ...] = ("name: small-fraction, kind: competitive, system: sprm, margin: {margin}",)
    """Of the protocol, each as the inside of a YAML mapping."""

    def write(self, folder: Path, *, without: tuple[TrialKey, ...] = (), failed: tuple[TrialKey, ...] = ()) -> Path:
        """Write the run folder, but for some trials, and return it."""
        folder.mkdir(parents=True)
        protocol = self._write_protocol(folder)
        (folder / "manifest.json").write_bytes(self._manifest(protocol.name).to_json())
        stated_at, metric = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), protocol.metrics[0]
        preregister(folder, protocol.claims, stated_at, plan=protocol.sequential, metric=metric)
        (folder / "subsets").mkdir()
        (folder / "subsets" / "index.json").write_bytes(self._subsets(protocol).to_json())
        ledger, phrases = Ledger(folder), self.phrases()
        for key in keys_of(protocol):
            if key in failed:
                self.fail(folder, key, "the loss is not finite in epoch 3")
            elif key not in without:
                items = self._items(phrases, key)
                ledger.write(self._record(protocol, key, items), items)
        return folder

    def beyond(self, seeds: int) -> tuple[TrialKey, ...]:
        """Return the trials of all seeds but the first so many."""
        return tuple(
            TrialKey(system, f"{fraction:g}", seed)
            for system in ("sprm", "refinement")
            for fraction in self.fractions
            for seed in range(seeds, self.seeds)
        )

    def fail(self, folder: Path, key: TrialKey, problem: str) -> None:
        """Let a trial of a run folder have failed."""
        made_from = fingerprint(_inputs(load(folder / "protocol.yaml").protocol, key))
        Ledger(folder).write_failure(key, made_from, problem, "Traceback ...")

    def phrases(self) -> pd.DataFrame:
        """Return the test phrases: where they stand, what they are, and how hard (0 easy, 1 hopeless)."""
        rng = generator("phrases")
        counts = rng.integers(4, 24, self.images)
        image = np.repeat(np.arange(self.images), counts)
        names, shares = list(TYPES), np.array(list(TYPES.values()))
        category = rng.choice(np.array(names, dtype=object), p=shares / shares.sum(), size=len(image))
        category[rng.random(len(image)) < 0.01] = "people/clothing"
        hardness = rng.normal(0, 0.12, self.images)[image] + rng.uniform(0, 1, len(image))
        return pd.DataFrame(
            {
                "image_id": (1000 + image).astype(str),
                "sentence_id": [f"{1000 + i}#{j % 5}" for j, i in enumerate(image)],
                "phrase": [f"phrase {j}" for j in range(len(image))],
                "category": category,
                "hardness": hardness.argsort().argsort() / len(image),
            }
        )

    def _write_protocol(self, folder: Path) -> Protocol:
        path = folder / "protocol.yaml"
        claims = ", ".join(f"{{{claim.format(margin=self.margin)}}}" for claim in self.claims)
        sizes = f"sizes: {list(self.sizes)}\n" if self.sizes else ""
        plan = f"sequential: {{looks: {list(self.looks)}}}\n" if self.looks else ""
        crossed = f"{{subsets: {self.seeds}, initialisations: {self.initialisations}}}"
        seeds = self.seeds if self.initialisations is None else crossed
        fields = {"corpus": self.corpus, "fractions": list(self.fractions), "seeds": seeds, "sizes": sizes}
        fields["metrics"] = f"metrics: [{', '.join(self.metrics)}]\n" if self.metrics else ""
        fields["rivals"] = "".join(f"  {kind}: {{kind: {kind}}}\n" for kind in self.rivals)
        path.write_text(PROTOCOL.format(**fields, claims=f"[{claims}]", plan=plan))
        protocol = load(path).protocol
        path.write_text(resolved_yaml(protocol))
        return protocol

    def _manifest(self, name: str) -> Manifest:
        splits = {}
        for split, images in (("train", TRAIN_IMAGES), ("val", 100), ("test", self.images)):
            splits[split] = SplitProvenance(
                source="scenes", fingerprint=split * 8, images=images, sentences=images * 5, phrases=images * 14,
                regions=images * 36, extractor="resnet18 layer2", files={}, heads="rule",
                left_out=tuple(LeftOut(image_id=name, reason="detections") for name in ("77", "78")), differences=(),
            )  # fmt: skip
        return Manifest(
            name=name,
            corpus_fingerprint=CORPUS,
            splits=splits,
            warnings={"train": (), "val": (), "test": self.warnings},
            coverage=COVERAGE,
            provenance=PROVENANCE,
            started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        )

    def _subsets(self, protocol: Protocol) -> SubsetIndex:
        records = []
        for seed in range(self.seeds):
            for fraction in protocol.fraction_labels:
                images = round(share_of(fraction) * TRAIN_IMAGES)
                wobble = generator("shares", seed, fraction).normal(0, 0.2 / images, len(TYPES))
                shares = {
                    name: float(np.clip(2 * share + w, 0, 1))
                    for (name, share), w in zip(TYPES.items(), wobble, strict=True)
                }
                records.append(
                    SubsetRecord(
                        seed=seed, fraction=fraction, images=images, sentences=images * 5,
                        sha256=SUBSET, shares=shares,
                    )
                )  # fmt: skip
        whole = {name: 2 * share for name, share in TYPES.items()}
        return SubsetIndex(strata="entity_type", images=TRAIN_IMAGES, shares=whole, subsets=tuple(records))

    def level(self, key: TrialKey) -> float:
        """Return the expected accuracy of a trial's system."""
        if key.fraction == UNTRAINED:
            return LEVELS[key.system]
        share = share_of(key.fraction)
        learned = 1 - (1 - share) ** 6 if key.system == "sprm" else share**0.35
        start, end = (LEVELS["prior"], LEVELS["prior"] + self.gain) if key.system == "sprm" else (0.12, 0.55)
        return start + (end - start) * learned

    def _items(self, phrases: pd.DataFrame, key: TrialKey) -> pd.DataFrame:
        rng = generator("outcomes", key.system, key.fraction, key.seed)
        level = self.level(key)
        if key.system == "random":
            correct = np.clip(rng.normal(level, 0.05, len(phrases)), 0, 1)
        else:
            # A system shares most of its luck with the others: what is hard for one is hard for all.
            run = 0.0 if key.fraction == UNTRAINED else rng.normal(0, 0.006)
            hardness = phrases["hardness"].to_numpy() + rng.normal(0, 0.15, len(phrases))
            correct = (hardness < level + run).astype(np.float64)
        pointing = np.maximum(correct, rng.random(len(phrases)) < 0.2)
        boxes = {"box": rng.integers(0, 36, len(phrases)), "score": rng.random(len(phrases))}
        answers = phrases.drop(columns="hardness").assign(
            **boxes, correct=correct, pointing=pointing, iou=0.6 * correct
        )
        if self.metrics:
            answers["recall_5"] = np.maximum(correct, rng.random(len(phrases)) < 0.3)
        if self.confident and key.system not in ("random", "oracle"):
            answers["confidence"] = np.clip(rng.normal(0.2 + 0.4 * correct, 0.15), 0.01, 1)
        return answers.assign(**self._ties(correct)) if key.system == "prior" else answers

    def _ties(self, correct: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the columns of ties of the prior, whose first box is the best, and whose largest is wrong."""
        tied = generator("ties").random(len(correct)) < self.tied
        shared = np.where(tied, correct / 4, correct)
        rules = {Ties.first: correct, Ties.largest: np.where(tied, 0.0, correct), Ties.shared: shared}
        return {TIED: np.where(tied, 4.0, 1.0), **{under(ACCURACY, rule): own for rule, own in rules.items()}}

    def _record(self, protocol: Protocol, key: TrialKey, items: pd.DataFrame) -> TrialRecord:
        inputs = _inputs(protocol, key)
        images = 0 if key.fraction == UNTRAINED else round(share_of(key.fraction) * TRAIN_IMAGES)
        steps = 25 * -(-images * 5 // 16)
        history = tuple(
            {"epoch": epoch, "steps": epoch * steps, "loss": -0.2 * epoch, "val_accuracy": 0.5, "val_loss": None}
            for epoch in range(1, self.epochs + 1)
        )
        return TrialRecord(
            system=key.system, kind=protocol.systems[key.system].kind, fraction=key.fraction, seed=key.seed,
            fingerprint=fingerprint(inputs), inputs=inputs,
            images=images, sentences=images * 5, phrases=len(items), accuracy=items["correct"].mean(),
            phrases_sha256="", items_sha256="",
            history=history if images else (),
            selected_epoch=1 if images else None, steps=steps, sentences_seen=16 * steps, device=Device.cpu,
            seconds_steps=0.004 * steps, seconds_selection=0.1, seconds_evaluation=0.5,
            seconds=0.004 * steps + 0.7, peak_memory_mb=420.0, threads=1, provenance=PROVENANCE,
            finished_at=datetime(2026, 1, 2, 3, 5, tzinfo=UTC),
        )  # fmt: skip


def _inputs(protocol: Protocol, key: TrialKey) -> dict[str, Any]:
    subset = None if key.fraction == UNTRAINED else SUBSET
    return trial_inputs(protocol, key.system, key.seed, corpus=CORPUS, subset=subset, package=PROVENANCE.package)
