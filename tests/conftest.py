"""Fixtures that all tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parallel_tests import make_scheduler, rank
from snakemake_forks import Snakemakes
from tfmoe.core.threads import set_threads

THREADS = int(os.environ.get("TFMOE_TEST_THREADS", "1"))
set_threads(THREADS)  # before any test imports a numerical library
# each job of a run in a test would compile all modules that it imports
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("TFMOE_TEST_DATA", ROOT.parent / "shared" / "data"))

Snakemake = Callable[..., subprocess.CompletedProcess[str]]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their number: a packed file holds the time, which differs between processes."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several processes, start with the files that take longest."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give all tests of a file to one of the processes that `--numprocesses` starts."""
    return make_scheduler(config, log)


@pytest.fixture(autouse=True)
def threads() -> None:
    """Set torch's number of threads again, because functions of the package change it."""
    if THREADS != 1 and "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(THREADS)


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
def snakemakes() -> Iterator[Snakemakes]:
    """Return the server that runs Snakemake in forked processes."""
    started = Snakemakes()
    yield started
    started.close()


@pytest.fixture(scope="session")
def snakemake(snakemakes: Snakemakes) -> Snakemake:
    """Return a function that runs the pipeline in a given folder."""

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
        return snakemakes.run([*command, "--cores", "2", *arguments], folder)

    return run
