from __future__ import annotations

import io

import pandas as pd

from bench.report.tables.table import Table

TABLE = Table(
    name="example",
    caption="An example.",
    header=("System", "Share", "p"),
    rows=(("a_b & c", "5 %", "< .001"), ("d", "−1.5", "–")),
    data=pd.DataFrame({"system": ["a_b & c", "d"], "p": [0.0001234567890123, float("nan")]}),
)


def test_csv_keeps_every_digit_and_leaves_undefined_numbers_empty() -> None:
    text = TABLE.csv()
    assert pd.read_csv(io.StringIO(text))["p"][0] == 0.0001234567890123
    assert text.splitlines()[2] == "d,"
