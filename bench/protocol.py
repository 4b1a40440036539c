"""The protocol: the YAML that says what is trained on how much data, and what is claimed of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, cast

from pydantic import BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError, ValidationError

from bench.bounded_yaml import is_whole
from bench.claims import Claim, mistakes
from bench.complaints import describe, problems_of
from bench.located_yaml import Document, Problem, described, dump, parse
from bench.overrides import apply
from bench.protocol_text import protocol_text
from bench.settings import FolderName, Settings
from sprm.corpus.settings import CorpusSource, ScenesSource
from sprm.devices import settled
from sprm.errors import DataError, ProtocolError, shown
from sprm.files.paths import expanded
from sprm.settings import Budget, Device, Negatives, Rules, Selection, TrainingSettings

Model = TypeVar("Model", bound=BaseModel)
ABOUT_AMOUNTS = ("at", "up_to", "factor", "claim")
"""Keys of a claim that name an amount of data, or another claim that may be left out for want of one."""


class RandomSettings(Settings):
    """A box drawn at random: the chance level."""

    kind: Literal["random"]


class OracleSettings(Settings):
    """The box nearest to the target: the upper bound that the proposals set."""

    kind: Literal["oracle"]


class PriorSettings(Settings):
    """The untrained module alone."""

    kind: Literal["prior"]
    heads: bool = True
    """Represent a phrase by its head words; otherwise by all its words."""
    locations: bool = True
    """Let location words in a phrase rule out boxes that do not stand there."""


class TrainedSettings(Settings):
    """Training values that one system sets for itself; a value left out is the protocol's."""

    kind: str
    negatives: Negatives = Negatives.most_similar
    """Which other example of the batch a sentence is contrasted with."""
    epochs: int | None = Field(None, ge=1)
    batch: int | None = Field(None, ge=2)
    learning_rate: float | None = Field(None, gt=0, allow_inf_nan=False)
    budget: Budget | None = None
    selection: Selection | None = None
    threads: int | None = Field(None, ge=1)
    mixed_precision: bool | None = None


class MixtureSettings(TrainedSettings):
    """A trained module that learns beside the prior."""

    omega: float = Field(0.4, gt=0, le=1)
    """Weight of the trained module; the prior has the rest."""
    heads: bool = True
    """Let the prior represent a phrase by its head words; otherwise by all its words."""
    locations: bool = True
    """Let location words in a phrase rule out boxes in the prior."""


class SprmSettings(MixtureSettings):
    """The full model: trained module and prior, mixed."""

    kind: Literal["sprm"]


class RefinementSettings(MixtureSettings):
    """The trained module asked alone: it learns beside the prior as in the full model and predicts without it."""

    kind: Literal["refinement"]


SystemSettings: TypeAlias = RandomSettings | OracleSettings | PriorSettings | RefinementSettings | SprmSettings


class Protocol(Settings):
    """A benchmark: every trained system on every fraction with every seed, every untrained system once."""

    name: FolderName
    corpus: CorpusSource = ScenesSource()
    rules: Rules = Rules.corrected
    """Which reading of the method is computed."""
    device: Device = Field(Device.auto, validate_default=True)
    """What trained systems compute on; `auto` is settled for this machine when a protocol is read."""
    fractions: tuple[Annotated[float, Field(gt=0, le=1)], ...] | None = Field(None, min_length=1)
    """Shares of the training images, ascending."""
    shots: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(None, min_length=1, validate_default=True)
    """Counts of training images, ascending; instead of fractions."""
    seeds: int = Field(5, ge=1, le=10_000)
    """Repetitions; each draws its own subsets, initial weights and batch order."""
    strata: Literal["entity_type", "none"] = "entity_type"
    """What a subset keeps in proportion: the images' sets of entity types, or nothing."""
    systems: dict[FolderName, Annotated[SystemSettings, Field(discriminator="kind")]] = Field(min_length=1)
    training: TrainingSettings = TrainingSettings()
    claims: tuple[Annotated[Claim, Field(discriminator="kind")], ...] = ()

    @field_validator("device")
    @classmethod
    def _settled(cls, device: Device) -> Device:
        return settled(device)

    @field_validator("fractions", "shots")
    @classmethod
    def _ascending(cls, portions: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if portions is None:
            return None
        for label, times in Counter(_label(portion) for portion in portions).most_common(1):
            if times > 1:
                message = "each value may be given once, found {portion} more than once"
                raise PydanticCustomError("repeated", message, {"portion": label})
        return tuple(sorted(portions))

    @field_validator("shots")
    @classmethod
    def _fractions_or_shots(cls, shots: tuple[int, ...] | None, info: ValidationInfo) -> tuple[int, ...] | None:
        if "fractions" in info.data and (shots is None) == (info.data["fractions"] is None):
            found = "neither" if shots is None else "both"
            raise PydanticCustomError("portions", "give either fractions or shots, found {found}", {"found": found})
        return shots

    @field_validator("claims")
    @classmethod
    def _claims_fit_the_protocol(cls, claims: tuple[Claim, ...], info: ValidationInfo) -> tuple[Claim, ...]:
        systems: dict[str, SystemSettings] = info.data.get("systems", {})
        portions = info.data.get("fractions") or info.data.get("shots") or ()
        # Without systems or amounts there is a mistake elsewhere, which is told; claims would be blamed for it.
        if systems and portions:
            trained = {name: isinstance(system, TrainedSettings) for name, system in systems.items()}
            if errors := mistakes(claims, trained, portions):
                raise ValidationError.from_exception_data("claims", errors)
        return claims

    @property
    def portions(self) -> dict[str, float | int]:
        """Label of each fraction or shot count, ascending: `{"0.01": 0.01}` or `{"16-images": 16}`."""
        return {_label(portion): portion for portion in self.fractions or self.shots or ()}

    @property
    def trained(self) -> tuple[str, ...]:
        """Names of the systems that are trained, in the protocol's order."""
        return tuple(name for name, one in self.systems.items() if isinstance(one, TrainedSettings))

    @property
    def prior(self) -> str | None:
        """Name of the system that stands for the untrained prior, the first of that kind; None without one."""
        return next((name for name, one in self.systems.items() if isinstance(one, PriorSettings)), None)

    def training_of(self, system: str) -> TrainingSettings | None:
        """Return a system's training values, its own before the protocol's; None when it is not trained."""
        settings = self.systems[system]
        if not isinstance(settings, TrainedSettings):
            return None
        own = settings.model_dump(include=set(TrainingSettings.model_fields), exclude_none=True)
        return self.training.model_copy(update=own)


@dataclass(frozen=True)
class LoadedProtocol:
    """A protocol as it was read, once: its file may be a pipe, or be edited meanwhile.

    Attributes:
        path: the file's name.
        protocol: what it says, overrides included.
        left_out: names of its claims about amounts of data that an override took away.
        document: the file's values with their places.
    """

    path: Path
    protocol: Protocol
    left_out: tuple[str, ...]
    document: Document

    def refusal(self, problems: Sequence[Problem]) -> ProtocolError:
        """Return the error that tells where in a sound protocol's file stands what cannot be done with its corpus."""
        return _refusal(self.path, replace(self.document, problems=list(problems)))


def load(path: Path, overrides: Sequence[str] = ()) -> Protocol:
    """Read a protocol file and return what it says; see `read`."""
    return read(path, overrides).protocol


def read(path: Path, overrides: Sequence[str] = ()) -> LoadedProtocol:
    """Read a protocol file, once.

    Args:
        path: the YAML file.
        overrides: settings that go before the file's, each `key.key=value`.

    Raises:
        ProtocolError: the file cannot be read, or it or an override holds mistakes; all are told at once,
            each with its line, key and the nearest valid choice. Claims about amounts of data that an override took
            away are no mistake: they are left out, and named.
    """
    document = _document(path, overrides)
    value = cast(dict[str, Any], document.value)
    left_out: list[str] = []
    while True:
        try:
            # JSON's strict mode takes names for enumerations and paths, but never 1 for true or "5" for 5.
            protocol = Protocol.model_validate_json(json.dumps(value), strict=True)
            break
        except ValidationError as error:
            if not (unfit := _of_other_amounts(error, overrides)):
                document.problems += problems_of(error.errors(), document.value, Protocol.model_json_schema())
                break
            left_out += [value["claims"][place]["name"] for place in sorted(unfit)]
            value = {**value, "claims": [one for place, one in enumerate(value["claims"]) if place not in unfit]}
    if document.problems:
        raise _refusal(path, document)
    try:
        absolute = protocol.model_copy(update={"corpus": _with_absolute_paths(protocol.corpus)})
    except DataError as error:
        raise ProtocolError(f"{path}: {error}") from error
    return LoadedProtocol(path, absolute, tuple(left_out), document)


def _of_other_amounts(error: ValidationError, overrides: Sequence[str]) -> set[int]:
    """Return the places of claims about amounts of data that an override took away, when nothing else is wrong."""
    if not any(override.partition("=")[0].strip() in ("fractions", "shots") for override in overrides):
        return set()
    places = [one["loc"] for one in error.errors()]
    about_amounts = all(place[0] == "claims" and len(place) > 2 and place[2] in ABOUT_AMOUNTS for place in places)
    return {int(place[1]) for place in places} if about_amounts else set()


def _with_absolute_paths(settings: Model) -> Model:
    """Resolve every path against the current folder, `~` being the user's own."""
    changed: dict[str, Path | BaseModel] = {}
    for name, value in settings:
        if isinstance(value, Path):
            changed[name] = expanded(value).absolute()
            if not is_whole(str(changed[name])):
                raise DataError("its name is not in UTF-8, so no protocol can be written that says it", path=value)
            if "\0" in str(value):
                raise DataError(f"{name}: no path can hold the character '\\x00', found {shown(str(value))}")
        elif isinstance(value, BaseModel):
            changed[name] = _with_absolute_paths(value)
    return settings.model_copy(update=changed)


def _document(path: Path, overrides: Sequence[str]) -> Document:
    document = parse(protocol_text(path))
    if document.problems and document.value is None:
        raise _refusal(path, document)
    if not isinstance(document.value, dict):
        found = described(document.value)
        raise ProtocolError(f"{path}: expected keys and values, such as `name: fractions`, found {found}")
    schema = Protocol.model_json_schema() if overrides else {}
    for override in overrides:
        apply(override, document, schema)
    return document


def _refusal(path: Path, document: Document) -> ProtocolError:
    lines = describe(document.problems, document)
    if len(lines) == 1:
        return ProtocolError(f"{path}: {lines[0]}")
    return ProtocolError("\n  ".join([f"{path}: {len(lines)} problems", *lines]))


def resolved_yaml(protocol: Protocol) -> str:
    """Write a protocol out as YAML with every default in place; loading it gives the same protocol."""
    return dump(protocol.model_dump(mode="json", exclude_none=True))


def _label(portion: float) -> str:
    return f"{portion}-images" if isinstance(portion, int) else f"{portion:g}"
