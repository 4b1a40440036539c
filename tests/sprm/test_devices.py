from __future__ import annotations

import pytest
import torch

from sprm.devices import check, settled
from sprm.settings import Device


def test_auto_takes_what_there_is() -> None:
    assert settled(Device.auto) is (Device.cuda if torch.cuda.is_available() else Device.cpu)


@pytest.mark.parametrize("device", [Device.cpu, Device.cuda])
def test_a_device_that_is_named_stays(device: Device) -> None:
    assert settled(device) is device


def test_the_cpu_is_always_there() -> None:
    check(Device.cpu)
