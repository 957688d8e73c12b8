"""How well `tfmoe progress` foretells the end of the small run, at several shares of its jobs.

``python tests/drills/forecast.py [cores]`` ends with exit code 1 if the time left is wrong by more
than a factor of two, the range that is shown, when a quarter, a half or three quarters of the jobs
are done. A change of the machine's load during the run can cause that.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tiny import RESULTS, ROOT, command, environment, write_project

sys.path.insert(0, str(ROOT / "scripts"))

from tfmoe.core.errors import InputError
from tfmoe.workflow.run_progress import RunProgress, read_progress

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9)
JUDGED = (0.25, 0.5, 0.75)
TOLERATED = 2.0


def forecasts(folder: Path, process: subprocess.Popen[bytes]) -> dict[float, RunProgress]:
    """Read the progress of a run until it ends; return the first one at each share of its jobs."""
    found: dict[float, RunProgress] = {}
    while process.poll() is None:
        time.sleep(1)
        try:
            progress = read_progress(folder / RESULTS)
        except InputError:
            continue
        if progress.left is not None:
            done = progress.count("done") / len(progress.jobs)
            for share in SHARES:
                if done >= share:
                    found.setdefault(share, progress)
    return found


def main(cores: int) -> int:
    """Run, print one row per share of finished jobs, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="tfmoe-forecast-") as name:
        folder = Path(name)
        write_project(folder)
        with (folder / "snakemake.log").open("wb") as log:
            paths = environment(PYTHONPATH=str(ROOT / "scripts"))
            process = subprocess.Popen(command(folder, cores), env=paths, stdout=log, stderr=log)
        found = forecasts(folder, process)
        end = time.time()
        if process.returncode:
            sys.stdout.write((folder / "snakemake.log").read_text(encoding="utf-8"))
            return 1
    sys.stdout.write("done\tjobs\tpassed s\tforetold s\tactually s\terror of time left\n")
    failed = False
    for share, progress in found.items():
        actual = end - progress.now
        assert progress.left is not None
        error = progress.left / actual - 1
        failed |= share in JUDGED and not 1 / TOLERATED <= 1 + error <= TOLERATED
        passed = progress.now - progress.started
        cells = (f"{passed:.0f}", f"{progress.left:.0f}", f"{actual:.0f}", f"{error:+.0%}")
        sys.stdout.write("\t".join((f"{share:.0%}", str(progress.count("done")), *cells)) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2))
