"""Initial weights as torch draws them, from a generator of one's own in place of the one that all code shares."""

from __future__ import annotations

import math
from typing import TypeVar

import torch
from torch import nn

Module = TypeVar("Module", bound=nn.Module)


def linear(inputs: int, outputs: int, generator: torch.Generator, *, bias: bool = True) -> nn.Linear:
    """Return a linear map whose weight, and then bias, are drawn from U(+-1 / sqrt(inputs))."""
    return uniform(nn.Linear(inputs, outputs, bias=bias), inputs, generator)


def lstm(size: int, generator: torch.Generator) -> nn.LSTM:
    """Return a one-layer LSTM, as wide as its inputs, whose weights are drawn from U(+-1 / sqrt(size))."""
    return uniform(nn.LSTM(size, size, batch_first=True), size, generator)


def uniform(module: Module, inputs: int, generator: torch.Generator) -> Module:
    """Draw all parameters of a module, in their order, from U(+-1 / sqrt(inputs))."""
    bound = 1 / math.sqrt(inputs)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return module
