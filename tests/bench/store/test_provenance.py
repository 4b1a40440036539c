from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from bench.store.provenance import Provenance, _git_revision, package_version, provenance


def test_versions_are_those_that_are_installed() -> None:
    found = provenance()
    assert found.package == package_version() == version("sprm-bench")
    assert found.python == platform.python_version()
    assert found.libraries["numpy"] == version("numpy")
    assert found.processors == os.cpu_count()
    assert found.processor


def test_libraries_are_named_without_being_loaded() -> None:
    code = "import sys; from bench.store.provenance import provenance; provenance(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_revision_is_a_git_hash_or_none() -> None:
    revision = provenance().revision
    assert revision is None or len(revision) == 40


def test_every_distribution_that_is_depended_on_is_named_also_by_way_of_others() -> None:
    libraries = provenance().libraries
    assert {"torch", "pyarrow", "ijson", "contourpy", "markupsafe"} <= libraries.keys()
    assert not {"sprm-bench", "pytest", "ruff", "mkdocs"} & libraries.keys()
    assert libraries["contourpy"] == version("contourpy")


def test_a_machine_is_named_only_when_that_is_asked_for() -> None:
    assert provenance().host is None
    assert provenance(host=True).host == platform.node()


@pytest.mark.parametrize(("revision", "dirty"), [("a" * 40, False), (f"{'a' * 40}+", True), (None, None)])
def test_what_an_earlier_version_wrote_of_its_code_reads_as_revision_and_flag(
    revision: str | None, dirty: bool | None
) -> None:
    then = provenance().model_dump(mode="json", exclude={"dirty", "host"}) | {"revision": revision}
    read = Provenance.model_validate(then)
    assert (read.revision, read.dirty, read.code) == (revision and "a" * 40, dirty, revision)
    assert Provenance.model_validate_json(read.model_dump_json()) == read


def test_a_checkout_with_changed_files_is_told_apart(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        answer = subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return answer.stdout.strip()

    for name in ("bench/store/provenance.py", "sprm/seeding.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    assert _git_revision(tmp_path / "bench" / "store") == (None, None)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    head = git("rev-parse", "HEAD")
    assert _git_revision(tmp_path / "bench" / "store") == (head, False)
    (tmp_path / "sprm" / "seeding.py").write_text("changed")
    assert _git_revision(tmp_path / "bench" / "store") == (head, True)
