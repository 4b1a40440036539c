"""Which regions of a batch look like those of which images."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor
from torch.nn.functional import normalize

AT_A_TIME = 128
"""Regions that are compared together with all that follow; bounds memory, changes no result."""
AXES = 64
"""Along which vectors are compared at first; more leave fewer pairs to be compared in full. Changes no result."""
SAMPLE = 2048
"""Regions from which the axes are found; changes no result."""
ROUNDING = 1e-3
"""By how much a bound may fall short for being computed in single precision.

Where nearly all of a vector lies in the subspace, the length of the rest is what rounding leaves, about 1e-3 at most.
The bound falls short by that times the rest of the other vector, below 0.35 where the cosine is 0.95.
"""
LONGER = 16
"""How many times as long a cosine takes alone as within the product of all; measured. Changes no result."""


def resembling(features: Tensor, images: Tensor, similarity: float) -> Tensor:
    """Find the regions whose features are like those of some region of an image.

    On a CPU, most pairs are ruled out by a bound on their cosine: see `outlines`. Where too few are, as among vectors
    of noise, and on a GPU, where a product is cheap, all cosines are computed. It makes no difference to the result.

    Args:
        features: (R, F).
        images: (R,) which of I images each region is of, ascending; each of them has one.
        similarity: the least cosine that counts, above 0.

    Returns:
        (I, R) bool.
    """
    units = normalize(features, dim=1)
    found = torch.zeros(int(images[-1]) + 1, len(images), dtype=torch.bool, device=images.device)
    # A region is like itself, unless it has no features; so nothing is to be found within an image.
    found[images, torch.arange(len(images), device=images.device)] = units.any(dim=1)
    bounding = outlines(units) if units.device.type == "cpu" else None
    for start in range(0, len(units), AT_A_TIME):
        # What is like a region, the region is like: no cosine is needed twice.
        these, all_from_here = slice(start, start + AT_A_TIME), slice(start, None)
        pairs: tuple[Tensor, ...] | None = None
        if bounding is not None:
            possible = bounding[these] @ bounding[all_from_here].T >= similarity - ROUNDING
            possible &= images[these, None] != images[all_from_here]
            if LONGER * int(possible.count_nonzero()) < possible.numel():
                pairs = _confirmed(possible, units[these], units[all_from_here], similarity)
        if pairs is None:
            pairs = torch.nonzero(units[these] @ units[all_from_here].T >= similarity, as_tuple=True)
        some, others = (start + rows for rows in pairs)
        found[images[some], others] = True
        found[images[others], some] = True
    return found


def outlines(units: Tensor) -> Tensor:
    """Shorten vectors to some whose products are at least the cosines, up to rounding.

    With p the part of a unit vector u in some subspace and r what is left, `u . v = p_u . p_v + r_u . r_v`, which by
    Cauchy and Schwarz is at most `p_u . p_v + |r_u| |r_v|`: the product of the vectors (p, |r|). The bound holds in any
    subspace; it is close where the vectors vary most, which a step of orthogonal iteration comes near.

    Args:
        units: (R, F) of length 1 or 0.

    Returns:
        (R, n + 1), where n is the least of `AXES`, R and F.
    """
    sample = units[:: -(-len(units) // SAMPLE)]
    axes, _ = torch.linalg.qr(sample[:: -(-len(sample) // AXES)].T)
    axes, _ = torch.linalg.qr(sample.T @ (sample @ axes))
    along = units @ axes
    left = units.square().sum(dim=1) - along.square().sum(dim=1)
    return torch.cat([along, left.clamp_(min=0).sqrt_()[:, None]], dim=1)


def _confirmed(possible: Tensor, units: Tensor, others: Tensor, similarity: float) -> tuple[Tensor, Tensor]:
    """Return the pairs among the possible ones, (n, m), whose vectors, of (n, F) and (m, F), have the cosine."""
    rows, columns = torch.nonzero(possible, as_tuple=True)
    starts = torch.searchsorted(rows, torch.arange(len(units) + 1))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta state")
        pattern = torch.sparse_csr_tensor(
            starts, columns, units.new_zeros(len(columns)), possible.shape, check_invariants=False
        )
    cosines = torch.sparse.sampled_addmm(pattern, units, others.T, beta=0).values()
    alike = cosines >= similarity
    return rows[alike], columns[alike]
