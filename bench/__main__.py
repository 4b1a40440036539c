"""`python -m bench`."""

from __future__ import annotations

import sys

from bench.cli.app import app
from bench.cli.exit_codes import PIPE_CLOSED
from bench.cli.terminal import prepare_streams, reader_has_left

prepare_streams()
try:
    app(prog_name="python -m bench")
except SystemExit as end:
    # What answers without a command, such as `--help`, does not ask.
    sys.exit(PIPE_CLOSED if reader_has_left() else end.code)
