"""Which processor a trial computes on."""

from __future__ import annotations

import ctypes
import os

from sprm.errors import DeviceError
from sprm.settings import Device

DRIVERS = ("libcuda.so.1", "nvcuda.dll")
"""The library of NVIDIA's driver, by system."""


def settled(device: Device) -> Device:
    """Return `cuda` or `cpu`; `auto` takes a GPU when torch can use one."""
    if device is not Device.auto:
        return device
    return Device.cuda if _cuda_works() else Device.cpu


def check(device: Device) -> None:
    """Make sure that a device is there.

    Raises:
        DeviceError: it is not.
    """
    if device is Device.cuda and not _cuda_works():
        raise DeviceError("device: torch finds no CUDA GPU here; expected 'cpu', or 'auto' to take what there is")


def visible_gpus() -> list[str]:
    """Return what `CUDA_VISIBLE_DEVICES` calls the GPUs that this process may use."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name for name in named.split(",") if name]
    if not _cuda_works():
        return []
    import torch

    return [str(index) for index in range(torch.cuda.device_count())]


def _cuda_works() -> bool:
    # Most machines are distinguished without the seconds that it takes to import torch.
    if not any(_loads(driver) for driver in DRIVERS):
        return False
    import torch

    return torch.cuda.is_available()


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
