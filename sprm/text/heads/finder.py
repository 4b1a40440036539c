"""The ways to find head words, by the name that a protocol gives them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from sprm.errors import ProtocolError
from sprm.text.heads.installed import find_pipeline
from sprm.text.heads.pipeline import PipelineHeads
from sprm.text.heads.rule import RuleHeads

_SPACY = "spacy:"


class HeadFinder(Protocol):
    """Finds the head words of phrases."""

    name: str
    """The setting that it was made from."""

    def heads(self, phrases: Sequence[str]) -> list[list[str]]:
        """Return each phrase's heads in lower case, at least one wherever the phrase has a word."""


def head_finder(setting: str) -> HeadFinder:
    """Make the finder that a setting names.

    Args:
        setting: `rule`, or `spacy:` and a pipeline: the name of an installed package, or a folder that spaCy saved.

    Raises:
        ProtocolError: the setting is neither.
        DataError: spaCy or the pipeline is missing, or it does not find noun chunks.
    """
    pipeline = pipeline_of(setting)
    return RuleHeads() if pipeline is None else PipelineHeads(pipeline)


def identity(setting: str) -> str:
    """Name what decides which heads or phrases are found, versions included, without loading any of it.

    `rule` is `rule`; `spacy:en_core_web_sm` is something like `spacy:en_core_web_sm 3.8.0, spaCy 3.8.18`. A pipeline
    is named by what it says of itself, so that a folder's name and place do not matter.

    Raises:
        ProtocolError: the setting is neither `rule` nor `spacy:` and a pipeline.
        DataError: spaCy or the pipeline is missing.
    """
    pipeline = pipeline_of(setting)
    return setting if pipeline is None else find_pipeline(pipeline).identity


def pipeline_files(setting: str) -> list[Path]:
    """Return the files of the pipeline that a setting names; two of one name and version may hold different ones.

    Raises:
        ProtocolError: the setting is neither `rule` nor `spacy:` and a pipeline.
        DataError: spaCy or the pipeline is missing.
    """
    pipeline = pipeline_of(setting)
    return (
        [] if pipeline is None else sorted(path for path in find_pipeline(pipeline).folder.rglob("*") if path.is_file())
    )


def pipeline_of(setting: str) -> str | None:
    """Return the pipeline that a setting names; None for `rule`.

    Raises:
        ProtocolError: the setting is neither `rule` nor `spacy:` and a pipeline.
    """
    pipeline = setting.removeprefix(_SPACY)
    if setting == "rule":
        return None
    if not setting.startswith(_SPACY) or not pipeline:
        raise ProtocolError(
            f"unknown setting {setting!r}; expected rule, or spacy: and a pipeline, such as spacy:en_core_web_sm"
        )
    return pipeline
