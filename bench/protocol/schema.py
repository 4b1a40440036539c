"""The protocol: the YAML that says what is trained on how much data, and what is claimed of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from bench.protocol.claim import CLAIMS, Claim, mistakes, one_of
from bench.protocol.seeds import CrossedSeeds, SeedDesign, seed_design
from bench.protocol.sequential import SequentialPlan
from bench.protocol.stratifier import STRATA
from bench.protocol.strict_model import FolderName
from bench.systems.registry import SYSTEMS
from bench.systems.system import Role, System
from bench.systems.trained import TrainedSystem, is_trained
from sprm.corpus.settings import Source
from sprm.corpus.sources.registry import SOURCES
from sprm.corpus.sources.scenes.source import ScenesSource
from sprm.devices import settled
from sprm.evaluation.metric import DEFAULT_METRICS, METRICS, Metric
from sprm.registry import AnyOf, NameOf
from sprm.settings import Device, Rules, Selection, Settings, Ties, TrainingSettings


def _seeding(given: Any) -> str:
    return "crossed" if isinstance(given, dict | CrossedSeeds) else "number"


class Protocol(Settings):
    """A benchmark: every trained system on every fraction with every seed, every untrained system once."""

    # Kinds may register until a protocol is read.
    model_config = ConfigDict(defer_build=True)

    name: FolderName
    corpus: Annotated[Source, AnyOf(SOURCES)] = ScenesSource()
    rules: Rules = Rules.corrected
    """Which reading of the method is computed."""
    ties: Ties = Ties.first
    """Which box answers where several share the highest score; a system may have a rule of its own."""
    device: Device = Field(Device.auto, validate_default=True)
    """What trained systems compute on; `auto` is settled for this machine when a protocol is read."""
    metrics: tuple[Annotated[str, NameOf(METRICS)], ...] = Field(DEFAULT_METRICS, min_length=1)
    """What answers are judged by. Tables show all of these; claims, curves and tests are about the first. They change
    no trial."""
    fractions: tuple[Annotated[float, Field(gt=0, le=1)], ...] | None = Field(None, min_length=1)
    """Shares of the training images, in any order."""
    shots: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(None, min_length=1, validate_default=True)
    """Counts of training images, in any order; instead of fractions."""
    sizes: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(None, min_length=2)
    """Training images of nested corpora, in any order, of each of which the fractions are taken; claims are about the
    largest."""
    seeds: Annotated[
        Annotated[int, Field(ge=1, le=10_000), Tag("number")] | Annotated[CrossedSeeds, Tag("crossed")],
        Discriminator(_seeding),
    ] = 5
    """Repetitions; each draws its own subsets, initial weights and batch order. Or numbers of subsets and of
    initialisations (initial weights and batch order), of which every one is combined with every other."""
    sequential: SequentialPlan | None = None
    """At which numbers of seeds `run --until decided` tests the claims, and may stop; it changes no trial."""
    strata: Annotated[str, NameOf(STRATA)] = "entity_type"
    """What a subset keeps in proportion: the images' sets of entity types, nothing, or what a plug-in names."""
    systems: dict[FolderName, Annotated[System, AnyOf(SYSTEMS)]] = Field(min_length=1)
    training: TrainingSettings = Field(TrainingSettings(), validate_default=True)
    claims: tuple[Annotated[Claim, AnyOf(CLAIMS)], ...] = ()

    @field_validator("device")
    @classmethod
    def _settled(cls, device: Device) -> Device:
        return settled(device)

    @field_validator("metrics")
    @classmethod
    def _ordered_metrics(cls, metrics: tuple[str, ...]) -> tuple[str, ...]:
        if errors := _mistakes_of(metrics):
            raise ValidationError.from_exception_data("metrics", errors)
        return metrics

    @field_validator("fractions", "shots", "sizes")
    @classmethod
    def _ascending(cls, fractions: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if fractions is None:
            return None
        for label, times in Counter(_label(fraction) for fraction in fractions).most_common(1):
            if times > 1:
                message = "each value may be given once, found {fraction} more than once"
                raise PydanticCustomError("repeated", message, {"fraction": label})
        return tuple(sorted(fractions))

    @field_validator("shots")
    @classmethod
    def _fractions_or_shots(cls, shots: tuple[int, ...] | None, info: ValidationInfo) -> tuple[int, ...] | None:
        if "fractions" in info.data and (shots is None) == (info.data["fractions"] is None):
            given = "neither" if shots is None else "both"
            raise PydanticCustomError("fractions", "give either fractions or shots, found {found}", {"found": given})
        return shots

    @field_validator("sizes")
    @classmethod
    def _corpora_of_fractions(cls, sizes: tuple[int, ...] | None, info: ValidationInfo) -> tuple[int, ...] | None:
        # Without sound amounts the mistake is elsewhere and reported there.
        if sizes is None or not {"fractions", "shots"} <= info.data.keys():
            return sizes
        fractions: tuple[float, ...] | None = info.data["fractions"]
        if fractions is None:
            raise PydanticCustomError("sizes", "expected fractions together with sizes, found shots")
        if fractions[-1] != 1:
            found = ", ".join(_label(fraction) for fraction in fractions)
            message = "expected 1.0 among the fractions, which are compared with the whole corpus, found {found}"
            raise PydanticCustomError("sizes", message, {"found": found})
        if not images_in(fractions[0], sizes[0]):
            empty = {"fraction": _label(fractions[0]), "size": sizes[0]}
            message = "the fraction {fraction} of {size} training images selects no image"
            raise PydanticCustomError("sizes", message, empty)
        return sizes

    @field_validator("sequential")
    @classmethod
    def _ends_with_all_seeds(cls, plan: SequentialPlan | None, info: ValidationInfo) -> SequentialPlan | None:
        # Seeds that are wrong in themselves are reported there.
        if plan is None or "seeds" not in info.data:
            return plan
        seeds: int | CrossedSeeds = info.data["seeds"]
        if isinstance(seeds, CrossedSeeds):
            message = "expected one number of seeds together with sequential, found subsets and initialisations"
            raise PydanticCustomError("sequential", message)
        if errors := plan.mistakes(seeds):
            raise ValidationError.from_exception_data("sequential", errors)
        return plan

    @field_validator("systems")
    @classmethod
    def _select_by_what_there_is(cls, systems: dict[str, System], info: ValidationInfo) -> dict[str, System]:
        chosen = [name for name, system in systems.items() if _selection(system) is Selection.val_accuracy]
        if chosen and _lacks_boxes(info):
            errors = [_needs_boxes(name, "selection") for name in chosen]
            raise ValidationError.from_exception_data("systems", errors)
        if errors := [*_tuned_without_boxes(systems), *_unequal_tuning(systems)]:
            raise ValidationError.from_exception_data("systems", errors)
        return systems

    @field_validator("training")
    @classmethod
    def _selects_by_what_there_is(cls, training: TrainingSettings, info: ValidationInfo) -> TrainingSettings:
        systems: dict[str, System] = info.data.get("systems", {})
        decides = any(is_trained(system) and _selection(system) is None for system in systems.values())
        if decides and training.selection is Selection.val_accuracy and _lacks_boxes(info):
            raise ValidationError.from_exception_data("training", [_needs_boxes("selection")])
        if training.selection is not Selection.val_accuracy:
            for name, system in _tuned(systems).items():
                if system.selection is None:
                    raise ValidationError.from_exception_data("training", [_needs_accuracy(name, training.selection)])
        return training

    @field_validator("claims")
    @classmethod
    def _claims_fit_the_protocol(cls, claims: tuple[Claim, ...], info: ValidationInfo) -> tuple[Claim, ...]:
        systems: dict[str, System] = info.data.get("systems", {})
        fractions = info.data.get("fractions") or info.data.get("shots") or ()
        # Without systems or amounts the mistake is elsewhere and reported there; claims would be blamed for it.
        if systems and fractions:
            trained = {name: is_trained(system) for name, system in systems.items()}
            if errors := mistakes(claims, trained, fractions):
                raise ValidationError.from_exception_data("claims", errors)
        return claims

    @model_validator(mode="after")
    def _every_epoch_has_a_step(self) -> Self:
        errors: dict[tuple[str, ...], InitErrorDetails] = {}
        for name, system in self.systems.items():
            for each in system.candidates if is_trained(system) else ():
                training = each.training_values(self.training)
                if training.steps is not None and training.steps < training.epochs:
                    key = ("training", "steps") if each.steps is None else ("systems", name, "steps")
                    errors.setdefault(key, _too_few(training.steps, training.epochs, name, key))
        if errors:
            raise ValidationError.from_exception_data("protocol", list(errors.values()))
        return self

    @property
    def design(self) -> SeedDesign:
        """Which subset and which initialisation each training of a system on one amount of data has."""
        return seed_design(self.seeds)

    @property
    def trainings(self) -> int:
        """Trainings of each trained system on each amount of data."""
        return self.design.trainings

    @property
    def independent_seeds(self) -> int:
        """Trainings of which no two share subset or initialisation, which accuracies, curves and claims rest on."""
        return len(self.design.independent)

    @property
    def fraction_labels(self) -> dict[str, float | int]:
        """Label of each fraction or shot count, ascending: `{"0.01": 0.01}` or `{"16-images": 16}`.

        With sizes, the counts of all corpora: what is a fraction of two of them is there once.
        """
        if self.sizes is None:
            return {_label(fraction): fraction for fraction in self.fractions or self.shots or ()}
        counts = {images_in(fraction, size) for size in self.sizes for fraction in self.fractions or ()}
        return {_label(images): images for images in sorted(counts)}

    def labels_at(self, size: int) -> dict[float, str]:
        """Return the label of each fraction of the corpus of one of the sizes, ascending."""
        return {fraction: _label(images_in(fraction, size)) for fraction in self.fractions or ()}

    @property
    def claimable(self) -> dict[float | int, str]:
        """Label of each fraction or shot count that a claim may name, ascending; with sizes, of the largest corpus."""
        if self.sizes is not None:
            return dict(self.labels_at(self.sizes[-1]))
        return {fraction: label for label, fraction in self.fraction_labels.items()}

    @property
    def metric_columns(self) -> tuple[str, ...]:
        """Names of the columns of items that its metrics are computed from, that which decides first."""
        return tuple(dict.fromkeys(METRICS.column(name) for name in self.metrics))

    @property
    def metric(self) -> Metric:
        """The metric that the claims are about."""
        return METRICS.of_phrases()[self.metrics[0]]

    @property
    def trained(self) -> tuple[str, ...]:
        """Names of the systems that are trained, in the protocol's order."""
        return tuple(name for name, system in self.systems.items() if is_trained(system))

    @property
    def seeded(self) -> tuple[str, ...]:
        """Names of the systems that have a trial for each seed: those that are trained or start from random weights."""
        return tuple(name for name, system in self.systems.items() if isinstance(system, TrainedSystem))

    @property
    def prior(self) -> str | None:
        """Name of the first system that stands for the prior; None without one."""
        return next((name for name, system in self.systems.items() if system.role is Role.prior), None)

    def system(self, name: str) -> System:
        """Return a system with the rule for ties that it answers by, its own before the protocol's."""
        settings = self.systems[name]
        return settings.model_copy(update={"ties": settings.ties or self.ties})

    def training_of(self, system: str) -> TrainingSettings | None:
        """Return a system's training values, its own before the protocol's; None when it is not trained."""
        settings = self.systems[system]
        if not is_trained(settings):
            return None
        return settings.training_values(self.training)


def images_in(fraction: float, size: int) -> int:
    """Return the images in a fraction of a corpus of some size, rounded half to even; 0 when it selects none."""
    return round(fraction * size)


def _selection(system: System) -> Selection | None:
    return system.selection if isinstance(system, TrainedSystem) else None


def _tuned(systems: Mapping[str, System]) -> dict[str, TrainedSystem]:
    return {name: own for name, own in systems.items() if isinstance(own, TrainedSystem) and own.tune is not None}


def _tuned_without_boxes(systems: Mapping[str, System]) -> Iterator[InitErrorDetails]:
    for name, system in _tuned(systems).items():
        if system.selection not in (None, Selection.val_accuracy):
            yield _needs_accuracy(name, system.selection, name)


def _needs_accuracy(system: str, found: Selection, *key: str) -> InitErrorDetails:
    message = "expected val_accuracy, by which the values of {system} are compared that are tuned"
    error = PydanticCustomError("selection", message, {"system": system})
    return {"type": error, "loc": (*key, "selection"), "input": found.value}


def _unequal_tuning(systems: Mapping[str, System]) -> Iterator[InitErrorDetails]:
    """Yield the systems that are tuned with fewer candidates than another: none may have a larger budget."""
    counts = {name: len(own.candidates) for name, own in systems.items() if is_trained(own)}
    most = max(counts, key=lambda name: counts[name], default="")
    for name, count in counts.items():
        if count < counts[most]:
            about = {"count": counts[most], "system": most, "found": count}
            message = "expected {count} combinations of values to try, as {system} has, found {found}"
            yield {"type": PydanticCustomError("tune", message, about), "loc": (name, "tune"), "input": None}


def _too_few(steps: int, epochs: int, system: str, key: tuple[str, ...]) -> InitErrorDetails:
    message = "expected at least {epochs}, one for each epoch of {system}"
    error = PydanticCustomError("steps", message, {"epochs": epochs, "system": system})
    return {"type": error, "loc": key, "input": steps}


def _lacks_boxes(info: ValidationInfo) -> bool:
    # Without a sound corpus the mistake is elsewhere and reported there.
    corpus: Source | None = info.data.get("corpus")
    return corpus is not None and not corpus.val_has_boxes


def _needs_boxes(*key: str) -> InitErrorDetails:
    message = "expected val_loss or last, because the validation captions of this corpus have no boxes"
    error = PydanticCustomError("selection", message)
    return {"type": error, "loc": key, "input": Selection.val_accuracy.value}


def _mistakes_of(metrics: tuple[str, ...]) -> list[InitErrorDetails]:
    """Return what is wrong with the order of metrics, each at its place."""
    of_phrases, errors = METRICS.of_phrases(), list[InitErrorDetails]()
    for place, name in enumerate(metrics):
        if name in metrics[:place]:
            expected = "each metric may be given once"
        elif place == 0 and name not in of_phrases:
            expected = (
                "the first metric decides the claims, which are tested by the values of single phrases, and this one "
                f"has none; {one_of(of_phrases, 'a metric')}"
            )
        else:
            continue
        error = PydanticCustomError("metric", "{message}", {"message": expected})
        errors.append({"type": error, "loc": (place,), "input": name})
    return errors


def _label(fraction: float) -> str:
    return f"{fraction}-images" if isinstance(fraction, int) else f"{fraction:g}"
