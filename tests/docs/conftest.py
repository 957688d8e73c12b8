"""The website of the documentation, built once for all tests."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = ("mkdocs", "material", "latex2mathml")


@pytest.fixture(scope="session")
def website(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the website with all warnings as errors."""
    if any(find_spec(name) is None for name in PACKAGES):
        pytest.skip("the packages of the group `docs` are not installed")
    folder = tmp_path_factory.mktemp("website")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    command += ["--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    ended = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder
