"""Pages as readers see them: one browser for all tests, the committed reports, and pages made for the purpose."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostile_run import EMOJI, QUOTES, SCRIPT, TAG, HostileRun
from simulated_run import SimulatedRun
from simulated_test_split import describe

from bench.report.compare import compare_runs
from bench.report.reports_index import write_reports_index
from bench.report.write import current_report, draw_unfinished
from bench.report.write_comparison import write_comparison
from bench.store.records import TrialKey

if TYPE_CHECKING:
    from browser import Browser

# `make test` needs Python alone.
if find_spec("selenium") is None:
    collect_ignore_glob = ["test_*.py"]

REPORTS = Path(__file__).parents[2] / "reports"
COMMITTED = ("reference", "paper_scale", "photographs")
SMALL = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=3, images=40)


def _plain(folder: Path) -> Path:
    return _reported(SMALL.write(folder / "run"), folder)


def _hostile(folder: Path) -> Path:
    return _reported(describe(HostileRun().write(folder / "run"), label=SCRIPT), folder)


def _examples(folder: Path) -> Path:
    return _reported(describe(SMALL.write(folder / "run"), pictures=range(40)), folder)


def _partial(folder: Path) -> Path:
    without = tuple(TrialKey("sprm", "0.5", seed) for seed in (1, 2))
    return _reported(SMALL.write(folder / "run", without=without), folder)


def _going_on(folder: Path) -> Path:
    run = SMALL.write(folder / "run", without=(TrialKey("sprm", "1", 2),))
    draw_unfinished(run, folder / "report")
    return folder / "report" / "index.html"


def _failed(folder: Path) -> Path:
    failed = tuple(TrialKey(system, "1", 0) for system in ("sprm", "refinement"))
    return _reported(SMALL.write(folder / "run", failed=failed), folder)


def _without_claims(folder: Path) -> Path:
    return _reported(SimulatedRun(fractions=(0.1, 1.0), seeds=2, images=30, claims=()).write(folder / "run"), folder)


def _comparison(folder: Path) -> Path:
    first = SMALL.write(folder / "first")
    second = SimulatedRun(fractions=(0.1, 0.5, 1.0), seeds=3, images=40, gain=0.4, margin=0.05).write(folder / "second")
    return write_comparison(compare_runs(first, second), folder)


def _index(folder: Path, pages: Sequence[Path]) -> Path:
    """Write the index of some reports, which a stranger has given their folders' names."""
    for name, page in zip((f"#1? {EMOJI}", QUOTES.replace("/", ""), TAG), pages, strict=True):
        shutil.copytree(page.parent, folder / name)
    return write_reports_index(folder)


def _reported(run: Path, folder: Path) -> Path:
    return current_report(run, folder / "report").page


MADE: dict[str, Callable[[Path], Path]] = {
    "plain": _plain,
    "hostile": _hostile,
    "examples": _examples,
    "partial": _partial,
    "going_on": _going_on,
    "failed": _failed,
    "without_claims": _without_claims,
    "comparison": _comparison,
}
INDEXED = ("plain", "hostile", "partial")
RUNS = (*COMMITTED, "plain", "hostile", "examples", "partial", "failed", "without_claims")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser without a network."""
    from browser import Browser

    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Finds a page by its name, or makes it; not to be changed."""
    made: dict[str, Path] = {}

    def page_of(name: str) -> Path:
        if name in COMMITTED:
            return REPORTS / name / "index.html"
        if name == "committed_index":
            return REPORTS / "index.html"
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            made[name] = _index(folder, list(map(page_of, INDEXED))) if name == "index" else MADE[name](folder)
        return made[name]

    return page_of


@pytest.fixture(scope="session", params=(*COMMITTED, "committed_index", *MADE, "index"))
def page(request: pytest.FixtureRequest, page_of: Callable[[str], Path]) -> Path:
    """Every kind of page, one after the other."""
    return page_of(request.param)


@pytest.fixture(scope="session", params=RUNS)
def report(request: pytest.FixtureRequest, page_of: Callable[[str], Path]) -> Path:
    """The page of every kind of run, one after the other."""
    return page_of(request.param)
