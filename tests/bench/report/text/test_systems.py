from __future__ import annotations

from bench.protocol.schema import Protocol
from bench.report.text.systems import systems


def described(own: dict[str, object], **training: object) -> str:
    """What is said of a full model, from behind its name on."""
    both = {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm", **own}}
    values = {"name": "tiny", "fractions": [1], "systems": both, "training": training}
    return systems(Protocol.model_validate(values))[1].removeprefix("sprm: ")


def test_a_training_as_published_needs_no_words() -> None:
    assert described({}).endswith("The prior uses the head words of a phrase, with its location words.")


def test_a_training_that_is_not_as_published_is_described() -> None:
    told = described({"siblings": "excluded"}, steps=5000, epochs=45, validation="scaled")
    assert told.endswith(
        " with its location words. Sentences of one image are not contrasted with each other. It takes 4,995 optimiser "
        "steps with every subset. Its epochs are compared on a part of the validation images, in the proportion of "
        "the subset."
    )
    assert "validation" not in described({"selection": "last"}, validation="scaled")


def test_an_untrained_state_is_said_to_be_one_and_how_its_ties_are_settled() -> None:
    told = described({"untrained": True}, siblings="excluded")
    assert told.startswith(
        "not trained: it answers with the initial weights that each seed draws. The trained system is "
    )
    assert told.endswith("Ties: the first tied box in the file.")
    assert "contrasted with each other" not in told


def test_what_is_tuned_is_named_with_the_values_that_are_tried() -> None:
    told = described({"tune": {"omega": [0.2, 0.4], "inputs": [{"labels": False}, {"score": True}]}})
    assert told.endswith(
        "Whatever is said here, each training has the best on the validation split's boxes of omega (0.2 or 0.4) and "
        "inputs (labels false or score true)."
    )
