"""`python -m bench`."""

from __future__ import annotations

from bench.cli import app
from bench.terminal import prepare_streams

prepare_streams()
app(prog_name="python -m bench")
