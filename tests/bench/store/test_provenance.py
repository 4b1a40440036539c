from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version

from bench.store.provenance import package_version, provenance


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
    assert revision is None or len(revision.removesuffix("+")) == 40
