"""Accuracies on ReferIt that papers report."""

from __future__ import annotations

from sprm.corpus.published_accuracy import PublishedAccuracy

REFERIT_ACCURACIES = (
    PublishedAccuracy(
        system="Without training", source="Wang & Specia, ICCV 2019", split="test", accuracy=0.2648, trained=False
    ),
    PublishedAccuracy(system="KAC Net", source="Chen et al., CVPR 2018", split="test", accuracy=0.1583),
    PublishedAccuracy(system="ReIR", source="Liu et al., CVPR 2021", split="test", accuracy=0.3768),
    PublishedAccuracy(
        system="CPL",
        source="Liu et al., ICCV 2023",
        split="test",
        accuracy=0.4523,
        differs="another test split of ReferIt",
    ),
)
