"""Run tests on mutants of a module, each in a forked process.

Importing the numerical libraries takes seconds, and the tests of a mutant often less than one. The
libraries are therefore imported once, without the modules of the project, and each mutant gets a
forked process, in which its source takes the place of the module.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
LIBRARIES = (
    "numpy", "pandas", "scipy.stats", "scipy.optimize", "torch", "numba", "pysam", "pyfaidx",
    "hypothesis", "sklearn.metrics", "statsmodels.stats.multitest", "jsonschema", "yaml", "pytest",
)  # fmt: skip
SECONDS = 40  # of processor time, because a mutant may run endlessly
OPTIONS = [
    "-x", "-q", "--no-header", "--tb=line", "-p", "no:cacheprovider",
    "-p", "no:unraisableexception",  # it collects garbage, which takes longer than most tests
    # hypothesis is imported before pytest could rewrite its assertions; scalars of numpy warn where
    # the unsigned numbers of a kernel overflow on purpose
    "-W", "ignore::pytest.PytestAssertRewriteWarning", "-W", "ignore::RuntimeWarning",
]  # fmt: skip


class Mutated(MetaPathFinder, SourceFileLoader):
    """Finder and loader that put a source in the place of a module."""

    def __init__(self, module: str, source: str) -> None:
        super().__init__(module, str(path_of(module)))
        self.source = source

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, str(self.path), "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module with numba switched off: compiling a mutant would take ten seconds."""
        from numba import config

        config.DISABLE_JIT = 1
        super().exec_module(module)
        config.DISABLE_JIT = 0


def path_of(module: str) -> Path:
    """Return the file of a module."""
    return ROOT / "scripts" / Path(*module.split(".")).with_suffix(".py")


def prepare(cache: Path) -> None:
    """Import the libraries; compiled sources of tests are kept in `cache`."""
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "helpers")]
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(cache)
    from tfmoe.core.threads import set_threads

    set_threads(1)
    for library in LIBRARIES:
        importlib.import_module(library)
    from tfmoe.core.compiled import STEP, mix

    mix(STEP)  # compiles it once for all
    gc.collect()
    gc.freeze()


@dataclass(frozen=True)
class Task:
    """A source that takes the place of a module, and the arguments of pytest."""

    module: str
    source: str
    tests: tuple[str, ...]


def run_all(tasks: Sequence[Task], jobs: int) -> Iterator[tuple[int, int, float]]:
    """Run tasks, several at once.

    Yields
    ------
    tuple
        Index of the task, exit status of pytest, and processor seconds. A status below 0 is the
        signal that ended the process, such as SIGXCPU.
    """
    running: dict[int, int] = {}
    for index, task in enumerate(tasks):
        if len(running) == jobs:
            yield _next(running)
        child = os.fork()
        if child == 0:
            _run(task)
        running[child] = index
    while running:
        yield _next(running)


def _next(running: dict[int, int]) -> tuple[int, int, float]:
    child, ended, used = os.wait3(0)
    return running.pop(child), os.waitstatus_to_exitcode(ended), used.ru_utime + used.ru_stime


def _run(task: Task) -> None:
    """Run the tests in this process and end it."""
    status = 3
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
        printed = os.open(os.environ.get("MUTANTS_LOG", os.devnull), os.O_RDWR | os.O_CREAT)
        for number in (0, 1, 2):
            os.dup2(printed, number)
        sys.meta_path.insert(0, Mutated(task.module, task.source))
        import pytest

        status = int(pytest.main([*OPTIONS, *task.tests]))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
