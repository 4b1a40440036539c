"""The main job, on a folder in the owners' layout that the built-in corpus did not write."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import PROTOCOL, CommandLine

pytestmark = pytest.mark.slow

WITH_REFINEMENT = PROTOCOL.replace("  sprm:", "  refinement: {kind: refinement}\n  sprm:")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, CommandLine]:
    """The same protocol run in two folders, with 1 and with 2 workers."""
    runs = {workers: CommandLine.at(tmp_path_factory.mktemp(f"workers{workers}")) for workers in (1, 2)}
    for workers, cli in runs.items():
        cli.write(WITH_REFINEMENT)
        done = cli("run", "protocol.yaml", "--workers", str(workers))
        assert done.returncode == 0, done.stderr
        assert Path(cli.folder, done.stdout.strip().splitlines()[-1]).is_file(), done.stdout
    return runs


def items(cli: CommandLine) -> dict[str, Path]:
    """Where each trial's outcomes lie, by its path among the trials."""
    root = cli.run_folder / "trials"
    return {path.relative_to(root).as_posix(): path for path in sorted(root.glob("**/items.parquet"))}


def test_one_and_two_workers_write_the_same_bytes(runs: dict[int, CommandLine]) -> None:
    one, two = ({name: path.read_bytes() for name, path in items(cli).items()} for cli in runs.values())
    assert one == two


def test_every_system_answers_every_test_phrase(runs: dict[int, CommandLine]) -> None:
    tables = {name: pd.read_parquet(path) for name, path in items(runs[1]).items()}
    assert len(tables) == 3 + 2 * 2 * 2
    (phrases,) = (runs[1].run_folder / "phrases").iterdir()
    assert {len(table) for table in tables.values()} == {len(pd.read_parquet(phrases))}
    accuracy = {name.split("/")[0]: table["correct"].mean() for name, table in tables.items()}
    assert accuracy["random"] < accuracy["oracle"]
    assert accuracy["prior"] <= accuracy["oracle"]


def test_a_second_run_changes_nothing(runs: dict[int, CommandLine]) -> None:
    def state() -> dict[Path, tuple[int, bytes]]:
        written = [path for name in ("results", "reports") for path in (runs[2].folder / name).rglob("*")]
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in written if path.is_file()}

    before = state()
    assert runs[2]("run", "protocol.yaml").returncode == 0
    assert state() == before


def test_the_report_holds_a_curve_and_a_decision(runs: dict[int, CommandLine]) -> None:
    (report,) = (path for path in (runs[1].folder / "reports").iterdir() if path.is_dir())
    for name in ("index.html", "report.md", "figures/accuracy_curve.svg", "figures/accuracy_curve.png"):
        assert (report / name).stat().st_size > 0, name
    curve = pd.read_csv(report / "tables" / "curve.csv")
    assert {"prior", "refinement", "sprm"} <= set(curve["system"])
    assert json.loads((report / "claims.json").read_text())
