"""What docs/controls.md writes can be run, and changes what is computed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bench.protocol.load import load
from bench.store.inputs import system_inputs
from bench.systems.trained import TrainedSystem
from sprm.errors import ProtocolError

PAGE = (Path(__file__).parent.parent / "docs" / "controls.md").read_text(encoding="utf-8")
BLOCK, TUNED = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
ROWS = [key for row in re.findall(r"^\| (`[a-z]+: .*?) \|", PAGE, re.MULTILINE) for key in re.findall(r"`(.+?)`", row)]


def test_every_system_is_another(tmp_path: Path) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text(f"name: controls\nfractions: [1]\n{BLOCK}", encoding="utf-8")
    protocol = load(path).protocol
    inputs = [system_inputs(protocol, name) for name in protocol.systems]
    assert len(inputs) > 8
    assert not any(one in inputs[:place] for place, one in enumerate(inputs))


def test_tuned_systems_have_equally_many_combinations_and_what_the_page_says_cannot_be_tuned_is_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text(f"name: tuned\nfractions: [1]\n{TUNED}", encoding="utf-8")
    systems = load(path).protocol.systems.values()
    assert [len(system.candidates) for system in systems if isinstance(system, TrainedSystem)] == [4, 4]
    (line,) = re.findall(r"^- (.*) are the same for all combinations\.$", PAGE, re.MULTILINE)
    for name in re.findall(r"`(\w+)`", line):
        with pytest.raises(ProtocolError, match=rf"systems\.maf\.tune\.{name}"):
            load(path, [f"systems.maf.tune={{{name}: [1, 2, 3, 4]}}"])
    with pytest.raises(ProtocolError, match=r"expected 4 combinations of values to try, as sprm has, found 3"):
        load(path, ["systems.maf.tune={batch: [8, 16, 32]}"])


@pytest.mark.parametrize("key", ROWS)
def test_every_training_value_changes_the_trial(tmp_path: Path, key: str) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text("name: tiny\nfractions: [1]\nsystems: {sprm: {kind: sprm}}\n", encoding="utf-8")
    ((name, value),) = yaml.safe_load(key).items()
    of_all, own = (load(path, [f"{where}.{name}={value}"]).protocol for where in ("training", "systems.sprm"))
    assert system_inputs(of_all, "sprm") == system_inputs(own, "sprm") != system_inputs(load(path).protocol, "sprm")


def test_every_row_is_tested() -> None:
    assert len(ROWS) == 6
