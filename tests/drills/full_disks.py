"""Cases of the drill on resources: disks that are full or cannot be written."""

from __future__ import annotations

import base64
import errno
import json
import random
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import tiny
from disturbance import MARK, RECORDS, Drill, Faults, mounted

KEPT = "complete files are kept"
MOST_ROUNDS = 60


def full_in_every_job(drill: Drill) -> Faults:
    """Let each job fail once in the middle of a file, or at its renaming; resume after each."""
    expected = tiny.digests(drill.base / tiny.RESULTS)
    wrong: list[str] = []
    tried = 0
    with drill.copy("full") as folder:
        results = folder / tiny.RESULTS
        planned = _plan(drill, results)
        shutil.rmtree(results)
        shutil.rmtree(folder / RECORDS)
        plan = drill.work / "plan.tsv"
        plan.write_text(
            "".join(f"{name}\t{bytes_}\t{no}\n" for name, (bytes_, no) in planned.items())
        )
        environment = drill.disturbed(results, plan)
        for _ in range(MOST_ROUNDS):
            before = {path.name for path in (drill.work / "done").iterdir()}
            code, printed = drill.run(folder, "--keep-going", **environment)
            failed = {path.name for path in (drill.work / "done").iterdir()} - before
            tried += len(failed)
            wrong += _faults_of_round(code, printed, failed, results, expected)
            if not failed:
                break
        wrong += [
            f"not resumed: {name}" for name in tiny.differing(expected, tiny.digests(results))
        ]
        wrong += [f"never failed: {name}" for name in planned.keys() - _carried_out(drill)]
    return Faults(tried, tuple(wrong), "one line names the file and the remedy; resumed")


def _carried_out(drill: Drill) -> set[str]:
    return {path.name.replace("%", "/") for path in (drill.work / "done").iterdir()}


def _plan(drill: Drill, results: Path) -> dict[str, tuple[int, int]]:
    """Choose a file of each job, the number of bytes that fit into it, and the error."""
    choice = random.Random(drill.seed)
    planned = {}
    for files in _files_by_job(results).values():
        name = choice.choice(files)
        size = (results / name).stat().st_size
        if not size or choice.random() < 0.1:
            planned[name] = (-1, errno.ESTALE)
        else:
            planned[name] = choice.randrange(size), choice.choice([errno.ENOSPC, errno.EDQUOT])
    return planned


def _files_by_job(results: Path) -> Mapping[str, list[str]]:
    """Return the results of each job, which is named by its log."""
    found = defaultdict(list)
    folder = results.parents[1]
    for path in sorted((folder / RECORDS / "metadata").rglob("*")):
        if path.is_file():
            name = base64.urlsafe_b64decode(path.name).decode()
            output = folder / name
            files = sorted(output.rglob("*")) if output.is_dir() else [output]
            logs = json.loads(path.read_text())["log"]
            found[str(logs)] += [
                str(file.relative_to(results))
                for file in files
                if file.is_file() and file.is_relative_to(results)
            ]
    return {log: sorted(set(files)) for log, files in found.items() if files}


def _faults_of_round(
    code: int, printed: str, failed: set[str], results: Path, expected: Mapping[str, str]
) -> Iterator[str]:
    lines = [line for line in printed.splitlines() if line.startswith(MARK)]
    for name in failed:
        file = name.rpartition("%")[2]
        if not any(file in line and KEPT in line for line in lines):
            yield f"no line names {name.replace('%', '/')}"
    if code != bool(failed):
        yield f"exit code {code} with {len(failed)} faults"
    if "Traceback" in printed:
        yield "a traceback: " + printed[printed.index("Traceback") :][:2000]
    yield from (f"partial file {path}" for path in results.rglob("*.partial"))
    for name, digest in tiny.digests(results).items():
        # of a run that was given, the record may name other code
        if name != "run.json" and expected.get(name) != digest:
            yield f"damaged file taken for finished: {name}"


def full_tmpfs(drill: Drill) -> Faults:
    """Fill a real small file system at two points; free space; resume."""
    wrong: list[str] = []
    expected = tiny.digests(drill.base / tiny.RESULTS)
    for share in (0.3, 0.8):
        with mounted(drill, "tmpfs", 64) as folder:
            shutil.copytree(drill.base, folder, dirs_exist_ok=True)
            results = folder / tiny.RESULTS
            size = sum(path.stat().st_size for path in results.rglob("*") if path.is_file())
            shutil.rmtree(results)
            shutil.rmtree(folder / RECORDS)
            free = shutil.disk_usage(folder).free
            (folder / "filler").write_bytes(bytes(free - int(share * size)))
            code, printed = drill.run(folder)
            wrong += [f"exit code {code}"] * (code != 1)
            wrong += [f"no sentence: {printed[-1500:]}"] * ("the disk is full" not in printed)
            wrong += ["a traceback"] * ("Traceback" in printed)
            (folder / "filler").unlink()
            code, printed = drill.run(folder)
            wrong += [f"not resumed: {printed[-1500:]}"] * (code != 0)
            wrong += tiny.differing(expected, tiny.digests(results))
    return Faults(2, tuple(wrong), "one line names the file and the remedy; resumed")


def read_only(drill: Drill) -> Faults:
    """Mount the folder of a run read-only."""
    wrong: list[str] = []
    for place in (tiny.RESULTS, RECORDS):
        with drill.copy("ro") as folder, mounted(drill, "tmpfs", 64) as other:
            shutil.copytree(folder / place, other, dirs_exist_ok=True)
            subprocess.run(["mount", "-o", "remount,ro", other], check=True)
            shutil.rmtree(folder / place)
            (folder / place).symlink_to(other)
            code, printed = drill.run(folder)
            lines = [line for line in printed.splitlines() if line.startswith(MARK)]
            sound = code == 1 and len(lines) == 1 and "cannot be written" in lines[0]
            wrong += [f"{place}: {code} {printed[-1500:]}"] * (not sound)
            wrong += [f"{place}: a traceback"] * ("Traceback" in printed)
    return Faults(2, tuple(wrong), "one sentence before any job")
