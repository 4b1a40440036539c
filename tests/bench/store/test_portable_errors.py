from __future__ import annotations

from pathlib import Path

import pytest

from bench.store.portable_errors import problem_of, told, traceback_of
from sprm.errors import DataError


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder on a machine of somebody whose name stands in every path, some with blanks."""
    home = tmp_path / "home" / "ada lovelace"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("BENCH_CACHE", str(home / "cache"))
    return home / "study" / "results" / "tiny-01234567"


def raised(error: Exception) -> Exception:
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_folders_of_the_process_are_named_by_what_they_are(run: Path, tmp_path: Path) -> None:
    home = tmp_path / "home" / "ada lovelace"
    for path, name in {
        run / "trials/sprm/1/0": "<run>/trials/sprm/1/0",
        home / "cache/corpora/0f/train": "<cache>/corpora/0f/train",
        home / "data/flickr 30k/x.xml": "~/data/flickr 30k/x.xml",
        home: "~",
    }.items():
        assert problem_of(raised(DataError("is missing", path=path)), run) == f"{name}: is missing"


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (DataError("is missing", path=Path("/data/ada smith/x.xml"), where=3), ".../x.xml, line 3: is missing"),
        (
            FileNotFoundError(2, "No such file", "/data/ada smith/x"),
            "FileNotFoundError: [Errno 2] No such file: '.../x'",
        ),
        (RuntimeError("CUDA error (/build/ada/aten.cpp:123)"), "RuntimeError: CUDA error (.../aten.cpp:123)"),
        (ValueError('no key in "/data/ada smith/x.json"'), 'ValueError: no key in ".../x.json"'),
        (ValueError("see <file:///home/ada/x.h5>"), "ValueError: see <file:.../x.h5>"),
        (ValueError("open </home/ada/x.h5>, //home/ada/y"), "ValueError: open <.../x.h5>, .../y"),
        (ValueError("get it from https://ada.org/data/x"), "ValueError: get it from https://ada.org/data/x"),
        (ValueError("3/4 of it, data/x/y, 1 / 2"), "ValueError: 3/4 of it, data/x/y, 1 / 2"),
    ],
)
def test_of_any_other_absolute_path_its_last_name_is_left(run: Path, error: Exception, problem: str) -> None:
    assert problem_of(raised(error), run) == problem


def test_a_person_at_the_terminal_is_told_the_whole_path(run: Path) -> None:
    assert told(DataError("is missing", path=run / "x")) == f"{run / 'x'}: is missing"


def test_a_traceback_names_code_from_its_package_on_that_of_causes_too(run: Path) -> None:
    def broken() -> None:
        try:
            np_load(run / "x.npy")
        except OSError as error:
            raise DataError("cannot be read", path=run / "x.npy") from error

    with pytest.raises(DataError) as caught:
        broken()
    text = traceback_of(caught.value, run)
    assert 'File "numpy/lib/_npyio_impl.py"' in text
    assert "direct cause" in text and "<run>/x.npy" in text and "cannot be read" in text
    assert "ada" not in text and str(Path(__file__).parent) not in text


def np_load(path: Path) -> None:
    import numpy as np

    np.load(path)
