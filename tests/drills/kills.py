"""Drill: stop a small run again and again, resume it each time, and compare the results.

SIGKILL (the whole process tree), SIGTERM (Snakemake alone) and Ctrl-C (SIGINT to the process group)
come at random moments of jobs of every script, several along one run. The same command resumes. At
the end, the results have to equal those of an undisturbed run byte for byte.

    python tests/drills/kills.py FOLDER [--kills 66] [--chains 2] [--at-once 1] [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
import psutil
import tiny

sys.path.insert(0, str(tiny.ROOT / "scripts"))

from tfmoe.core.job import MARK
from tfmoe.workflow.run_lock import LOCK
from tfmoe.workflow.stopping import sentence

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
LIMIT = 10.0
"""Seconds from SIGTERM or Ctrl-C to the end of the run, in proportion more on a busy machine."""
LEAST = 60
"""Interruptions without which the drill has tried too little; some jobs end before their signal."""
LONGEST_DELAY = 4.0
"""Processor seconds of a job, of which most take 3 to 6."""
RULE_FILES = sorted((tiny.ROOT / "workflow/rules").glob("*.smk"))
PLANNING = "planning"
"""Time from the lock to the first job, as if it were a script."""


@dataclass(frozen=True)
class Kill:
    """One interruption.

    Attributes
    ----------
    script, number
        Script of the job that is waited for, and the signal.
    delay
        Processor seconds of that job before the signal, which other load does not change.
    """

    script: str
    number: signal.Signals
    delay: float


@dataclass
class Outcome:
    """Results of the drill: seconds to the end of each kill, bytes lost, and faults."""

    ends: list[tuple[Kill, float]] = field(default_factory=list)
    lost: int = 0
    faults: list[str] = field(default_factory=list)


class Run:
    """One start of Snakemake, with its output in a file."""

    def __init__(self, folder: Path, cores: int) -> None:
        self.folder = folder
        self._log = folder / "output.txt"
        with self._log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                tiny.command(folder, cores), cwd=folder, env=tiny.environment(),
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def ended(self) -> bool:
        """Return whether Snakemake has ended."""
        return self.process.poll() is not None

    def output(self) -> str:
        """Return all that was printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def session(self) -> Iterator[psutil.Process]:
        """Yield the run's processes that are left."""
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == self.process.pid and process.is_running():
                    yield process
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue

    def jobs(self) -> dict[str, psutil.Process]:
        """Return a process per script that runs now; before the first of them, Snakemake's own."""
        found = {}
        for process in self.session():
            with suppress(psutil.Error):
                path = Path([*process.cmdline(), "", ""][1])
                if path.parent.parts[-2:] == (".snakemake", "scripts"):
                    found[path.name.split(".")[1]] = process
        holder = self.folder / tiny.RESULTS / LOCK
        if not found and holder.exists() and f" {self.process.pid}," in holder.read_text():
            found[PLANNING] = psutil.Process(self.process.pid)
        return found

    def wait_for(self, scripts: set[str]) -> str | None:
        """Wait until a job of one of the scripts runs; `None` if the run ends before."""
        while not self.ended():
            with suppress(psutil.NoSuchProcess):
                for script in self.jobs().keys() & scripts:
                    return script
            time.sleep(0.2)
        return None

    def wait_within(self, script: str, seconds: float) -> None:
        """Wait until a script's job has used processor time or has ended."""
        with suppress(psutil.Error, KeyError):
            process = self.jobs()[script]
            begin = sum(process.cpu_times()[:2])
            while script in self.jobs() and sum(process.cpu_times()[:2]) - begin < seconds:
                time.sleep(0.1)


def stages() -> dict[str, str]:
    """Return the rule file of each script."""
    found = {PLANNING: PLANNING}
    for path in RULE_FILES:
        for script in re.findall(r"scripts/(\w+)\.py", path.read_text(encoding="utf-8")):
            found.setdefault(script, path.stem)
    return found


def planned(folder: Path) -> list[str]:
    """Return the scripts of all jobs of a run, and the word for the time before them."""
    command = [*tiny.command(folder, 1), "--dry-run"]
    shown = subprocess.run(
        command, cwd=folder, env=tiny.environment(), capture_output=True, text=True, check=True
    )
    rules = set(re.findall(r"^(\w+) +\d+$", shown.stdout + shown.stderr, re.MULTILINE))
    texts = [path.read_text(encoding="utf-8") for path in RULE_FILES]
    pattern = re.compile(
        r"^ *rule (\w+):(?:(?!^ *rule ).)*?scripts/(\w+)\.py", re.MULTILINE | re.DOTALL
    )
    found = {script for text in texts for rule, script in pattern.findall(text) if rule in rules}
    return [PLANNING, *sorted(found)]


def plan(scripts: list[str], kills: int, seed: int) -> list[Kill]:
    """Return kills of every script in turn, by as many of each signal, with random delays."""
    rng = np.random.default_rng(seed)
    rounds = -(-kills // len(scripts))
    order = [str(script) for _ in range(rounds) for script in rng.permutation(scripts)]
    signals = [SIGNALS[number % len(SIGNALS)] for number in rng.permutation(kills)]
    delays = rng.uniform(0, LONGEST_DELAY, kills).tolist()
    return list(map(Kill, order[:kills], signals, delays))


def results(folder: Path) -> dict[Path, int]:
    """Return the size of each result that exists."""
    found = {}
    for path in (folder / tiny.RESULTS).rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and "logs" not in path.parts:
            found[path] = path.stat().st_size
    return found


def interrupt(run: Run, kill: Kill, outcome: Outcome) -> None:
    """Send the signal of a kill, wait until the run has ended, and note all that is wrong."""
    where = f"{kill.number.name} in {kill.script}"
    before = results(run.folder)
    begin = time.monotonic()
    if kill.number == signal.SIGTERM:
        run.process.terminate()
    else:
        os.killpg(run.process.pid, kill.number)
    run.process.wait()
    seconds = time.monotonic() - begin
    outcome.ends.append((kill, seconds))
    output = run.output()
    if kill.number != signal.SIGKILL:
        if seconds > LIMIT * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)):
            outcome.faults.append(f"{where}: ended after {seconds:.1f} s")
        if not output.endswith(sentence(kill.number)) or output.count(MARK) != 1:
            outcome.faults.append(f"{where}: the last lines are\n{output[-1500:]}")
        left = [line for process in run.session() if (line := " ".join(process.cmdline()))]
        if left:
            outcome.faults.append(f"{where}: still running: {left}")
    after = results(run.folder)
    lost = {path: size for path, size in before.items() if after.get(path, 0) < size}
    outcome.lost += sum(lost.values())
    if lost:
        outcome.faults.append(f"{where}: lost {', '.join(map(str, lost))}")


def chain(folder: Path, kills: list[Kill], cores: int, outcome: Outcome) -> list[Kill]:
    """Kill and resume one run until it is complete; return the kills that came too late for it."""
    waiting = list(kills)
    while True:
        run = Run(folder, cores)
        script = run.wait_for({kill.script for kill in waiting})
        kill = next((kill for kill in waiting if kill.script == script), None)
        if kill is not None:
            run.wait_within(kill.script, kill.delay)
        if kill is None or run.ended():
            if run.process.wait() != 0:
                outcome.faults.append(f"{folder}: ended with\n{run.output()[-1500:]}")
            return waiting
        waiting.remove(kill)
        interrupt(run, kill, outcome)
        line = (len(outcome.ends), kill.number.name, kill.script, f"{outcome.ends[-1][1]:.1f} s")
        sys.stdout.write(
            "\t".join(map(str, (*line, folder.name, f"{len(outcome.faults)} faults\n")))
        )
        sys.stdout.flush()


def compare(folder: Path, expected: Mapping[str, str], outcome: Outcome) -> None:
    """Note how the results of a chain differ from those of the undisturbed run."""
    found = tiny.digests(folder / tiny.RESULTS)
    outcome.faults += [f"{folder}: {name} differs" for name in tiny.differing(found, expected)]
    left = [str(path) for path in (folder / tiny.RESULTS).rglob(".*.partial")]
    outcome.faults += [f"{path}: a temporary file is left" for path in left]


def table(outcome: Outcome) -> Iterator[str]:
    """Yield the counts by stage and signal, and the times to the end."""
    stage = stages()
    counts = Counter((stage[kill.script], kill.number) for kill, _ in outcome.ends)
    yield "\t".join(("stage", *(number.name for number in SIGNALS)))
    for name in dict.fromkeys(stage.values()):
        row = [counts[name, number] for number in SIGNALS]
        if any(row):
            yield "\t".join((name, *map(str, row)))
    for number in SIGNALS:
        times = [seconds for kill, seconds in outcome.ends if kill.number == number]
        if times:
            shown = f"median {median(times):.1f} s, longest {max(times):.1f} s"
            yield f"{number.name}: {len(times)}, to the end {shown}"
    yield f"{len(outcome.ends)} interruptions, {outcome.lost} bytes lost"
    yield f"{len(outcome.faults)} faults"
    yield from outcome.faults


def main() -> int:
    """Run the drill; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="empty folder for the runs")
    for name, default in (("kills", 66), ("chains", 2), ("seed", 1), ("cores", 2), ("at_once", 1)):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    given = parser.parse_args()
    # below `nohup` or in the background, all that starts from here would ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    outcome = Outcome()
    names = ["undisturbed", *(f"chain{number + 1}" for number in range(given.chains))]
    folders = [given.folder.resolve() / name for name in names]
    for folder in folders:
        tiny.write_project(folder)
    kills = plan(planned(folders[0]), given.kills, given.seed)
    shares = [[], *(kills[number :: given.chains] for number in range(given.chains))]
    with ThreadPoolExecutor(given.at_once) as pool:
        runs = [
            pool.submit(chain, *each, given.cores, outcome)
            for each in zip(folders, shares, strict=True)
        ]
        late = [kill for run in runs for kill in run.result()]
    expected = tiny.digests(folders[0] / tiny.RESULTS)
    for folder in folders[1:]:
        compare(folder, expected, outcome)
    if len(outcome.ends) < min(LEAST, given.kills):
        outcome.faults.append(f"{len(late)} jobs ended before their signal; add a chain")
    sys.stdout.write("".join(f"{line}\n" for line in table(outcome)))
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
