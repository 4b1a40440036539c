"""Boxes: IoU, centres, normalised coordinates, and the relations among boxes of one label.

A box is x1, y1, x2, y2 in pixels. Functions over whole splits take packed arrays: all regions of all images in one
array, and the image of each beside it.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.ops import box_iou

from sprm.settings import Rules
from sprm.text.tokens import LOCATIONS

FLAG = {name: np.uint8(1 << bit) for bit, name in enumerate(LOCATIONS)}
ALL_RELATIONS = np.uint8((1 << len(LOCATIONS)) - 1)


def iou_matrix(boxes: NDArray[np.floating], targets: NDArray[np.floating], rules: Rules) -> NDArray[np.float64]:
    """Intersection over union of every box with every target.

    Args:
        boxes: (n, 4) xyxy pixels.
        targets: (m, 4) xyxy pixels.
        rules: `corrected` measures areas as width times height; `official` counts pixels inclusively, one more on
            each width and height, as the authors' code does.

    Returns:
        (n, m) in [0, 1]; 0 for two boxes without an area.
    """
    first = torch.from_numpy(np.array(boxes, dtype=np.float64).reshape(-1, 4))
    second = torch.from_numpy(np.array(targets, dtype=np.float64).reshape(-1, 4))
    if rules is Rules.official:
        # Moving every lower right corner by one pixel adds one to each width and height, the overlap's included;
        # boxes that only touch, or lie one pixel apart, overlap then as they do in the authors' code.
        pixel = torch.tensor([0.0, 0.0, 1.0, 1.0], dtype=torch.float64)
        first, second = first + pixel, second + pixel
    overlap: NDArray[np.float64] = box_iou(first, second).nan_to_num(0.0).numpy()
    return overlap


def centres_inside(boxes: NDArray[np.floating], targets: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell for every box and target whether the box's centre lies in the target, borders included.

    Args:
        boxes: (n, 4) xyxy pixels.
        targets: (m, 4) xyxy pixels.

    Returns:
        (n, m).
    """
    centre = (boxes[:, None, :2].astype(np.float64) + boxes[:, None, 2:]) / 2
    inside = (centre >= targets[None, :, :2]) & (centre <= targets[None, :, 2:])
    return np.asarray(inside.all(axis=2))


def normalised_coordinates(
    boxes: NDArray[np.floating], widths: NDArray[np.integer], heights: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Describe each box by its place and size in its image.

    Args:
        boxes: (regions, 4) xyxy pixels.
        widths: (regions,) width in pixels of each box's image.
        heights: (regions,) its height.

    Returns:
        (regions, 5): x1/W, y1/H, x2/W, y2/H and area/(W H), each about 0 to 1.
    """
    size = np.stack([widths, heights, widths, heights], axis=1).astype(np.float64)
    corners = boxes / size
    area = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    return np.concatenate([corners, area[:, None]], axis=1).astype(np.float32)


def relations(
    boxes: NDArray[np.floating], labels: NDArray[np.integer], images: NDArray[np.integer], rules: Rules
) -> NDArray[np.uint8]:
    """Find how each box lies among the boxes of its label in its image.

    A box whose label is unique in its image has every relation. Among several, the leftmost centre is `left`, the
    rightmost `right`, the topmost `top`, the lowest `bottom`; one that is neither leftmost nor rightmost is `center`,
    one that is neither topmost nor lowest is `middle`.

    Args:
        boxes: (regions, 4) xyxy pixels.
        labels: (regions,) label of each box.
        images: (regions,) image of each box.
        rules: `official` decides `center` as the authors' code does, comparing the centre's y with the rightmost x.

    Returns:
        (regions,) flags, bit i for `LOCATIONS[i]`.
    """
    if len(boxes) == 0:
        return np.zeros(0, dtype=np.uint8)
    x = (boxes[:, 0].astype(np.float64) + boxes[:, 2]) / 2
    y = (boxes[:, 1].astype(np.float64) + boxes[:, 3]) / 2
    key = np.stack([images, labels], axis=1)
    _, group, size = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    group = group.reshape(-1)
    order = np.argsort(group, kind="stable")
    starts = np.concatenate([[0], np.cumsum(size)[:-1]])
    leftmost, rightmost = (f.reduceat(x[order], starts)[group] for f in (np.minimum, np.maximum))
    topmost, lowest = (f.reduceat(y[order], starts)[group] for f in (np.minimum, np.maximum))
    compared = y if rules is Rules.official else x
    holds = {
        "left": x == leftmost,
        "right": x == rightmost,
        "center": (x != leftmost) & (compared != rightmost),
        "top": y == topmost,
        "bottom": y == lowest,
        "middle": (y != topmost) & (y != lowest),
    }
    flags = sum((holds[name].astype(np.uint8) * FLAG[name] for name in LOCATIONS), np.zeros(len(x), np.uint8))
    return np.where(size[group] == 1, ALL_RELATIONS, flags).astype(np.uint8)
