"""Detectors of torchvision's whose weights nobody trained, and which still tell one image from another."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torchvision.models import get_model


def save_random(name: str, folder: Path) -> Path:
    """Write a detector's state into a folder; return the file."""
    torch.manual_seed(0)
    model = get_model(name, weights=None, weights_backbone=None)
    if "mobilenet" in name:
        normalise(model)
    torch.save(model.state_dict(), folder / f"{name}.pth")
    return folder / f"{name}.pth"


def normalise(model: nn.Module) -> None:
    """Let batch normalisation know what it normalises; else everything that comes of a random network is the same."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        model.get_submodule("backbone")(torch.randn(2, 3, 320, 320))
