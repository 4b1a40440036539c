"""What two runs do not have in common is named with both values, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from edited_run import edit, edit_every_record
from simulated_run import SimulatedRun

from bench.analysis.run_differences import Difference, origin_differences, setting_differences
from bench.analysis.run_side import read_side

SMALL = SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=20)


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    return SMALL.write(tmp_path / "first"), SMALL.write(tmp_path / "second")


def rewrite(run: Path, old: str, new: str) -> None:
    path = run / "protocol.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_runs_of_one_protocol_on_one_machine_do_not_differ(runs: tuple[Path, Path]) -> None:
    first, second = map(read_side, runs)
    assert setting_differences(first, second) == ()
    assert origin_differences(first, second) == ()


def test_settings_go_by_dotted_names_and_claims_by_their_own(runs: tuple[Path, Path]) -> None:
    rewrite(runs[1], "epochs: 25", "epochs: 3")
    rewrite(runs[1], "margin: 0.02", "margin: 0.05")
    rewrite(runs[1], "  oracle: {kind: oracle}\n", "")
    assert setting_differences(*map(read_side, runs)) == (
        Difference("systems.oracle", {"kind": "oracle"}, None),
        Difference("training.epochs", 25, 3),
        Difference("claims.small-fraction.margin", 0.02, 0.05),
    )


def test_paths_are_those_that_were_written_down(tmp_path: Path) -> None:
    sides = []
    for name in ("data", "elsewhere"):
        run = SimulatedRun(fractions=(1.0,), seeds=1, images=4, corpus=f"{{kind: flickr30k, root: {name}}}").write(
            tmp_path / f"run-{name}"
        )
        edit_path = run / "protocol.yaml"
        lines = [f"  root: {name}" if "  root:" in line else line for line in edit_path.read_text().splitlines()]
        edit_path.write_text("\n".join(lines) + "\n")
        sides.append(read_side(run))
    assert setting_differences(*sides) == (Difference("corpus.root", "data", "elsewhere"),)


def test_origins_are_those_of_the_results_of_which_a_run_may_have_several(runs: tuple[Path, Path]) -> None:
    edit_every_record(
        runs[1],
        lambda record: record["provenance"].update(
            revision="f" * 40 if record["system"] == "sprm" else "e" * 40, libraries={"torch": "9.9", "numpy": "2.4.6"}
        ),
    )
    differences = {each.name: (each.first, each.second) for each in origin_differences(*map(read_side, runs))}
    assert differences == {
        "revision": ("0123456789abcdef0123456789abcdef01234567", ["e" * 40, "f" * 40]),
        "libraries.torch": ("2.14.1", "9.9"),
    }


def test_without_results_origins_are_those_of_the_manifest(runs: tuple[Path, Path], tmp_path: Path) -> None:
    for path in runs[1].glob("trials/*/*/*/record.json"):
        path.unlink()
    edit(runs[1] / "manifest.json", lambda manifest: manifest["provenance"].update(processor="another"))
    differences = {each.name: (each.first, each.second) for each in origin_differences(*map(read_side, runs))}
    assert differences["processor"] == ("a processor", "another")
    assert "corpus.fingerprint" not in differences
