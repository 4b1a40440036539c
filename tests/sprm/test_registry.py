"""Registries of what files and other distributions add."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from distribution import distribution

from sprm.errors import PluginError
from sprm.evaluation.metric import ACCURACY, METRICS, Metric
from sprm.plugins import source_hash
from sprm.registry import Registry

OWN = "sprm.evaluation.metrics.*"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "elsewhere", raising=False)
    return tmp_path


def test_a_module_of_another_distribution_that_fails_is_named_every_time(folder: Path) -> None:
    distribution(folder, "elsewhere", "import no_such_module_anywhere\n", "sprm_bench.trial")
    registry = Registry[object]("sprm_bench.trial", OWN)
    for _ in range(2):
        with pytest.raises(
            PluginError, match=r"elsewhere: its sprm_bench\.trial “elsewhere” cannot be loaded \(ModuleNotFound"
        ):
            registry.by_name()


def test_the_modules_of_other_distributions_are_loaded_after_the_projects_own(folder: Path) -> None:
    distribution(folder, "elsewhere", "", "sprm_bench.trial")
    names = [module.__name__ for module in Registry[object]("sprm_bench.trial", OWN).modules()]
    assert names[-1] == "elsewhere"
    assert "sprm.evaluation.metrics.accuracy" in names


@pytest.mark.parametrize("changed", ["systems/net.py", "layers.py", "__init__.py"])
def test_a_module_is_known_by_all_of_its_package(folder: Path, changed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("__init__.py", "layers.py", "systems/__init__.py", "systems/net.py"):
        (folder / "elsewhere" / name).parent.mkdir(exist_ok=True)
        (folder / "elsewhere" / name).write_text("SIZE = 1\n")
    for name in ("elsewhere.systems", "elsewhere.systems.net"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.import_module("elsewhere.systems.net")
    source_hash.cache_clear()
    before = source_hash("elsewhere.systems.net")
    (folder / "elsewhere" / changed).write_text("SIZE = 2\n")
    assert source_hash("elsewhere.systems.net") == before, "what is loaded is what it was"
    source_hash.cache_clear()
    assert source_hash("elsewhere.systems.net") != before


def test_two_things_cannot_have_one_name() -> None:
    registry = Registry[int]("sprm_bench.trial", OWN)
    registry.add("one", 1)
    with pytest.raises(ValueError, match="2 and 1 are both called 'one'"):
        registry.add("one", 2)


@pytest.mark.parametrize("name", ["score", "box", "phrase", ACCURACY])
def test_a_metric_cannot_have_the_name_of_another_column(name: str) -> None:
    METRICS.by_name()
    with pytest.raises(ValueError, match=f"called '{name}'"):
        METRICS.add(name, Metric("Impostor", "something else", lambda matches: matches.iou))
