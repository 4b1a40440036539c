"""Accuracies on Flickr30k Entities that papers report, and those of later code of their authors."""

from __future__ import annotations

from sprm.corpus.published_accuracy import PublishedAccuracy

LATER_CODE = "later code of an author of SPRM, in no paper"

FLICKR30K_ACCURACIES = (
    PublishedAccuracy(
        system="Without training",
        source="Wang & Specia, ICCV 2019",
        split="test",
        accuracy=0.5049,
        trained=False,
    ),
    PublishedAccuracy(system="KAC Net", source="Chen et al., CVPR 2018", split="test", accuracy=0.3871),
    PublishedAccuracy(system="InfoGround", source="Gupta et al., ECCV 2020", split="test", accuracy=0.5167),
    PublishedAccuracy(
        system="MAF, untrained",
        source="Wang et al., EMNLP 2020",
        split="test",
        accuracy=0.5605,
        trained=False,
        released_detections=True,
    ),
    PublishedAccuracy(
        system="MAF",
        source="Wang et al., EMNLP 2020",
        split="test",
        accuracy=0.6143,
        released_detections=True,
        all_images=True,
    ),
    PublishedAccuracy(system="KD+CL", source="Wang et al., CVPR 2021", split="test", accuracy=0.5310),
    PublishedAccuracy(system="ReIR", source="Liu et al., CVPR 2021", split="test", accuracy=0.5927),
    PublishedAccuracy(system="CLEM", source="Chen et al., EMNLP 2022", split="test", accuracy=0.6305),
    PublishedAccuracy(system="CPL", source="Liu et al., ICCV 2023", split="test", accuracy=0.6387),
    PublishedAccuracy(system="MPL", source="Kuang et al., AAAI 2025", split="test", accuracy=0.6415),
    PublishedAccuracy(
        system="MAF, released weights",
        source=LATER_CODE,
        split="test",
        accuracy=0.6133,
        released_detections=True,
        all_images=True,
    ),
    PublishedAccuracy(
        system="SPRM, reimplemented",
        source=LATER_CODE,
        split="val",
        accuracy=0.5963,
        released_detections=True,
        all_images=True,
    ),
    PublishedAccuracy(
        system="SPRM, reimplemented: refinement alone",
        source=LATER_CODE,
        split="val",
        accuracy=0.5787,
        released_detections=True,
        all_images=True,
    ),
    PublishedAccuracy(
        system="SPRM, reimplemented: prior alone",
        source=LATER_CODE,
        split="val",
        accuracy=0.5237,
        trained=False,
        released_detections=True,
    ),
    PublishedAccuracy(
        system="MAF, trained again",
        source=LATER_CODE,
        split="val",
        accuracy=0.6008,
        released_detections=True,
        all_images=True,
    ),
    PublishedAccuracy(
        system="MAF, untrained",
        source=LATER_CODE,
        split="val",
        accuracy=0.5388,
        trained=False,
        released_detections=True,
    ),
)
