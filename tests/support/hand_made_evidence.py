"""Evidence for claims from arrays of outcomes, without a run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction
from bench.analysis.outcomes import Outcomes, TestSet
from bench.claims.above_reference import AboveReferenceClaim
from bench.claims.better_than import BetterThanClaim
from bench.claims.competitive import CompetitiveClaim
from bench.claims.more_efficient import MoreEfficientClaim
from bench.claims.retains import RetainsClaim
from bench.claims.robust import RobustClaim
from bench.protocol.claim import Claim
from bench.protocol.schema import Protocol
from bench.store.records import UNTRAINED, TrialKey
from sprm.evaluation.metric import METRICS

SYSTEMS = {
    "prior": {"kind": "prior"},
    "oracle": {"kind": "oracle"},
    "sprm": {"kind": "sprm"},
    "refinement": {"kind": "refinement"},
    "last-epoch": {"kind": "sprm", "selection": "last"},
    "equal-steps": {"kind": "sprm", "budget": "steps"},
}
TRAINED = ("sprm", "refinement", "last-epoch", "equal-steps")
TRAIN_IMAGES = 1000
BETTER = BetterThanClaim(name="better", kind="better_than", system="sprm", rival="prior")
SMALL = CompetitiveClaim(name="small", kind="competitive", system="sprm", margin=0.05)
KEEPS = RetainsClaim(name="keeps", kind="retains", system="sprm", rival="prior", at=0.1, share=0.5)
ABOVE = AboveReferenceClaim(
    name="above", kind="above_reference", system="sprm", reference=0.5, source="MAF", corpus="flickr30k", split="test"
)
SAVES = MoreEfficientClaim(name="saves", kind="more_efficient", system="sprm", rival="refinement", factor=2)
ROBUST = RobustClaim(name="robust", kind="robust", claim="small", controls=("last-epoch", "equal-steps"))
CLAIMS: tuple[Claim, ...] = (BETTER, SMALL, KEEPS, ABOVE, SAVES, ROBUST)
"""One of each kind; they go with fractions of 0.1, 0.5 and 1 and the corpus `flickr30k`."""


def evidence(
    outcomes: Mapping[tuple[str, float], ArrayLike | Mapping[int, ArrayLike]],
    phrases: Sequence[int] | NDArray[np.int64],
    *,
    fractions: Sequence[float] = (0.1, 0.5, 1.0),
    seeds: int | Mapping[str, int] = 5,
    corpus: str = "flickr30k",
    train_images: int = TRAIN_IMAGES,
    looks: tuple[int, ...] = (),
    more_systems: Mapping[str, Mapping[str, object]] = {},
) -> Evidence:
    """Make evidence of counts.

    Args:
        outcomes: by system and fraction or shots, 0 for a system that is not trained: (seeds, images) phrases answered
            correctly for seeds from 0 on, or (images,) by seed; what is left out has not run.
        phrases: (images,) phrases in each image.
        fractions: the protocol's fractions, or its shots when they are whole.
        seeds: of the protocol, as it may give them.
        corpus: its kind.
        train_images: of the corpus.
        looks: of a group-sequential plan; none without.
        more_systems: of the protocol, beside `SYSTEMS`.
    """
    shots = all(isinstance(fraction, int) for fraction in fractions)
    source = {"kind": corpus} if corpus == "scenes" else {"kind": corpus, "root": "/data"}
    protocol = Protocol.model_validate(
        {
            "name": "hand-made", "corpus": source, "seeds": seeds, "systems": {**SYSTEMS, **more_systems},
            "shots" if shots else "fractions": tuple(fractions), "sequential": {"looks": looks} if looks else None,
        }
    )  # fmt: skip
    sizes = np.asarray(phrases)
    labels = {value: label for label, value in protocol.fraction_labels.items()} | {0: UNTRAINED}
    answers: dict[TrialKey, dict[str, NDArray[np.float64]]] = {}
    for (system, value), counted in outcomes.items():
        rows = counted if isinstance(counted, Mapping) else dict(enumerate(np.asarray(counted)))
        for seed, row in rows.items():
            correct = _answers(np.asarray(row, dtype=float), sizes)
            answers[TrialKey(system, labels[value], seed)] = dict.fromkeys(METRICS.of_phrases(), correct)
    image = np.repeat(np.arange(len(sizes)), sizes)
    test = TestSet(image, len(sizes), len(sizes), {"people": np.ones(len(image), dtype=bool)})
    images = {
        label: value if shots else max(1, round(value * train_images))
        for label, value in protocol.fraction_labels.items()
    }
    amounts = {label: Fraction(label, int(count), count / train_images) for label, count in images.items()}
    return Evidence.of(protocol, amounts, Outcomes(test, answers), ())


def _answers(counts: NDArray[np.float64], phrases: NDArray[np.int64]) -> NDArray[np.float64]:
    """Spread counts (images,) over the phrases of each image, from the first on."""
    place = np.concatenate([np.arange(size) for size in phrases]) if len(phrases) else np.empty(0)
    return np.clip(np.repeat(counts, phrases) - place, 0, 1)


def counts(level: float, phrases: NDArray[np.int64], seeds: int, stream: int) -> NDArray[np.float64]:
    """Draw counts (seeds, images) of a system that is right at a level; its seeds differ by a point or so.

    Args:
        level: expected accuracy.
        phrases: (images,) phrases in each image.
        seeds: trainings.
        stream: which numbers are drawn; systems of different streams have nothing in common.
    """
    rng = np.random.default_rng(stream)
    by_seed = level + rng.normal(0, 0.01, (seeds, 1))
    return rng.binomial(phrases, np.clip(by_seed, 0, 1), (seeds, len(phrases))).astype(float)


def study(
    prior: float, trained: Mapping[str, Sequence[float]], phrases: NDArray[np.int64], seeds: int = 5
) -> dict[tuple[str, float], NDArray[np.float64]]:
    """Draw the outcomes of a prior and of trained systems, each with its expected accuracy at 0.1, 0.5 and 1."""
    found = {("prior", 0.0): counts(prior, phrases, 1, 0)}
    for place, (system, levels) in enumerate(trained.items()):
        for step, (value, level) in enumerate(zip((0.1, 0.5, 1.0), levels, strict=True)):
            found[system, value] = counts(level, phrases, seeds, 1 + 3 * place + step)
    return found


@st.composite
def poor_studies(draw: st.DrawFn) -> tuple[dict[tuple[str, float], dict[int, np.ndarray]], np.ndarray]:
    """Draw small studies of which any trial may be missing and any outcome be what it likes."""
    phrases = np.array(draw(st.lists(st.integers(1, 3), min_size=1, max_size=5)))
    seeds = draw(st.integers(1, 3))
    cells = [("prior", 0.0), *((system, at) for system in TRAINED for at in (0.1, 0.5, 1.0))]
    row = st.tuples(*(st.integers(0, int(size)) for size in phrases)).map(lambda counted: np.array(counted, float))
    alike = st.sampled_from([np.zeros(len(phrases)), phrases.astype(float)])
    rows: dict[tuple[str, float], dict[int, np.ndarray]] = {}
    for cell in cells:
        of_cell = {seed: draw(st.none() | row | alike) for seed in range(1 if cell[0] == "prior" else seeds)}
        rows[cell] = {seed: one for seed, one in of_cell.items() if one is not None}
    return rows, phrases
