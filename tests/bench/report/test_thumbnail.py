from __future__ import annotations

from bench.report.summary import CurveSummary, PointSummary
from bench.report.thumbnail import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, thumbnail


def curve(system: str, *points: tuple[int, float, float | None, float | None]) -> CurveSummary:
    return CurveSummary(
        system=system,
        points=tuple(
            PointSummary(images=images, accuracy=accuracy, low=low, high=high) for images, accuracy, low, high in points
        ),
    )


def test_curves_fill_the_drawing_over_the_logarithm_of_the_images() -> None:
    drawn = thumbnail([curve("sprm", (10, 0.5, 0.4, 0.6), (100, 0.6, 0.55, 0.65), (1000, 0.7, 0.6, 0.8))], 0.45)
    assert drawn is not None
    (line,) = drawn.lines
    assert [float(x) for x, _ in line.marks] == [LEFT, (LEFT + WIDTH - RIGHT) / 2, WIDTH - RIGHT]
    assert float(line.bars[0][2]) == HEIGHT - BOTTOM
    assert float(line.bars[-1][1]) == TOP
    assert float(line.marks[0][1]) > float(line.marks[1][1]) > float(line.marks[2][1])
    assert (drawn.low, drawn.high, drawn.fewest, drawn.most) == ("40 %", "80 %", "10", "1,000 images")


def test_it_says_in_words_what_it_shows() -> None:
    drawn = thumbnail([curve("sprm", (10, 0.5, None, None), (1000, 0.7, None, None))], 0.523)
    assert drawn is not None
    assert drawn.alternative == "sprm 50.0 % with 10 images to 70.0 % with 1,000 images; prior 52.3 %"
    assert drawn.lines[0].bars == ()


def test_one_accuracy_stands_in_the_middle() -> None:
    drawn = thumbnail([curve("sprm", (50, 0.5, None, None))], None)
    assert drawn is not None
    assert drawn.lines[0].marks == ((f"{(LEFT + WIDTH - RIGHT) / 2:.1f}", f"{(HEIGHT - BOTTOM + TOP) / 2:.1f}"),)
    assert (drawn.prior, drawn.most) == (None, "")
    assert drawn.alternative == "sprm 50.0 % with 50 images"


def test_nothing_is_drawn_where_nothing_was_trained() -> None:
    assert thumbnail([], 0.5) is None
    assert thumbnail([curve("sprm")], 0.5) is None
