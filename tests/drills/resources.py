"""Drill: full disks, quotas, too little memory, changed clocks, moved results, poor file systems.

One finished run is copied for each case. `make resources` runs all cases, which takes some half an
hour on two cores; arguments select cases by name. Needs Linux, gcc and, for the cases on a real
file system, the right to mount.
"""

from __future__ import annotations

import argparse
import base64
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tiny
import yaml

MARK = "tfmoe: "
KEPT = "complete files are kept"
HOUR = 3600 * 10**9
MOST_ROUNDS = 60
RECORDS = Path(".snakemake")
NOTHING = "Nothing to be done"
# outputs of the last jobs, which take the least time to compute again
LAST = ("summary.txt", "report.html")


@dataclass(frozen=True)
class Drill:
    """A finished run and the means to disturb copies of it.

    Attributes
    ----------
    base
        Folder of the finished run.
    work
        Folder for copies.
    library
        The compiled `faulty_disk.c`.
    options
        Further options of Snakemake.
    seed
        Decides where a file fails.
    """

    base: Path
    work: Path
    library: Path
    options: tuple[str, ...]
    seed: int

    @contextmanager
    def copy(self, name: str) -> Iterator[Path]:
        """Copy the finished run, with times, for a ``with`` block."""
        folder = self.work / name
        shutil.copytree(self.base, folder, symlinks=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, folder: Path, *options: str, **changes: str) -> tuple[int, str]:
        """Run the pipeline; return its exit code and what it printed."""
        command = tiny.command(folder, 2, *self.options, *options)
        ended = subprocess.run(
            command,
            cwd=folder,
            env=tiny.environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return ended.returncode, ended.stdout

    def disturbed(self, root: Path, plan: Path | None = None, **more: str) -> dict[str, str]:
        """Return the environment in which files below a folder fail."""
        done = self.work / "done"
        done.mkdir(exist_ok=True)
        planned = {} if plan is None else {"FAULTY_PLAN": str(plan), "FAULTY_DONE": str(done)}
        return {"LD_PRELOAD": str(self.library), "FAULTY_ROOT": str(root), **planned, **more}


@dataclass(frozen=True)
class Faults:
    """Outcome of a case.

    Attributes
    ----------
    tried
        Number of faults that were injected.
    wrong
        A line for each thing that is not as it has to be.
    outcome
        The result in a few words.
    """

    tried: int
    wrong: tuple[str, ...]
    outcome: str


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


@contextmanager
def mounted(drill: Drill, name: str, megabytes: int) -> Iterator[Path]:
    """Mount a file system of some size for a ``with`` block."""
    folder = drill.work / name
    folder.mkdir()
    size = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


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


def no_locks_and_coarse_times(drill: Drill) -> Faults:
    """Compute the last results without locks and hard links, with times of two seconds."""
    with drill.copy("poor") as folder:
        environment = drill.disturbed(folder, FAULTY_LOCKS="1", FAULTY_SECONDS="2")
        return _last_again(drill, folder, environment)


def _last_again(drill: Drill, folder: Path, environment: Mapping[str, str]) -> Faults:
    """Compute the last results again; afterwards, nothing may be left to do."""
    for name in LAST:
        (folder / tiny.RESULTS / name).unlink()
    code, printed = drill.run(folder, **environment)
    wrong = [f"exit code {code}: {printed[-1500:]}"] * (code != 0)
    expected = tiny.digests(drill.base / tiny.RESULTS)
    wrong += tiny.differing(expected, tiny.digests(folder / tiny.RESULTS))
    wrong += _not_up_to_date(drill, folder, environment)
    return Faults(2, tuple(wrong), "same bytes; nothing runs again")


def _not_up_to_date(drill: Drill, folder: Path, environment: Mapping[str, str]) -> list[str]:
    code, printed = drill.run(folder, "--dry-run", **environment)
    return [] if code == 0 and NOTHING in printed else [f"jobs to run: {printed[-1500:]}"]


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
                folder = drill.work / "elsewhere" / "run"
                folder.parent.mkdir(exist_ok=True)
                first.rename(folder)
                if not records:
                    shutil.rmtree(folder / RECORDS)
                paths = [path for path in folder.rglob("*") if path.is_file()]
                for path in choice.sample(paths, len(paths)) if not times else []:
                    _shift(path, time.time_ns() - path.stat().st_mtime_ns)
                found = _not_up_to_date(drill, folder, {})
                # without checksums and times, computing again is right
                if records or times:
                    wrong += [f"{label}: {line}" for line in found]
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


def too_little_memory(drill: Drill) -> Faults:
    """Limit the address space of the jobs; then run without the limit."""
    wrong: list[str] = []
    with drill.copy("memory") as folder:
        (folder / tiny.RESULTS / "evaluation/metrics.tsv").unlink()
        target = f"{tiny.RESULTS}/evaluation/metrics.tsv"
        environment = drill.disturbed(folder, FAULTY_MEMORY="evaluate_models:700000000")
        code, printed = drill.run(folder, "--", target, **environment)
        wrong += [f"exit code {code}: {printed[-1500:]}"] * (code != 1)
        wrong += [f"no sentence: {printed[-2500:]}"] * ("memory ran out" not in printed)
        code, printed = drill.run(folder, "--", target)
        wrong += [f"not resumed: {printed[-1500:]}"] * (code != 0)
    return Faults(1, tuple(wrong), "the job, the cause and the options are named; resumed")


def killed_for_memory(drill: Drill) -> Faults:
    """Kill the process of a job only, as the kernel does when memory runs out."""
    wrong: list[str] = []
    target = f"{tiny.RESULTS}/evaluation/metrics.tsv"
    with drill.copy("killed") as folder:
        (folder / target).unlink()
        command = tiny.command(folder, 2, *drill.options, "--", target)
        out = folder / "printed.txt"
        with out.open("w") as printed:
            main = subprocess.Popen(
                command, cwd=folder, env=tiny.environment(), stdout=printed, stderr=printed
            )
            while main.poll() is None and not _kill_job(folder):
                time.sleep(0.2)
            code = main.wait()
        text = out.read_text()
        wrong += [f"exit code {code}"] * (code != 1)
        wrong += [f"no sentence: {text[-2500:]}"] * ("probably because memory ran out" not in text)
        code, again = drill.run(folder, "--", target)
        wrong += [f"not resumed: {again[-1500:]}"] * (code != 0)
    return Faults(1, tuple(wrong), "the job, the cause and the options are named; resumed")


def _kill_job(folder: Path) -> bool:
    """Kill the process that runs a script in a folder, if there is one."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if len(command) > 1 and command[1].startswith(f"{folder}/.snakemake/scripts/"):
            os.kill(int(process.name), signal.SIGKILL)
            return True
    return False


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
