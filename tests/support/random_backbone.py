"""Backbones of torchvision's whose weights nobody trained, and which still tell one image from another."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torchvision.models import get_model


def save_random_backbone(name: str, folder: Path) -> Path:
    """Write a backbone's state into a folder; return the file."""
    torch.manual_seed(0)
    model = get_model(name, weights=None)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        model(torch.randn(4, 3, 224, 224))
    torch.save(model.state_dict(), folder / f"{name}.pth")
    return folder / f"{name}.pth"
