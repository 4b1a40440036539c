from __future__ import annotations

import pytest
import torch

from sprm.model.dropout import Dropout

VALUES = torch.full((200, 300), 2.0)


def test_a_share_becomes_zero_and_the_others_make_up_for_it() -> None:
    dropped = Dropout(0.1, torch.Generator().manual_seed(0))(VALUES)
    assert (dropped == 0).float().mean().item() == pytest.approx(0.1, abs=0.01)
    torch.testing.assert_close(dropped[dropped != 0].unique(), torch.tensor([2 / 0.9]))


def test_masks_follow_one_another_and_come_again_with_their_seed() -> None:
    first, again = (Dropout(0.5, torch.Generator().manual_seed(0)) for _ in range(2))
    masks = [first(VALUES), first(VALUES)]
    assert not torch.equal(*masks)
    assert all(torch.equal(again(VALUES), mask) for mask in masks)


def test_without_a_rate_nothing_changes() -> None:
    assert Dropout()(VALUES) is VALUES
