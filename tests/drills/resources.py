"""Drill: full disks, quotas, too little memory, changed clocks, moved results, poor file systems.

One finished run is copied for each case. `make resources` runs all cases, which takes some half an
hour on two cores; arguments select cases by name. Needs Linux, gcc and, for the cases on a real
file system, the right to mount.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import tiny
from disturbance import Drill, Faults
from full_disks import full_in_every_job, full_tmpfs, read_only
from little_memory import killed_for_memory, too_little_memory
from moved_results import (
    another_config,
    clock_set_back,
    clock_set_back_within,
    copied,
    hard_links,
    no_locks_and_coarse_times,
)

CASES: Mapping[str, Callable[[Drill], Faults]] = {
    function.__name__: function
    for function in (
        read_only,
        killed_for_memory,
        too_little_memory,
        no_locks_and_coarse_times,
        clock_set_back,
        clock_set_back_within,
        copied,
        hard_links,
        another_config,
        full_tmpfs,
        full_in_every_job,
    )
}


def main() -> int:
    """Run the cases and print a table; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help=", ".join(CASES))
    parser.add_argument("--base", type=Path, help="a finished run, instead of a new one")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory(prefix="tfmoe-drill-") as temporary:
        work = Path(temporary).resolve()
        library = work / "faulty_disk.so"
        source = Path(__file__).with_name("faulty_disk.c")
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True
        )
        base = given.base or work / "base"
        options = ("--rerun-triggers", "mtime") if given.base else ()
        drill = Drill(base, work, library, options, given.seed)
        if not given.base:
            tiny.write_project(base)
            code, printed = drill.run(base)
            if code:
                sys.exit(printed)
        for name in given.cases or CASES:
            found = CASES[name](drill)
            result = found.outcome if not found.wrong else f"{len(found.wrong)} wrong"
            lines = [f"{name}\t{found.tried}\t{result}", *found.wrong]
            sys.stdout.write("\n  ".join(lines) + "\n")
            sys.stdout.flush()
            failed |= bool(found.wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
