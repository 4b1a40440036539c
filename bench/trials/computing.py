"""How a process computes, so that the same numbers come out."""

from __future__ import annotations

import os

from sprm.settings import Device


def compute_on(device: Device, threads: int) -> None:
    """Have this process compute deterministically, on a number of CPU threads."""
    # cuBLAS reads it when it is first used; without it, it adds up in an order that varies.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(device is Device.cuda, warn_only=True)
