"""Fixtures that all tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tfmoe.core.threads import set_threads

set_threads(1)  # before any test imports a numerical library

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("TFMOE_TEST_DATA", ROOT.parent / "shared" / "data"))

Snakemake = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder with real data; skip the test if there is none."""
    if not DATA.is_dir():
        pytest.skip(f"no real peaks and genomes in {DATA}; set TFMOE_TEST_DATA to their folder")
    return DATA


@pytest.fixture(scope="session")
def snakemake() -> Snakemake:
    """Return a function that runs the pipeline in a given folder."""

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        command += ["--directory", str(folder), "--cores", "2", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)

    return run
