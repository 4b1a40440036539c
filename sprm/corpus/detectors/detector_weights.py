"""A detector's weights: which file they stand in, where it comes from, and how it is read without running anything."""

from __future__ import annotations

import difflib
from http.client import HTTPException
from pathlib import Path
from typing import Any

import torch
import torchvision.models
from torch import nn

from sprm.corpus.detectors.state_file import another_state, load_state, read_state
from sprm.corpus.settings import DetectorSource
from sprm.errors import DataError


def weights_url(detector: DetectorSource) -> str | None:
    """Address that torchvision's own weights of a detector come from; None when the user named a file.

    Raises:
        DataError: torchvision has no detector of that name.
    """
    return torchvision_weights(detector.name).url if detector.weights == "coco" else None


def weights_path(detector: DetectorSource) -> Path:
    """File that a detector's weights are read from: the user's, or the one in torchvision's cache; it may be missing.

    Raises:
        DataError: torchvision has no detector of that name.
    """
    if detector.weights != "coco":
        return detector.weights
    name: str = torchvision_weights(detector.name).url.rpartition("/")[2]
    return Path(torch.hub.get_dir()) / "checkpoints" / name


def torchvision_weights(name: str) -> Any:
    """Return torchvision's weights of a detector, with their `url` and `meta`.

    Raises:
        DataError: torchvision has no detector of that name.
    """
    known = torchvision.models.list_models(module=torchvision.models.detection)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0)
        problem = f"torchvision has no detector {name!r}; did you mean {near[0]!r}? Valid: {', '.join(known)}"
        raise DataError(problem)
    return torchvision.models.get_model_weights(name).DEFAULT


def fetch_weights(detector: DetectorSource) -> Path:
    """Return the file of a detector's weights, downloaded when it is torchvision's and not there yet.

    Raises:
        DataError: it is missing and cannot be downloaded, or torchvision has no detector of that name.
    """
    path, url = weights_path(detector), weights_url(detector)
    if path.is_file():
        return path
    if url is None:
        raise DataError("the file of the detector's weights is missing", path=path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), hash_prefix=path.stem.rpartition("-")[2], progress=False)
    except (OSError, HTTPException, RuntimeError) as error:
        problem = f"the detector's weights are missing and could not be downloaded ({error}); put {url} there"
        raise DataError(problem, path=path) from error
    return path


def load_weights(detector: DetectorSource, path: Path) -> nn.Module:
    """Build a detector's network with the weights of a file; no code that a file may hold is run.

    Torchvision's own weights get what its builder adds to them: some need batch normalisation without an epsilon. The
    state of a user's file is taken as it is.

    Args:
        detector: its architecture, and whose weights they are.
        path: what `fetch_weights` returned.

    Raises:
        DataError: the file cannot be read, or holds another architecture's state.
    """
    # Unless told not to, torchvision downloads weights of the backbone that the state then overwrites.
    options: dict[str, Any] = {"weights": None, "weights_backbone": None, "progress": False}
    what = f"{detector.name} with {len(torchvision_weights(detector.name).meta['categories'])} classes"
    if detector.weights != "coco":
        model: nn.Module = torchvision.models.get_model(detector.name, **options)
        load_state(model, path, "detector", what)
        return model.eval()
    # The builder reads the file by itself, and would run what it holds; it is known to be harmless after this.
    read_state(path, "detector")
    try:
        model = torchvision.models.get_model(
            detector.name, **{**options, "weights": torchvision_weights(detector.name)}
        )
    except RuntimeError as error:
        raise another_state(error, what, path) from error
    return model.eval()
