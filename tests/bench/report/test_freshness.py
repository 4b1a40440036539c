from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from simulated_run import SimulatedRun
from simulated_test_split import describe

import bench
import sprm
from bench.report.analyse import analyse
from bench.report.freshness import is_current
from bench.report.write import current_report
from bench.store.ledger import Ledger
from bench.store.records import TrialKey

KEY = TrialKey("sprm", "0.5", 1)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run and its report, `run` and `report`; not to be changed."""
    folder = tmp_path_factory.mktemp("drawn")
    run = SimulatedRun(fractions=(0.5, 1.0), seeds=2, images=12).write(folder / "run")
    current_report(describe(run, examples=3, pictures=[0]), folder / "report")
    return folder


@pytest.fixture
def run(drawn: Path, tmp_path: Path) -> Path:
    """A run with its report beside it, which may be changed."""
    shutil.copytree(drawn, tmp_path, dirs_exist_ok=True)
    return tmp_path / "run"


def change_outcome(run: Path, report: Path) -> None:
    ledger = Ledger(run)
    record, items = ledger.record(KEY), ledger.items(KEY)
    assert record is not None
    ledger.write(record, items.assign(correct=1.0 - items["correct"]))


def remove_trial(run: Path, report: Path) -> None:
    (Ledger(run).trial_folder(KEY) / "record.json").unlink()


def fail_trial(run: Path, report: Path) -> None:
    Ledger(run).write_failure(KEY, "f" * 64, "out of memory", "Traceback ...")


def change_claim(run: Path, report: Path) -> None:
    path = run / "protocol.yaml"
    path.write_text(path.read_text().replace("margin: 0.02", "margin: 0.03"))


def lose_phrases(run: Path, report: Path) -> None:
    (run / "test" / "phrases.parquet").unlink()


def lose_picture(run: Path, report: Path) -> None:
    (run / "test" / "pictures" / "0.jpg").unlink()


def link_a_picture_to_what_never_ends(run: Path, report: Path) -> None:
    lose_picture(run, report)
    (run / "test" / "pictures" / "0.jpg").symlink_to("/dev/zero")


def lose_figure(run: Path, report: Path) -> None:
    (report / "figures" / "accuracy_curve.png").unlink()


def empty_the_page(run: Path, report: Path) -> None:
    (report / "report.md").write_text("")


def leave_marks_of_a_conflict(run: Path, report: Path) -> None:
    path = report / "claims.json"
    path.write_text(f"<<<<<<< HEAD\n{path.read_text()}")


def change_line_ends(run: Path, report: Path) -> None:
    path = report / "tables" / "curve.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def nest_the_stamp(run: Path, report: Path) -> None:
    (report / "inputs.json").write_text("[" * 100_000)


def spoil_stamp(run: Path, report: Path) -> None:
    (report / "inputs.json").write_text("[]")


def test_a_report_just_drawn_is_current(run: Path, tmp_path: Path) -> None:
    assert is_current(run, tmp_path / "report")


def test_a_current_report_stays_as_it_is_and_tells_what_was_judged(run: Path, tmp_path: Path) -> None:
    written = (tmp_path / "report" / "index.html").stat().st_mtime_ns
    report = current_report(run, tmp_path / "report")
    assert report.verdicts == {one.claim.name: one.decision for one in analyse(run).verdicts}
    assert report.page == tmp_path / "report" / "index.html"
    assert report.page.stat().st_mtime_ns == written


def test_there_is_no_current_report_before_one_is_drawn(run: Path, tmp_path: Path) -> None:
    assert not is_current(run, tmp_path / "elsewhere")


DAMAGES = [lose_figure, empty_the_page, leave_marks_of_a_conflict, change_line_ends, spoil_stamp, nest_the_stamp]


TEST_SPLIT = [lose_phrases, lose_picture, link_a_picture_to_what_never_ends]


@pytest.mark.parametrize("change", [change_outcome, remove_trial, fail_trial, change_claim, *TEST_SPLIT, *DAMAGES])
def test_a_change_of_run_or_report_makes_it_stale(
    run: Path, tmp_path: Path, change: Callable[[Path, Path], None]
) -> None:
    report = tmp_path / "report"
    change(run, report)
    assert not is_current(run, report)
    current_report(run, report)
    assert is_current(run, report)


@pytest.mark.parametrize("name", ["test/phrases.parquet", "trials/sprm/0.5/1/items.parquet"])
def test_a_report_drawn_before_all_of_its_run_was_there_is_drawn_again(name: str, run: Path, tmp_path: Path) -> None:
    report, late = tmp_path / "report", run / name
    content = late.read_bytes()
    late.unlink()
    without = current_report(run, report).page.read_bytes()
    late.write_bytes(content)
    assert not is_current(run, report)
    assert current_report(run, report).page.read_bytes() != without


def test_figures_that_a_run_has_no_more_leave_its_report_and_what_is_not_its_own_stays(
    run: Path, tmp_path: Path
) -> None:
    report, outside = tmp_path / "report", tmp_path / "figures" / "mine.svg"
    assert (report / "figures" / "phrase_properties.svg").is_file()
    own = report / "tables" / "mine.csv"
    outside.parent.mkdir()
    for path in (own, outside):
        path.write_text("mine")
    stamp = json.loads((report / "inputs.json").read_text())
    stamp["files"] |= {"../figures/mine.svg": "", str(outside): ""}
    (report / "inputs.json").write_text(json.dumps(stamp))
    shutil.rmtree(run / "test")
    current_report(run, report)
    left = {path.stem for folder in ("figures", "tables") for path in (report / folder).iterdir()}
    assert not left & {"phrase_properties", "example_rates"}
    assert own.is_file()
    assert outside.is_file()


def test_a_change_of_the_code_that_draws_it_makes_it_stale(run: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    for package in (bench, sprm):
        shutil.copytree(Path(package.__file__).parent, code / package.__name__)

    def is_current_by_the_copy() -> str:
        asked = (
            "from pathlib import Path; from bench.report.freshness import is_current;"
            "print(is_current(Path('run'), Path('report')))"
        )
        environment = os.environ | {"PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", asked], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    assert is_current_by_the_copy() == "True"
    for source in (
        "bench/report/templates/styles/base.css",
        "bench/report/text/story.py",
        "bench/claims/retains.py",
        "bench/systems/prior.py",
        "sprm/evaluation/metrics/mean_iou.py",
        "bench/stats/outcomes/two_way.py",
        "sprm/corpus/doubts.py",
    ):
        written = (code / source).read_text()
        (code / source).write_text(written + "\n")
        assert is_current_by_the_copy() == "False", source
        (code / source).write_text(written)
    assert is_current_by_the_copy() == "True"


def test_asking_imports_nothing_heavy() -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from bench.report.freshness import is_current; import bench.report.write;"
        "is_current(Path('none'), Path('none'));"
        "print([name for name in ('pandas', 'scipy.stats', 'matplotlib', 'jinja2', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
