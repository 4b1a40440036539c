from __future__ import annotations

import pytest
import torch

from sprm.devices import check, settled
from sprm.errors import DeviceError
from sprm.settings import Device

here = torch.cuda.is_available()


def test_auto_takes_what_there_is() -> None:
    assert settled(Device.auto) is (Device.cuda if here else Device.cpu)


@pytest.mark.parametrize("device", [Device.cpu, Device.cuda])
def test_a_device_that_is_named_stays(device: Device) -> None:
    assert settled(device) is device


@pytest.mark.skipif(here, reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told() -> None:
    check(Device.cpu)
    with pytest.raises(DeviceError, match="finds no CUDA GPU here; expected 'cpu', or 'auto'"):
        check(Device.cuda)
