"""A description of the test split that does not fit together is refused, whatever the hashes in its index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from simulated_run import SimulatedRun
from simulated_test_split import describe

from bench.store.test_split import flaw_of_test_split, read_test_split

UNFIT = "test: its tables do not fit each other"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that describes its test split."""
    return describe(SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=12).write(tmp_path / "run"), examples=6)


def edit_index(run: Path, **values: Any) -> None:
    path = run / "test" / "index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def edit_table(run: Path, name: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change a table, and let the index have the hash that it then has."""
    path = run / "test" / f"{name}.parquet"
    parquet.write_table(change(parquet.read_table(path)), path)
    files = json.loads((run / "test" / "index.json").read_text())["files"]
    edit_index(run, files=files | {path.name: hashlib.sha256(path.read_bytes()).hexdigest()})


def with_corner(table: pa.Table, value: float) -> pa.Table:
    place = table.column_names.index("x1")
    corners = np.full(len(table), value).astype(table.schema.field("x1").type.to_pandas_dtype())
    return table.set_column(place, "x1", pa.array(corners))


@pytest.mark.parametrize("row", [-1, 12, 10**30])
def test_an_example_that_is_no_image_is_refused(run: Path, row: int) -> None:
    edit_index(run, examples=[0, row])
    assert read_test_split(run) is None
    assert flaw_of_test_split(run) == UNFIT


def test_an_example_that_is_there_twice_is_refused(run: Path) -> None:
    edit_index(run, examples=[0, 1, 1])
    assert flaw_of_test_split(run) == UNFIT


@pytest.mark.parametrize("table", ["regions", "phrases"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_box_that_cannot_be_drawn_is_refused(run: Path, table: str, value: float) -> None:
    edit_table(run, table, lambda whole: with_corner(whole, value))
    assert flaw_of_test_split(run) == UNFIT


def test_a_head_that_is_counted_twice_in_a_subset_is_refused(run: Path) -> None:
    edit_table(run, "heads", lambda whole: pa.concat_tables([whole, whole]))
    assert flaw_of_test_split(run) == UNFIT
