from __future__ import annotations

from dataclasses import asdict, replace
from math import isnan
from pathlib import Path

import pytest
from simulated_run import SimulatedRun

from bench.analysis.evidence import read_evidence
from bench.protocol.load import load
from bench.protocol.schema import Protocol
from bench.protocol.seeds import CrossedSeeds
from bench.protocol.sequential import SequentialPlan
from bench.stats import (
    Look,
    SeedsStatus,
    Status,
    VarianceComponents,
    minimum_detectable_effect,
    retention,
    seeds_needed,
    variance_components,
)
from bench.store.records import TrialKey
from bench.verdicts.planned_power import power_from_pilot, power_from_spread
from sprm.errors import ResultsError

CLAIMS = (
    "name: ahead, kind: better_than, system: sprm, rival: prior, at: [0.5, 1.0]",
    "name: small-fraction, kind: competitive, system: sprm, margin: {margin}",
    "name: keeps, kind: retains, system: sprm, rival: prior, at: 0.5, share: 0.8",
    "name: above, kind: above_reference, system: sprm, reference: 0.4, source: A, corpus: flickr30k, split: test",
    "name: saves, kind: more_efficient, system: sprm, rival: refinement, factor: 5",
    "name: robust, kind: robust, claim: small-fraction, controls: [refinement]",
)
PILOT = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=3, images=60, claims=CLAIMS)
SPREAD = VarianceComponents(0.01, 0.3, 0.2)
FLICKR30K = "{kind: flickr30k, root: /flickr}"


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return PILOT.write(tmp_path_factory.mktemp("pilot") / "run")


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """What is planned: the pilot's claims with more seeds, on the corpus that the published number is of."""
    folder = replace(PILOT, seeds=7, images=4, corpus=FLICKR30K).write(tmp_path_factory.mktemp("planned") / "run")
    return load(folder / "protocol.yaml").protocol


def test_crossed_seeds_have_the_power_of_those_that_share_nothing(pilot: Path, protocol: Protocol) -> None:
    crossed = protocol.model_copy(update={"seeds": CrossedSeeds(subsets=7, initialisations=4)})
    found, four = (power_from_pilot(each, pilot, 1000) for each in (crossed, protocol.model_copy(update={"seeds": 4})))
    assert (found.seeds, found.trainings) == (4, 28)
    assert found.comparisons == four.comparisons


def test_a_crossed_pilot_lends_the_spread_of_those_that_share_nothing(tmp_path: Path, protocol: Protocol) -> None:
    run = replace(PILOT, initialisations=2).write(tmp_path / "run")
    found = power_from_pilot(protocol, run, 1000)
    evidence = read_evidence(run)
    half, full = (evidence.counts("sprm", evidence.fractions[label], (0, 3)) for label in ("0.5", "1"))
    loss = variance_components(full - half, evidence.phrases)
    assert found.comparisons[2].power.detectable == minimum_detectable_effect(loss, 7, 1000, alpha=0.05)


def test_a_pilot_lends_the_spread_of_each_difference_and_the_plan_its_size(pilot: Path, protocol: Protocol) -> None:
    found = power_from_pilot(protocol, pilot, 1000)
    assert [(one.claim, one.comparison) for one in found.comparisons] == [
        ("ahead", "500"),
        ("ahead", "1,000"),
        ("small-fraction", "500 against 1,000"),
        ("small-fraction", "100 against 1,000"),
        ("keeps", "500 against 1,000"),
        ("above", "1,000"),
        ("saves", "100 against 500"),
    ]
    assert (found.seeds, found.images, found.unknown) == (7, 1000, {})
    evidence = read_evidence(pilot)
    half, full = (evidence.counts("sprm", evidence.fractions[label], (0, 1, 2)) for label in ("0.5", "1"))
    loss = variance_components(full - half, evidence.phrases)
    power = found.comparisons[2].power
    assert power.detectable == minimum_detectable_effect(loss, 7, 1000, alpha=0.05)
    assert power.needed == seeds_needed(loss, 1000, 0.02, alpha=0.05)
    assert power.effect == 0.02
    prior = evidence.counts("prior", evidence.fractions["1"], (0, 1, 2))
    lead = variance_components(full - prior, evidence.phrases)
    assert found.comparisons[1].power.detectable == minimum_detectable_effect(lead, 7, 1000, alpha=0.025 / 2)
    assert isnan(found.comparisons[1].power.effect)


def test_a_share_to_be_kept_implies_the_rest_of_the_pilots_gain(pilot: Path, protocol: Protocol) -> None:
    evidence = read_evidence(pilot)
    half, full = (evidence.counts("sprm", evidence.fractions[label], (0, 1, 2)) for label in ("0.5", "1"))
    prior = evidence.counts("prior", evidence.fractions["1"], (0, 1, 2))
    gain = retention(half, full, prior, evidence.phrases).gain.estimate
    keeps = power_from_pilot(protocol, pilot, 1000).comparisons[4].power
    assert keeps.effect == pytest.approx(0.2 * gain)
    excess = variance_components((half - prior) - 0.8 * (full - prior), evidence.phrases)
    assert keeps.needed == seeds_needed(excess, 1000, keeps.effect, alpha=0.025)


def test_a_published_number_of_another_corpus_than_the_planned_one_has_no_comparison(pilot: Path) -> None:
    planned = load(pilot / "protocol.yaml").protocol
    for found in (power_from_pilot(planned, pilot, 1000), power_from_spread(planned, SPREAD, 1000)):
        assert "above" not in [one.claim for one in found.comparisons]
        assert found.unknown == {"above": "the published accuracy was measured on flickr30k, but this run uses scenes"}


@pytest.mark.parametrize(("images", "comparable"), [(1000, True), (1050, True), (60, False), (2000, False)])
def test_a_published_number_is_held_against_the_images_that_are_planned_and_not_the_pilots(
    tmp_path: Path, pilot: Path, images: int, comparable: bool
) -> None:
    claim = f"{CLAIMS[3]}, images: {images}"
    planned = load(replace(PILOT, claims=(claim,), corpus=FLICKR30K).write(tmp_path / "run") / "protocol.yaml").protocol
    why = f"the published accuracy was measured on {images:,} images, but this run has 1,000 test images"
    for found in (power_from_pilot(planned, pilot, 1000), power_from_spread(planned, SPREAD, 1000)):
        assert [one.claim for one in found.comparisons] == (["above"] if comparable else [])
        assert found.unknown == ({} if comparable else {"above": why})


def test_a_pilot_with_corpora_of_several_sizes_lends_the_spread_at_the_largest(tmp_path: Path) -> None:
    run = replace(PILOT, sizes=(100, 1000), claims=CLAIMS[:3]).write(tmp_path / "run")
    planned = load(run / "protocol.yaml").protocol
    found = power_from_pilot(planned, run, 1000)
    assert [one.comparison for one in found.comparisons] == [
        "500",
        "1,000",
        "500 against 1,000",
        "100 against 1,000",
        "500 against 1,000",
    ]
    evidence = read_evidence(run)
    half, full = (evidence.counts("sprm", evidence.fractions[f"{n}-images"], (0, 1, 2)) for n in (500, 1000))
    loss = variance_components(full - half, evidence.phrases)
    assert found.comparisons[2].power.detectable == minimum_detectable_effect(loss, 3, 1000, alpha=0.05)
    assert [one.claim for one in power_from_spread(planned, SPREAD, 1000).comparisons] == [
        "ahead",
        "small-fraction",
        "keeps",
    ]


def test_stated_spread_goes_for_every_claim_about_a_system(protocol: Protocol) -> None:
    found = power_from_spread(protocol, SPREAD, 1000)
    assert [(one.claim, one.comparison) for one in found.comparisons] == [
        (name, "any") for name in ("ahead", "small-fraction", "keeps", "above", "saves")
    ]
    # `ahead` is a family of two, `saves` of one; the first step of Holm's method shares the level.
    of_two, one_sided, two_sided = (
        minimum_detectable_effect(SPREAD, 7, 1000, alpha=alpha) for alpha in (0.0125, 0.05, 0.025)
    )
    assert [one.power.detectable for one in found.comparisons] == [of_two, one_sided, *[two_sided] * 3]
    assert found.comparisons[1].power.needed == seeds_needed(SPREAD, 1000, 0.02, alpha=0.05)
    assert {one.power.needed.status for one in found.comparisons if one.claim != "small-fraction"} == {
        SeedsStatus.unknown
    }


@pytest.mark.parametrize(
    ("spread", "status"),
    [(VarianceComponents(0, 0, 0), Status.constant), (VarianceComponents(0.01, 0.3, 0.2), Status.one_seed)],
)
def test_what_cannot_be_reckoned_has_a_named_status(
    protocol: Protocol, spread: VarianceComponents, status: Status
) -> None:
    found = power_from_spread(protocol.model_copy(update={"seeds": 1}), spread, 1000)
    assert {one.power.detectable.status for one in found.comparisons} == {status}
    assert all(isnan(one.power.detectable.effect) for one in found.comparisons)


def test_a_pilot_of_other_fractions_is_refused(pilot: Path, protocol: Protocol) -> None:
    other = protocol.model_copy(update={"fractions": (0.37, 0.73)})
    with pytest.raises(ResultsError, match="it has none of the planned fractions"):
        power_from_pilot(other, pilot, 100)


def test_a_pilot_of_one_seed_knows_no_spread_between_seeds(tmp_path: Path, protocol: Protocol) -> None:
    found = power_from_pilot(protocol, replace(PILOT, seeds=1).write(tmp_path / "run"), 1000)
    assert len(found.comparisons) == 7
    assert {one.power.detectable.status for one in found.comparisons} == {Status.one_seed}
    assert {one.power.needed.seeds for one in found.comparisons} == {None}


def test_a_pilot_without_some_trials_tells_what_it_can(tmp_path: Path, protocol: Protocol) -> None:
    without = tuple(TrialKey("refinement", label, seed) for label in ("0.1", "0.5", "1") for seed in range(3))
    found = power_from_pilot(protocol, PILOT.write(tmp_path / "run", without=without), 1000)
    statuses = {one.claim: one.power.detectable.status for one in found.comparisons}
    assert statuses.pop("saves") is Status.nan
    assert set(statuses.values()) == {Status.ok}


@pytest.mark.parametrize(
    ("fractions", "lacking", "compared"),
    [
        ((0.25, 1.0), {"ahead", "small-fraction", "keeps", "saves"}, {"above"}),
        ((0.5, 1.0), {"saves"}, {"ahead", "small-fraction", "keeps", "above"}),
    ],
)
def test_of_a_pilot_only_the_planned_amounts_count_and_what_it_lacks_is_told(
    tmp_path: Path, protocol: Protocol, fractions: tuple[float, ...], lacking: set[str], compared: set[str]
) -> None:
    folder = replace(PILOT, claims=(), fractions=fractions).write(tmp_path / "run")
    found = power_from_pilot(protocol, folder, 1000)
    assert set(found.unknown) == lacking
    assert {one.claim for one in found.comparisons} == compared
    assert "250" not in " ".join(one.comparison for one in found.comparisons)
    if "ahead" in lacking:
        assert found.unknown["ahead"] == "run cannot be its pilot, at 0.5: expected a fraction (1)"


def test_a_claim_whose_system_the_pilot_lacks_is_told_and_the_others_are_planned(
    pilot: Path, protocol: Protocol
) -> None:
    systems = {**protocol.systems, "other": protocol.systems["sprm"]}
    ahead, small, *_, robust = protocol.claims
    about_other = ahead.model_copy(update={"system": "other"})
    controlled = robust.model_copy(update={"controls": ("other",)})
    planned = protocol.model_copy(update={"systems": systems, "claims": (about_other, small, controlled)})
    found = power_from_pilot(planned, pilot, 1000)
    assert {one.claim for one in found.comparisons} == {"small-fraction"}
    assert found.unknown["ahead"].startswith("run cannot be its pilot, system other: expected 'sprm' or 'refinement'")


def test_a_folder_that_is_no_run_cannot_be_a_pilot(tmp_path: Path, protocol: Protocol) -> None:
    with pytest.raises(ResultsError, match=r"not a run folder: it has no protocol\.yaml"):
        power_from_pilot(protocol, tmp_path, 1000)


def test_a_protocol_without_claims_needs_no_power(pilot: Path, protocol: Protocol) -> None:
    nothing = protocol.model_copy(update={"claims": ()})
    for found in (power_from_pilot(nothing, pilot, 1000), power_from_spread(nothing, SPREAD, 1000)):
        assert asdict(found) == {"seeds": 7, "trainings": 7, "images": 1000, "comparisons": (), "unknown": {}}


def test_a_plan_of_several_looks_has_the_power_of_its_last_one(pilot: Path, protocol: Protocol) -> None:
    planned = protocol.model_copy(update={"sequential": SequentialPlan(looks=(4, 7))})
    last = Look((4, 7), 2)
    for once, at_last in (
        (power_from_pilot(protocol, pilot, 1000), power_from_pilot(planned, pilot, 1000)),
        (power_from_spread(protocol, SPREAD, 1000), power_from_spread(planned, SPREAD, 1000)),
    ):
        assert len(once.comparisons) == len(at_last.comparisons) > 0
        for own, later in zip(once.comparisons, at_last.comparisons, strict=True):
            assert later.power.alpha == last.level(own.power.alpha)
            assert later.power.detectable.effect > own.power.detectable.effect


def test_a_pilot_with_a_plan_of_its_own_lends_all_that_it_has(protocol: Protocol, tmp_path: Path) -> None:
    study = replace(PILOT, seeds=5, looks=(4, 5))
    run = study.write(tmp_path / "run", without=study.beyond(3))
    without = replace(PILOT, seeds=5).write(tmp_path / "same", without=study.beyond(3))
    # Before its first look a run has no verdict, and yet a spread.
    assert asdict(power_from_pilot(protocol, run, 1000)) == asdict(power_from_pilot(protocol, without, 1000))
