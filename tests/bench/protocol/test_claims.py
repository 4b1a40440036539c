from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bench.claims.above_reference import AboveReferenceClaim
from bench.claims.better_than import BetterThanClaim
from bench.claims.competitive import CompetitiveClaim
from bench.claims.more_efficient import MoreEfficientClaim, fractions_apart
from bench.claims.retains import RetainsClaim
from bench.claims.robust import RobustClaim
from bench.protocol.claim import mistakes
from bench.protocol.load import load, resolved_yaml
from bench.protocol.schema import Protocol
from sprm.errors import ProtocolError

PROTOCOL = """\
name: stated
corpus: {kind: scenes, seed: 0}
fractions: [0.1, 0.25, 0.5, 1.0]
seeds: 3
systems:
  prior: {kind: prior}
  sprm: {kind: sprm}
  refinement: {kind: refinement}
  last-epoch: {kind: sprm, selection: last}
claims:
"""
SHOTS = PROTOCOL.replace("fractions: [0.1, 0.25, 0.5, 1.0]", "shots: [16, 64]")
UNTRAINED = "name: stated\nfractions: [0.5, 1.0]\nsystems:\n  prior: {kind: prior}\n  oracle: {kind: oracle}\nclaims:\n"
BETTER = "name: better, kind: better_than, system: sprm, rival: prior"
COMPETITIVE = "name: small, kind: competitive, system: sprm, margin: 0.02"
RETAINS = "name: keeps, kind: retains, system: sprm, rival: prior, at: 0.25, share: 0.8"
ABOVE = (
    "name: above, kind: above_reference, system: sprm, reference: 0.6143, source: MAF, corpus: flickr30k, split: test"
)
EFFICIENT = "name: saves, kind: more_efficient, system: sprm, rival: refinement, factor: 10"
ROBUST = "name: robust, kind: robust, claim: small, controls: [last-epoch]"
FIRST = PROTOCOL.count("\n") + 1


def written(folder: Path, *claims: str, protocol: str = PROTOCOL) -> Path:
    """Write a protocol with a line for each claim; the first stands on line `FIRST`."""
    path = folder / "protocol.yaml"
    path.write_text(protocol + "".join(f"  - {{{claim}}}\n" for claim in claims), encoding="utf-8")
    return path


def told(folder: Path, *claims: str, protocol: str = PROTOCOL) -> list[str]:
    """Return the complaints about a protocol, without its path."""
    with pytest.raises(ProtocolError) as caught:
        load(written(folder, *claims, protocol=protocol))
    lines = str(caught.value).removeprefix(f"{folder}/protocol.yaml: ").splitlines()
    return [line.strip() for line in lines if not line.endswith(" problems")]


def test_the_sentence_of_a_claim_is_put_on_one_line_and_is_no_essay(tmp_path: Path) -> None:
    given = r'renders: "It  beats\n\n# the prior.\t"'
    (claim,) = load(written(tmp_path, f"{BETTER}, {given}")).protocol.claims
    assert claim.renders == "It beats # the prior."
    (complaint,) = told(tmp_path, f"{BETTER}, renders: {'a' * 1001}")
    assert complaint.startswith(f"line {FIRST}: claims.0.renders: ")


def test_every_kind_of_claim_loads_with_its_values_and_defaults(tmp_path: Path) -> None:
    better = f"{BETTER}, margin: 0.01, at: [0.25, 0.5], renders: ' It beats the prior. '"
    protocol = load(
        written(tmp_path, BETTER.replace("better,", "any,"), better, COMPETITIVE, RETAINS, ABOVE, EFFICIENT, ROBUST)
    ).protocol
    assert protocol.claims == (
        BetterThanClaim(name="any", kind="better_than", system="sprm", rival="prior", margin=0.0, at=None),
        BetterThanClaim(
            name="better", renders="It beats the prior.", kind="better_than", system="sprm", rival="prior", margin=0.01,
            at=(0.25, 0.5),
        ),
        CompetitiveClaim(name="small", kind="competitive", system="sprm", margin=0.02),
        RetainsClaim(name="keeps", kind="retains", system="sprm", rival="prior", at=0.25, share=0.8),
        AboveReferenceClaim(
            name="above", kind="above_reference", system="sprm", reference=0.6143, source="MAF", corpus="flickr30k",
            split="test", margin=0.0,
        ),
        MoreEfficientClaim(name="saves", kind="more_efficient", system="sprm", rival="refinement", factor=10),
        RobustClaim(name="robust", kind="robust", claim="small", controls=("last-epoch",)),
    )  # fmt: skip


def test_what_counts_as_small_and_how_many_images_a_number_is_of_are_optional(tmp_path: Path) -> None:
    small, above = load(written(tmp_path, f"{COMPETITIVE}, up_to: 0.25", f"{ABOVE}, images: 1000")).protocol.claims
    assert small == CompetitiveClaim(name="small", kind="competitive", system="sprm", margin=0.02, up_to=0.25)
    assert isinstance(above, AboveReferenceClaim)
    assert above.images == 1000
    small, above = load(written(tmp_path, COMPETITIVE, ABOVE)).protocol.claims
    assert isinstance(small, CompetitiveClaim)
    assert isinstance(above, AboveReferenceClaim)
    assert (small.up_to, above.images) == (None, None)
    (of_shots,) = load(written(tmp_path, f"{COMPETITIVE}, up_to: 16", protocol=SHOTS)).protocol.claims
    assert isinstance(of_shots, CompetitiveClaim)
    assert of_shots.up_to == 16


def test_a_protocol_written_out_states_the_same_claims(tmp_path: Path) -> None:
    better = f"{BETTER}, at: [1, 0.5], renders: '1e3: yes, \"no\" {{and}} #so'"
    bounded = f"{COMPETITIVE}, up_to: 0.25", RETAINS, f"{ABOVE}, images: 1000", EFFICIENT, ROBUST
    protocol = load(written(tmp_path, better, *bounded)).protocol
    (tmp_path / "again.yaml").write_text(resolved_yaml(protocol), encoding="utf-8")
    assert load(tmp_path / "again.yaml").protocol == protocol


def test_a_protocol_of_shots_states_amounts_in_images(tmp_path: Path) -> None:
    at, factor = RETAINS.replace("0.25", "16"), EFFICIENT.replace("10", "4")
    protocol = load(written(tmp_path, f"{BETTER}, at: [64]", at, factor, protocol=SHOTS)).protocol
    assert [claim.name for claim in protocol.claims] == ["better", "keeps", "saves"]
    assert told(tmp_path, RETAINS, protocol=SHOTS) == [
        f"line {FIRST}: claims.0.at: expected a fraction below the largest (16), found 0.25"
    ]


def test_the_schema_lists_every_kind_with_its_keys() -> None:
    schema = Protocol.model_json_schema()
    kinds = schema["properties"]["claims"]["items"]["discriminator"]["mapping"]
    assert set(kinds) == {"better_than", "competitive", "retains", "above_reference", "more_efficient", "robust"}
    members = {kind: schema["$defs"][path.rpartition("/")[2]] for kind, path in kinds.items()}
    assert set(members["retains"]["required"]) == {"name", "kind", "system", "rival", "at", "share"}
    for member in members.values():
        assert member["additionalProperties"] is False
        plain = {"name", "kind"}
        assert all("description" in value for key, value in member["properties"].items() if key not in plain)


@pytest.mark.parametrize(
    ("claim", "complaint"),
    [
        (BETTER.replace("sprm", "spmr"), "system: expected 'sprm' or 'refinement' or 'last-epoch', found 'spmr'; did"),
        (COMPETITIVE.replace("sprm", "prior"), "system: expected 'sprm' or 'refinement' or 'last-epoch', found 'pri"),
        (ABOVE.replace("sprm", "oracle"), "system: expected 'sprm' or 'refinement' or 'last-epoch', found 'oracle'"),
        (BETTER.replace("prior", "pirors"), "rival: expected 'prior' or 'refinement' or 'last-epoch', found 'pirors';"),
        (BETTER.replace("rival: prior", "rival: sprm"), "rival: expected 'prior' or 'refinement' or 'last-epoch', fo"),
        (RETAINS.replace("prior", "sprm"), "rival: expected 'prior' or 'refinement' or 'last-epoch', found 'sprm'"),
        (EFFICIENT.replace("refinement", "prior"), "rival: expected 'refinement' or 'last-epoch', found 'prior'"),
        (EFFICIENT.replace("refinement", "sprm"), "rival: expected 'refinement' or 'last-epoch', found 'sprm'"),
        (f"{BETTER}, at: [0.25, 0.3]", "at.1: expected a fraction (0.1, 0.25, 0.5, 1), found 0.3"),
        (f"{BETTER}, at: [1, 0.5, 1.0]", "at.2: each fraction may be given once, found 1.0"),
        (f"{BETTER}, at: []", "at: expected at least 1 of these"),
        (f"{BETTER}, at: 0.5", "at: expected a list, found 0.5"),
        (RETAINS.replace("0.25", "1.0"), "at: expected a fraction below the largest (0.1, 0.25, 0.5), found 1"),
        (RETAINS.replace("0.25", ".nan"), "at: expected a fraction below the largest (0.1, 0.25, 0.5), found n"),
        (f"{COMPETITIVE}, up_to: 1.0", "up_to: expected a fraction below the largest (0.1, 0.25, 0.5), found 1"),
        (f"{COMPETITIVE}, up_to: 0.3", "up_to: expected a fraction below the largest (0.1, 0.25, 0.5), foun"),
        (f"{COMPETITIVE}, up_to: .nan", "up_to: expected a fraction below the largest (0.1, 0.25, 0.5), foun"),
        (EFFICIENT.replace("10", "3"), "factor: expected the ratio of two fractions (1, 2, 2.5, 4, 5, 10), foun"),
        (EFFICIENT.replace("10", "0.5"), "factor: expected at least 1, found 0.5"),
        (EFFICIENT.replace("10", ".inf"), "factor: expected a finite number, found inf"),
        (EFFICIENT.replace("10", ".nan"), "factor: expected a"),
        (f"{BETTER}, renders_on: flickr30k", "renders_on: expected `renders`, the sentence that was written about it"),
        (
            f"{BETTER}, renders: It does., renders_on: flikr30k",
            "renders_on: expected 'captions' or 'flickr30k' or 'refcoco' or 'referit' or 'scenes', ",
        ),
    ],
)  # fmt: skip
def test_what_a_claim_is_about_has_to_be_in_the_protocol(tmp_path: Path, claim: str, complaint: str) -> None:
    (line,) = told(tmp_path, COMPETITIVE.replace("small", "other"), claim)
    assert line.startswith(f"line {FIRST + 1}: claims.1.{complaint}")


def test_the_nearest_valid_name_is_suggested(tmp_path: Path) -> None:
    assert told(tmp_path, BETTER.replace("sprm", "spmr"))[0].endswith("found 'spmr'; did you mean \"sprm\"?")
    assert told(tmp_path, BETTER.replace("prior", "priro"))[0].endswith("found 'priro'; did you mean \"prior\"?")
    assert told(tmp_path, COMPETITIVE, ROBUST.replace("small", "smal"))[0].endswith('did you mean "small"?')
    assert told(tmp_path, COMPETITIVE, ROBUST.replace("last", "lats"))[0].endswith('did you mean "last-epoch"?')


@pytest.mark.parametrize("claim", [BETTER, COMPETITIVE, ABOVE.replace("MAF", "MAF, margin: 0.02")])
@pytest.mark.parametrize(
    ("margin", "complaint"),
    [
        (".nan", "expected less than 1, found nan"),
        (".inf", "expected less than 1, found inf"),
        ("-.inf", "expected at least 0, found -inf"),
        ("-0.02", "expected at least 0, found -0.02"),
        ("1", "expected less than 1, found 1"),
        ("2 %", "expected a number, found '2 %'"),
        ("true", "expected a number, found true"),
    ],
)
def test_a_margin_is_a_share_from_0_to_below_1(tmp_path: Path, claim: str, margin: str, complaint: str) -> None:
    given_ = claim.replace("margin: 0.02", f"margin: {margin}") if "margin" in claim else f"{claim}, margin: {margin}"
    assert told(tmp_path, given_) == [f"line {FIRST}: claims.0.margin: {complaint}"]


@pytest.mark.parametrize(
    ("share", "complaint"),
    [("0", "expected more than 0, found 0"), ("1", "expected less than 1, found 1"), ("80", "expected less than 1")],
)  # fmt: skip
def test_a_share_to_be_kept_is_neither_nothing_nor_everything(tmp_path: Path, share: str, complaint: str) -> None:
    (line,) = told(tmp_path, RETAINS.replace("0.8", share))
    assert line.startswith(f"line {FIRST}: claims.0.share: {complaint}")


@pytest.mark.parametrize(
    ("claim", "complaint"),
    [
        (ABOVE.replace("0.6143", "61.43"), "reference: expected less than 1, found 61.43"),
        (f"{ABOVE}, images: 0", "images: expected at least 1, found 0"),
        (f"{ABOVE}, images: 12.5", "images: expected a whole number, found 12.5"),
        (ABOVE.replace("MAF", "' '"), "source: expected some text, found ' '"),
        (ABOVE.replace("flickr30k", "flickr"), "corpus: expected 'captions' or 'flickr30k' or"),
        (ABOVE.replace("split: test", "split: tset"), "split: expected 'val' or 'test', found 'tset'"),
        (COMPETITIVE.replace(", margin: 0.02", ""), "margin: missing"),
        (COMPETITIVE.replace("name: small, ", ""), "name: missing"),
        (COMPETITIVE.replace("small", "Small_1"), "name: expected lower-case letters, digits and single hyphens, fo"),
        (f"{COMPETITIVE}, rival: prior", "rival: unknown key; valid: kind, name, renders, renders_on, system"),
        (f"{BETTER}, margn: 0.02", 'margn: unknown key; did you mean "margin"?'),
        (f"{BETTER}, renders: ''", "renders: expected some text, found ''"),
        (COMPETITIVE.replace("competitive", "competitve"), "kind: expected 'above_reference', 'better_than', 'comp"),
        (ROBUST.replace("[last-epoch]", "[]"), "controls: expected at least 1 of these"),
    ],
)  # fmt: skip
def test_a_claim_has_the_keys_of_its_kind(tmp_path: Path, claim: str, complaint: str) -> None:
    (line,) = told(tmp_path, claim)
    assert line.startswith(f"line {FIRST}: claims.0.{complaint}")


def test_a_name_is_given_once(tmp_path: Path) -> None:
    assert told(tmp_path, COMPETITIVE, BETTER.replace("better,", "small,")) == [
        f"line {FIRST + 1}: claims.1.name: each claim needs a name of its own, found 'small'"
    ]


@pytest.mark.parametrize(
    ("claims", "complaint"),
    [
        ((COMPETITIVE, ROBUST.replace("small", "large")), "1.claim: expected 'small', found 'large'"),
        ((ROBUST, COMPETITIVE), "0.claim: expected an earlier claim about a system, but there is none, found 'small'"),
        (
            (COMPETITIVE, ROBUST, ROBUST.replace("robust,", "twice,", 1).replace("claim: small", "claim: robust")),
            "2.claim: expected 'small', found 'robust'",
        ),
        ((COMPETITIVE, ROBUST.replace("claim: small", "claim: robust")), "1.claim: expected 'small', found 'robust'"),
        (
            (COMPETITIVE, ROBUST.replace("last-epoch", "sprm")),
            "1.controls.0: expected 'refinement' or 'last-epoch', found 'sprm'",
        ),
        (
            (COMPETITIVE, ROBUST.replace("last-epoch", "last-epoch, prior")),
            "1.controls.1: expected 'refinement' or 'last-epoch', found 'prior'",
        ),
        (
            (COMPETITIVE, ROBUST.replace("last-epoch", "last-epoch, last-epoch")),
            "1.controls.1: each control may be given once, found 'last-epoch'",
        ),
        (
            (EFFICIENT, ROBUST.replace("small", "saves").replace("last-epoch", "refinement")),
            "1.controls.0: expected 'last-epoch', found 'refinement'",
        ),
    ],
)
def test_a_claim_of_robustness_names_an_earlier_claim_and_other_trained_systems(
    tmp_path: Path, claims: tuple[str, ...], complaint: str
) -> None:
    (line,) = told(tmp_path, *claims)
    assert line == f"line {FIRST + len(claims) - 1 - (claims[0] == ROBUST)}: claims.{complaint}"


def test_a_protocol_that_trains_nothing_can_claim_nothing(tmp_path: Path) -> None:
    (line,) = told(tmp_path, COMPETITIVE.replace("sprm", "prior"), protocol=UNTRAINED)
    assert line == "line 7: claims.0.system: expected a trained system, but there is none, found 'prior'"


def test_one_amount_of_data_leaves_none_below_the_largest(tmp_path: Path) -> None:
    one = PROTOCOL.replace("[0.1, 0.25, 0.5, 1.0]", "[1.0]")
    assert told(tmp_path, RETAINS, protocol=one) == [
        f"line {FIRST}: claims.0.at: expected a fraction below the largest, but there is none, found 0.25"
    ]


def test_all_mistakes_are_told_at_once_each_at_its_line(tmp_path: Path) -> None:
    keys = [line.partition(": expected")[0] for line in told(
        tmp_path, BETTER.replace("sprm", "spmr"), RETAINS.replace("0.25", "0.3").replace("prior", "sprm"),
        EFFICIENT.replace("10", "7"), ROBUST.replace("last-epoch", "prior"),
    )]  # fmt: skip
    assert keys == [
        f"line {FIRST}: claims.0.system",
        f"line {FIRST + 1}: claims.1.rival",
        f"line {FIRST + 1}: claims.1.at",
        f"line {FIRST + 2}: claims.2.factor",
        f"line {FIRST + 3}: claims.3.claim",
        f"line {FIRST + 3}: claims.3.controls.0",
    ]


def test_a_mistake_elsewhere_is_not_blamed_on_the_claims(tmp_path: Path) -> None:
    (line,) = told(tmp_path, COMPETITIVE, protocol=PROTOCOL.replace("{kind: sprm}", "{kind: spmr}"))
    assert "systems.sprm.kind" in line


def test_a_claim_cannot_be_changed(tmp_path: Path) -> None:
    (claim,) = load(written(tmp_path, COMPETITIVE)).protocol.claims
    with pytest.raises(ValidationError, match="frozen"):
        claim.name = "other"  # type: ignore[misc]


def test_amounts_apart_are_found_whatever_their_rounding() -> None:
    assert fractions_apart((0.1, 0.3, 1.0), 3) == [(0.1, 0.3)]
    assert fractions_apart((0.01, 0.05, 0.1, 0.25, 0.5, 1.0), 10) == [(0.01, 0.1), (0.05, 0.5), (0.1, 1.0)]
    assert fractions_apart((0.07, 0.7), 10) == [(0.07, 0.7)]
    assert fractions_apart((16, 64, 256), 4) == [(16, 64), (64, 256)]
    assert fractions_apart((16, 64), 1) == [(16, 16), (64, 64)]
    assert fractions_apart((16, 64), 2) == []
    assert fractions_apart((0.5, 1.0), 1.999999) == []


@given(
    st.lists(st.integers(1, 1000).map(lambda thousandths: thousandths / 1000), min_size=1, max_size=6, unique=True)
    | st.lists(st.integers(1, 10**6), min_size=1, max_size=6, unique=True),
    st.floats(1, 1e7),
)
def test_every_ratio_that_a_complaint_offers_is_accepted(fractions: list[float | int], factor: float) -> None:
    def complaints(factor: float) -> list[str]:
        claim = MoreEfficientClaim(name="saves", kind="more_efficient", system="a", rival="b", factor=factor)
        return [str(one["type"]) for one in mistakes([claim], {"a": True, "b": True}, sorted(fractions))]

    for complaint in complaints(factor):
        for ratio in complaint.partition("(")[2].rstrip(")").split(", "):
            assert complaints(float(ratio)) == []
