"""What a figure in the page tells of its points, as markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib as mpl
import pandas as pd

from bench.report.figures.canvas import INK, MUTED, SERIES, STYLE, Drawing, canvas, finish
from bench.report.figures.points import Points

NAMESPACE = "{http://www.w3.org/2000/svg}"


def drawing(text: str = "sprm, 10 images: 50.0 %", title: str = "Accuracy") -> Drawing:
    """A figure 5 inches wide and 3 high, whose panel has a line of one series and a point in its middle."""
    with mpl.rc_context(STYLE):
        figure, ((axes,),) = canvas(5, 3, right=0.5)
        axes.set(xlim=(0, 20), ylim=(0, 100))
        axes.set_title(title)
        points = Points()
        sprm = points.of("sprm", SERIES[0])
        sprm.owns(*axes.plot([0, 20], [0, 100], color=SERIES[0]))
        sprm.at(axes, 10, 50, text)
        sprm.at(axes, float("nan"), 50, "nowhere")
        return finish(figure, "curve", "What it shows.", 'The "spoken" form & more', pd.DataFrame(), points)


def svg_of(drawn: Drawing) -> Element:
    # The page's HTML parser needs no declaration of the namespace; an XML parser does.
    return ElementTree.fromstring(drawn.inline.replace("<svg ", f'<svg xmlns="{NAMESPACE[1:-1]}" ', 1))


def test_a_point_has_a_target_where_it_is_drawn_with_its_values_as_title() -> None:
    (target,) = svg_of(drawing()).iterfind(f".//{NAMESPACE}circle")
    assert [title.text for title in target] == ["sprm, 10 images: 50.0 %"]
    # In points, from the top: margins of 0.5, 0.5, 0.35 and 0.85 inches.
    assert float(target.attrib["cx"]) == 72 * (0.5 + 4 / 2)
    assert abs(float(target.attrib["cy"]) - 72 * (0.35 + 1.8 / 2)) < 0.01
    assert target.attrib["fill"] == "none"


def test_what_is_drawn_of_a_series_bears_its_number() -> None:
    svg = svg_of(drawing())
    line, targets = (element for element in svg.iter() if "data-series" in element.attrib)
    assert line.attrib == {"data-series": "0"}
    assert targets.attrib == {"data-series": "0", "data-name": "sprm", "data-colour": "var(--series-1)"}
    assert line.find(f"{NAMESPACE}path") is not None


def test_a_file_of_a_figure_has_neither_targets_nor_numbers() -> None:
    drawn = drawing()
    assert b"<circle" not in drawn.svg
    assert b"of-series" not in drawn.svg


def test_what_a_figure_says_stays_as_it_is_even_where_it_looks_like_markup() -> None:
    hostile = f'<b id="x" style="{INK}">"&\'{MUTED}'
    svg = svg_of(drawing(text=hostile, title=hostile))
    assert [title.text for title in svg.iter(f"{NAMESPACE}title")] == [hostile]
    assert hostile in ["".join(text.itertext()) for text in svg.iter(f"{NAMESPACE}text")]
    assert svg.attrib["aria-label"] == 'The "spoken" form & more'


def test_ids_of_a_figure_bear_its_name() -> None:
    ids = re.findall(r'\bid="([^"]*)"', drawing().inline)
    assert ids
    assert all(name.startswith("curve-") for name in ids)
