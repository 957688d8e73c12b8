"""Fixtures that all tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snakemake_forks import Snakemakes
from tfmoe.core.threads import set_threads

THREADS = int(os.environ.get("TFMOE_TEST_THREADS", "1"))
set_threads(THREADS)  # before any test imports a numerical library
# each job of a run in a test would compile all modules that it imports
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("TFMOE_TEST_DATA", ROOT.parent / "shared" / "data"))

Snakemake = Callable[..., subprocess.CompletedProcess[str]]


# with several processes, those that take longest start first
ORDER = ("workflow", "faults", "unit")
SHARED = ("small",)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the tests of a file, or of a fixture that takes a minute, to one process of xdist."""
    if not config.pluginmanager.hasplugin("dsession") and not hasattr(config, "workerinput"):
        return
    groups = {item.nodeid: _group(item) for item in items}
    items.sort(key=lambda item: _rank(groups[item.nodeid]))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(groups[item.nodeid]))


def _group(item: pytest.Item) -> str:
    fixtures = getattr(item, "fixturenames", ())
    return next((name for name in SHARED if name in fixtures), item.nodeid.split("::")[0])


def _rank(group: str) -> int:
    parts = group.split("/")
    return 0 if len(parts) == 1 else 1 + (ORDER.index(parts[1]) if parts[1] in ORDER else 9)


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
