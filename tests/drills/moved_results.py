"""Cases of the drill on resources: changed clocks, poor file systems, copies of results."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import tiny
import yaml
from disturbance import NOTHING, RECORDS, Drill, Faults

HOUR = 3600 * 10**9
# outputs of the last jobs, which take the least time to compute again
LAST = ("summary.txt", "report.html")


def no_locks_and_coarse_times(drill: Drill) -> Faults:
    """Compute the last results without locks and hard links, with times of two seconds."""
    with drill.copy("poor") as folder:
        environment = drill.disturbed(folder, FAULTY_LOCKS="1", FAULTY_SECONDS="2")
        return _last_again(drill, folder, environment)


def clock_set_back(drill: Drill) -> Faults:
    """Date results and records an hour ahead, as if the clock had been set back since."""
    with drill.copy("clock") as folder:
        for path in (folder / tiny.RESULTS).rglob("*"):
            _shift(path, HOUR)
        return _last_again(drill, folder, {})


def clock_set_back_within(drill: Drill) -> Faults:
    """Date the earliest of the results an hour ahead: the clock was set back during the run."""
    with drill.copy("within") as folder:
        paths = [folder / tiny.RESULTS / name for name in tiny.digests(folder / tiny.RESULTS)]
        middle = sorted(path.stat().st_mtime_ns for path in paths)[len(paths) // 3]
        for path in paths:
            if path.stat().st_mtime_ns <= middle:
                _shift(path, HOUR)
        return Faults(1, tuple(_not_up_to_date(drill, folder, {})), "nothing runs again")


def _shift(path: Path, nanoseconds: int) -> None:
    state = path.lstat()
    times = state.st_atime_ns + nanoseconds, state.st_mtime_ns + nanoseconds
    os.utime(path, ns=times, follow_symlinks=False)


def copied(drill: Drill) -> Faults:
    """Copy a run to another path, with records and without, with times and without."""
    wrong: list[str] = []
    choice = random.Random(drill.seed)
    for records in (True, False):
        for times in (True, False):
            label = f"{'with' if records else 'no'} records, {'old' if times else 'new'} times"
            with drill.copy("deep") as first:
                # tables of the project keep their relative path; elsewhere, jobs run again
                folder = drill.work / "elsewhere"
                first.rename(folder)
                if not records:
                    shutil.rmtree(folder / RECORDS)
                paths = [path for path in folder.rglob("*") if path.is_file()]
                for path in choice.sample(paths, len(paths)) if not times else []:
                    _shift(path, time.time_ns() - path.stat().st_mtime_ns)
                # checksums replace times, but not those of folders and large files; without both,
                # computing all again is right
                if times:
                    wrong += [f"{label}: {line}" for line in _not_up_to_date(drill, folder, {})]
                elif records:
                    wrong += [f"{label}: {line}" for line in _again(drill, folder)]
                shutil.rmtree(folder)
    return Faults(4, tuple(wrong), "nothing runs again, or right results")


def hard_links(drill: Drill) -> Faults:
    """Compute in a copy by hard links with another seed; the original stays as it is."""
    with drill.copy("original") as original:
        folder = drill.work / "linked"
        subprocess.run(["cp", "-al", original, folder], check=True)
        before = tiny.digests(original)
        for name in LAST:
            (folder / tiny.RESULTS / name).unlink()
        code, printed = drill.run(folder)
        wrong = [f"exit code {code}: {printed[-1500:]}"] * (code != 0)
        results = f"{tiny.RESULTS}/"
        changed = tiny.differing(before, tiny.digests(original))
        traces = tuple(f"{results}{name}/" for name in tiny.NOT_COMPARED)
        wrong += [
            name for name in changed if name.startswith(results) and not name.startswith(traces)
        ]
        shutil.rmtree(folder)
    return Faults(1, tuple(wrong), "the original is untouched")


def another_config(drill: Drill) -> Faults:
    """Copy results below another project's config under the same name."""
    wrong: list[str] = []
    for records in (True, False):
        with drill.copy("other") as folder:
            config = yaml.safe_load((folder / "config/config.yaml").read_text())
            config["training"]["epochs"] = 3
            (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
            if not records:
                shutil.rmtree(folder / RECORDS)
                code, printed = drill.run(folder, "--dry-run")
                refused = code == 1 and "these results come from another config" in printed
                wrong += [f"not refused: {printed[-1500:]}"] * (not refused)
            else:
                changed = _not_up_to_date(drill, folder, {})
                wrong += ["results of another config count as up to date"] * (not changed)
    return Faults(2, tuple(wrong), "refused, or computed again")


def _last_again(drill: Drill, folder: Path, environment: Mapping[str, str]) -> Faults:
    """Compute the last results again; afterwards, nothing may be left to do."""
    for name in LAST:
        (folder / tiny.RESULTS / name).unlink()
    wrong = _again(drill, folder, **environment)
    wrong += _not_up_to_date(drill, folder, environment)
    return Faults(2, tuple(wrong), "same bytes; nothing runs again")


def _again(drill: Drill, folder: Path, **environment: str) -> list[str]:
    """Run in a folder, and return what is not as it was."""
    code, printed = drill.run(folder, **environment)
    wrong = [f"exit code {code}: {printed[-1500:]}"] * (code != 0)
    expected = tiny.digests(drill.base / tiny.RESULTS)
    return wrong + tiny.differing(expected, tiny.digests(folder / tiny.RESULTS))


def _not_up_to_date(drill: Drill, folder: Path, environment: Mapping[str, str]) -> list[str]:
    code, printed = drill.run(folder, "--dry-run", **environment)
    return [] if code == 0 and NOTHING in printed else [f"jobs to run: {printed[-1500:]}"]
