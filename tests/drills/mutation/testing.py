"""Run a module's tests on its mutants, each in a forked process.

Importing the numerical libraries takes seconds, and a mutant's tests often less. This program
imports the libraries once, but nothing of the project, and forks a process per mutant. In that
process, the mutated source takes the place of the module.

Usage: python testing.py MODULE NUMBER SEED TEST... (or options of pytest). It prints a line of JSON
per mutant, after a first line about the unchanged module.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import signal
import sys
import traceback
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

from mutants import draw_mutants

ROOT = Path(__file__).resolve().parents[3]
LIBRARIES = (
    "numpy", "pandas", "scipy.stats", "scipy.optimize", "torch", "numba", "pysam", "pyfaidx",
    "hypothesis", "sklearn.metrics", "statsmodels.stats.multitest", "jsonschema", "yaml", "pytest",
)  # fmt: skip
# a mutant may run endlessly: it gets this many times the processor time of the unchanged module
PATIENCE, LEAST_SECONDS = 4, 20


class Mutated(MetaPathFinder, SourceFileLoader):
    """Finder and loader that put a mutated source in the place of a module."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        super().__init__(module, str(path))
        self.source = source

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        return (
            spec_from_file_location(fullname, self.path, loader=self)
            if fullname == self.name
            else None
        )

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, str(self.path), "exec", dont_inherit=True)


def path_of(module: str) -> Path:
    return ROOT / "scripts" / Path(*module.split(".")).with_suffix(".py")


def run_tests(module: str, source: str, tests: list[str], seconds: int | None) -> tuple[int, float]:
    """Run the tests in a forked process; return their exit status and processor seconds.

    A status below 0 is the signal that ended the process, such as SIGXCPU after `seconds`.
    """
    child = os.fork()
    if child == 0:
        status = 3
        try:
            os.setpgid(0, 0)
            if seconds is not None:
                resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
            printed = os.open(os.environ.get("MUTANTS_LOG", os.devnull), os.O_RDWR | os.O_CREAT)
            for number in (0, 1, 2):
                os.dup2(printed, number)
            sys.meta_path.insert(0, Mutated(module, path_of(module), source))
            import pytest

            # hypothesis is imported before pytest could rewrite its assertions; scalars of numpy
            # warn where a kernel's unsigned numbers overflow on purpose
            ignored = ("pytest.PytestAssertRewriteWarning", "RuntimeWarning")
            options = ["-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=line"]
            options += [part for kind in ignored for part in ("-W", f"ignore::{kind}")]
            # it collects garbage, which takes longer than most tests
            options += ["-p", "no:unraisableexception"]
            status = int(pytest.main([*options, *tests]))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, ended, used = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(ended), used.ru_utime + used.ru_stime


def main() -> None:
    module, number, seed, *tests = sys.argv[1:]
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "helpers")]
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.collect()
    gc.freeze()
    source = path_of(module).read_text()
    mutants, places = draw_mutants(source, int(number), int(seed))
    status, taken = run_tests(module, source, tests, None)
    print(json.dumps({"places": places, "status": status, "seconds": taken}), flush=True)
    if status != 0:
        sys.exit(1)
    limit = LEAST_SECONDS + int(PATIENCE * taken)
    for mutant in mutants:
        status, taken = run_tests(module, mutant.source, tests, limit)
        line = {"operator": mutant.operator, "line": mutant.line, "before": mutant.before}
        line |= {"after": mutant.after, "status": status, "seconds": taken}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    main()
