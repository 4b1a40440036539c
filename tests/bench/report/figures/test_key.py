from __future__ import annotations

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bench.report.figures.canvas import INK, STYLE
from bench.report.figures.key import ROW, Mark, draw_key, key_height

NAMES = ["sprm", "refinement", "a-system-with-a-name-of-forty-characters-i", "sprm-without-score", "chance"]
MARKS = [Mark(name, INK, {"marker": "o"}) for name in NAMES]


def test_the_names_of_a_key_lie_within_the_figure_and_never_touch() -> None:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5, 2))
        draw_key(figure, MARKS)
        renderer = FigureCanvasAgg(figure).get_renderer()
        boxes = [text.get_window_extent(renderer) for text in figure.texts]
        assert key_height(MARKS, 5) == 3 * ROW
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_without_marks_a_key_takes_no_room() -> None:
    assert key_height([], 5) == 0
