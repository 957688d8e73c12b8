"""Cases of the drill on resources: memory that runs out."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import tiny
from disturbance import Drill, Faults


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
