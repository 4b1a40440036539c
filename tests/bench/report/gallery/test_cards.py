"""A card says in words what its lines show, and lines that coincide stay apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import nan

import pytest
from simulated_run import SimulatedRun
from simulated_test_split import HEIGHT, LABELS, WIDTH, describe

from bench.analysis.evidence import read_evidence
from bench.analysis.examples import Choice, Examples, examples
from bench.report.gallery.cards import Card, Gallery, gallery
from bench.store.test_split import read_test_split

SMALL = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=20)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    run = describe(SMALL.write(tmp_path_factory.mktemp("runs") / "run"), examples=10, pictures=(0, 3))
    split = read_test_split(run)
    assert split is not None
    made = examples(read_evidence(run), split, run)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def shown(found: Examples) -> Gallery:
    return gallery(found)


def card(found: Examples, *choices: Choice) -> Card:
    """Return a card on which the answerers chose these boxes."""
    first = replace(found.examples[0], choices=choices)
    return gallery(replace(found, examples=(first,))).cards[0]


def choice(
    box: int | None, *, correct: float = 1.0, score: float = 0.5, tied: int = 1, is_shared: bool = False
) -> Choice:
    return Choice(box=box, correct=correct, iou=0.625, score=score, tied=tied, is_shared=is_shared)


def test_each_line_has_a_key_that_names_system_and_amount(shown: Gallery) -> None:
    assert [(key.name, key.amount) for key in shown.keys] == [
        ("target", ""),
        ("prior", "not trained"),
        ("sprm", "100 images"),
        ("sprm", "1,000 images"),
        ("refinement", "100 images"),
        ("refinement", "1,000 images"),
    ]
    styles = [key.style for key in shown.keys]
    assert len(set(styles)) == len(styles)
    assert all(key.is_first for key in shown.keys)


def test_the_target_is_drawn_where_it_is(found: Examples, shown: Gallery) -> None:
    for example, made in zip(found.examples, shown.cards, strict=True):
        x1, y1, x2, y2 = found.split.phrases[["x1", "y1", "x2", "y2"]].iloc[example.row]
        line = made.lines[0]
        assert [float(line.x), float(line.y)] == pytest.approx([x1, y1], abs=0.051)
        assert [float(line.width), float(line.height)] == pytest.approx([x2 - x1, y2 - y1], abs=0.051)


def test_of_boxes_that_coincide_each_goes_around_the_one_before(found: Examples) -> None:
    lines = card(found, *(choice(4) for _ in range(5))).lines[1:]
    widths = [float(line.width) for line in lines]
    assert widths == sorted(widths)
    assert min(b - a for a, b in pairwise(widths)) > 6
    centres = [float(line.x) + float(line.width) / 2 for line in lines]
    assert max(centres) - min(centres) < 0.2


def test_a_row_tells_answer_overlap_score_and_label(found: Examples) -> None:
    prior, *_ = card(found, choice(4, score=-0.01234), *(choice(5, correct=0.0) for _ in range(4))).rows[1:]
    assert (prior.answer, prior.is_right) == ("right", True)
    assert prior.details == "box 4, IoU 0.62, score −0.0123"
    assert prior.label in LABELS


def test_an_overlap_that_is_just_too_small_is_not_written_as_one_that_is_enough(found: Examples) -> None:
    short = replace(choice(4, correct=0.0), iou=0.4999)
    rows = card(found, short, replace(short, iou=0.5), *(choice(5) for _ in range(3))).rows[1:]
    assert rows[0].details.startswith("box 4, IoU 0.49,")
    assert rows[1].details.startswith("box 4, IoU 0.50,")


def test_of_answers_that_tied_boxes_share_it_is_told_how_many_are_right_and_that_one_is_drawn(found: Examples) -> None:
    row = card(found, choice(4, correct=0.25, tied=4, is_shared=True), *(choice(5) for _ in range(4))).rows[1]
    assert (row.answer, row.is_right) == ("right for 1 of 4 tied boxes", False)
    assert row.details.startswith("4 boxes share the answer, mean IoU 0.62, score ")
    assert row.details.endswith("; drawn: box 4")


def test_of_tied_boxes_one_of_which_answers_it_is_told_how_many_there_are(found: Examples) -> None:
    row = card(found, choice(4, tied=4), *(choice(5) for _ in range(4))).rows[1]
    assert row.answer == "right"
    assert row.details.startswith("box 4, IoU 0.62")
    assert row.details.endswith(", 4 boxes tied")


def test_a_system_that_chose_no_box_has_a_row_and_no_line(found: Examples) -> None:
    made = card(found, choice(None, correct=0.0, score=nan), *(choice(5) for _ in range(4)))
    assert made.rows[1].details == "no single box, IoU 0.62"
    assert [line.key for line in made.lines] == [0, 2, 3, 4, 5]


def test_pictures_are_there_once_for_the_images_that_are_shown(shown: Gallery) -> None:
    assert [row for row, *_ in shown.pictures] == [0, 3]
    for _, address, width, height in shown.pictures:
        assert address.startswith("data:image/jpeg;base64,")
        assert (width, height) == (WIDTH, HEIGHT)
    assert {made.image for made in shown.cards if made.has_picture} == {0, 3}


def test_filters_tell_how_often_a_case_occurs_here_and_everywhere(found: Examples, shown: Gallery) -> None:
    by_name = {each.what: each for each in shown.filters}
    rates = [rate for rate in found.rates if rate.what.value == "hurt"]
    assert by_name["hurt"].rates == tuple(
        (f"{rate.examples} of {len(found.examples)} here", f"{100 * rate.share:.1f} % of all") for rate in rates
    )
    for name, each in by_name.items():
        if len(each.rates) == len(shown.systems) == 2:
            counted = [sum(made.cases.split()[place] == name for made in shown.cards) for place in range(2)]
            assert [int(here.split()[0]) for here, _ in each.rates] == counted


def test_types_are_numbered_with_the_most_frequent_first(found: Examples, shown: Gallery) -> None:
    for example, made in zip(found.examples, shown.cards, strict=True):
        assert tuple(shown.types[int(key)] for key in made.type_keys.split()) == example.types
