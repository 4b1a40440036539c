"""How long a report of a large run takes, and how much memory; run by hand.

`PYTHONPATH=tests/support python tests/manual/report_time.py` makes up a run of 36 trainings, each with answers to about
15,000 test phrases, with pictures for its examples, and prints what `report` takes for it. It takes a minute or two.
With `profile` behind, it prints where the time goes instead.
"""

from __future__ import annotations

import cProfile
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.table import Table
from simulated_run import SimulatedRun
from simulated_test_split import describe

from bench.cli.terminal import console
from bench.report.write import current_report

LARGE = SimulatedRun(
    fractions=(0.01, 0.05, 0.1, 0.25, 0.5, 1.0),
    seeds=3,
    images=1_100,
    tied=0.3,
    claims=(
        "name: small-fraction, kind: competitive, system: sprm, margin: {margin}, up_to: 0.25",
        "name: keeps-most, kind: retains, system: sprm, rival: prior, at: 0.25, share: 0.8",
        "name: thanks-to-the-prior, kind: more_efficient, system: sprm, rival: refinement, factor: 10",
        "name: refines, kind: better_than, system: sprm, rival: prior",
        "name: above, kind: above_reference, system: sprm, reference: 0.6, source: MAF, corpus: flickr30k, split: test",
    ),
)
EXAMPLES = 60


def main(asked: str = "time") -> None:
    """Make the run up, and print what its report takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = describe(LARGE.write(folder / "run"), examples=EXAMPLES, pictures=range(EXAMPLES))
        if asked == "profile":
            profile = cProfile.Profile()
            profile.runcall(current_report, run, folder / "reports" / "run")
            pstats.Stats(profile).sort_stats("cumulative").print_stats(60)
            return
        started = time.perf_counter()
        call = [sys.executable, "-m", "bench", "report", str(run), "--reports", str(folder / "reports")]
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        # In kilobytes, of the largest process that has ended.
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        files = [path for path in (folder / "reports").rglob("*") if path.is_file()]
        table = Table("seconds", "peak memory", "page", "whole folder")
        page = (folder / "reports" / "run" / "index.html").stat().st_size
        whole = sum(path.stat().st_size for path in files)
        table.add_row(f"{seconds:.1f}", f"{memory:.0f} MiB", f"{page / 1e6:.1f} MB", f"{whole / 1e6:.1f} MB")
        console().print(table)


if __name__ == "__main__":
    main(*sys.argv[1:])
