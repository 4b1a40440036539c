"""Tensors over arrays that are mapped from a file for reading."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor


def shared_tensor(array: NDArray[Any]) -> Tensor:
    """Return a tensor over the memory of an array, mapped or not; nothing may be written to it."""
    with warnings.catch_warnings():
        # torch has no tensor that could say of itself that it is for reading only.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
