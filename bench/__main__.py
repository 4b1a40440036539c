"""`bench`, and `python -m bench`."""

from __future__ import annotations

import sys

from bench.cli.app import app
from bench.cli.exit_codes import PIPE_CLOSED
from bench.cli.terminal import prepare_streams, reader_has_left


def main(called: str = "bench") -> None:
    """Run a command and end the process with its exit code.

    Args:
        called: how the program was called, as help and messages repeat it.
    """
    prepare_streams()
    try:
        app(prog_name=called)
    except SystemExit as end:
        # What answers without a command, such as `--help`, does not ask.
        sys.exit(PIPE_CLOSED if reader_has_left() else end.code)


if __name__ == "__main__":
    # Shells complete the words after a program's name, and `python -m bench` is no such name.
    app._add_completion = False
    main("python -m bench")
