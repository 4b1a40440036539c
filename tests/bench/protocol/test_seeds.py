"""The key `seeds`: a number of repetitions, or subsets crossed with initialisations."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.protocol.load import load, resolved_yaml
from bench.protocol.schema import Protocol
from bench.protocol.seeds import MOST, CrossedSeeds, SeedDesign, seed_design
from bench.store.inputs import fingerprint, run_inputs, trial_inputs
from sprm.errors import ProtocolError

SOUND = """\
name: crossed
fractions: [0.1, 1]
seeds: {subsets: 5, initialisations: 3}
systems:
  prior: {kind: prior}
  sprm: {kind: sprm}
"""
CROSSED = "{subsets: 5, initialisations: 3}"
FIVE_BY_THREE = seed_design(CrossedSeeds(subsets=5, initialisations=3))


def loaded(folder: Path, text: str = SOUND, *overrides: str) -> Protocol:
    path = folder / "protocol.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, overrides).protocol


def pairs(design: SeedDesign) -> list[tuple[int, int]]:
    return [(design.subset_of(seed), design.initialisation_of(seed)) for seed in range(design.trainings)]


def test_crossed_seeds_are_read_and_written_out_again(tmp_path: Path) -> None:
    protocol = loaded(tmp_path)
    assert protocol.seeds == CrossedSeeds(subsets=5, initialisations=3)
    assert (protocol.trainings, protocol.independent_seeds) == (15, 3)
    assert loaded(tmp_path, resolved_yaml(protocol)) == protocol


def test_every_subset_meets_every_initialisation_once() -> None:
    assert pairs(FIVE_BY_THREE) == list(product(range(5), range(3)))


def test_seeds_that_are_not_crossed_have_a_subset_and_an_initialisation_of_their_own() -> None:
    design = seed_design(4)
    assert pairs(design) == [(seed, seed) for seed in range(4)]
    assert (design.trainings, list(design.independent)) == (4, [0, 1, 2, 3])


@given(st.integers(2, 9), st.integers(2, 9))
def test_independent_seeds_share_nothing_and_are_as_many_as_there_can_be(subsets: int, initialisations: int) -> None:
    design = seed_design(CrossedSeeds(subsets=subsets, initialisations=initialisations))
    of = pairs(design)
    chosen = [of[seed] for seed in design.independent]
    assert len(chosen) == min(subsets, initialisations)
    assert all(a != b and c != d for (a, c), (b, d) in combinations(chosen, 2))


def test_numbers_stand_for_the_same_trainings_where_there_are_as_many_initialisations() -> None:
    more = seed_design(CrossedSeeds(subsets=7, initialisations=3))
    assert more.numbers_like(FIVE_BY_THREE)
    assert pairs(more)[:15] == pairs(FIVE_BY_THREE)
    assert not more.numbers_like(seed_design(CrossedSeeds(subsets=7, initialisations=4)))
    assert not more.numbers_like(seed_design(3))
    assert seed_design(2).numbers_like(seed_design(9))


def test_a_crossed_trial_is_the_trial_of_other_seeds_with_the_same_subset_and_initialisation(tmp_path: Path) -> None:
    crossed, five = loaded(tmp_path), loaded(tmp_path, SOUND.replace(CROSSED, "5"))

    def made_from(protocol: Protocol, seed: int, subset: str) -> str:
        return fingerprint(trial_inputs(protocol, "sprm", seed, corpus="c", subset=subset))

    # Number 8 is subset 2 with initialisation 2.
    assert made_from(crossed, 8, "third subset") == made_from(five, 2, "third subset")
    assert made_from(crossed, 7, "third subset") != made_from(five, 2, "third subset")
    assert run_inputs(crossed, "c") != run_inputs(five, "c")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("{subsets: 5, initialisations: 1}", "line 3: seeds.initialisations: expected at least 2, found 1"),
        (f"{{subsets: {MOST + 1}, initialisations: 2}}", f"line 3: seeds.subsets: expected at most {MOST}, found 101"),
        ("{subsets: 5}", "line 3: seeds.initialisations: missing"),
        ("{subsets: 5.5, initialisations: 3}", "line 3: seeds.subsets: expected a whole number, found 5.5"),
        ("many", "line 3: seeds: expected a whole number, found 'many'"),
        ("0", "line 3: seeds: expected at least 1, found 0"),
        (
            "{subsets: 5, initialisations: 3}\nsequential: {looks: [3, 15]}",
            "line 4: sequential: expected one number of seeds together with sequential, found subsets and "
            "initialisations",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_line_and_key(tmp_path: Path, given: str, complaint: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        loaded(tmp_path, SOUND.replace(CROSSED, given))
    assert str(caught.value) == f"{tmp_path / 'protocol.yaml'}: {complaint}"


def test_a_mistyped_key_is_answered_by_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(
        ProtocolError, match=r"line 3: seeds\.initialisation: unknown key; did you mean .initialisations"
    ):
        loaded(tmp_path, SOUND.replace("initialisations", "initialisation"))


def test_either_number_can_be_set_on_the_command_line_and_so_can_the_whole(tmp_path: Path) -> None:
    assert loaded(tmp_path, SOUND, "seeds.subsets=2").seeds == CrossedSeeds(subsets=2, initialisations=3)
    assert loaded(tmp_path, SOUND, "seeds=4").seeds == 4
    assert loaded(tmp_path, SOUND.replace(CROSSED, "5"), f"seeds={CROSSED}").trainings == 15
