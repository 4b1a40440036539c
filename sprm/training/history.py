"""What an epoch of a training leaves behind."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class EpochRecord(BaseModel):
    """What one epoch left behind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epoch: int = Field(description="from 1; 0 before the first step, where that is a choice")
    steps: int = Field(description="optimiser steps so far")
    loss: float | None = Field(description="mean training loss of the epoch's batches; None of epoch 0, which has none")
    val_accuracy: float | None = Field(None, description="on the validation split's boxes, in [0, 1]; None without")
    val_loss: float | None = Field(None, description="contrastive loss on the validation split")
