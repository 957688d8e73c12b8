"""Benchmark: planning a run with as many experiments as the ENCODE set behind the paper.

It writes config and table of a run whose peak files are URLs that are never fetched, and measures
processor time and memory of `snakemake --dry-run`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml
from running import SCRIPTS, report, result, say

COLUMNS = ["experiment", "factor", "biosample", "role", "stratum", "family", "peaks", "sha256"]
# the shares of the ENCODE set: some 160 factors in 91 cell lines, most factors in several of them
EXPERIMENTS_A_FACTOR = 4
TRAINED_SHARE = 0.5


def write_run(folder: Path, experiments: int, seeds: int, trained: float) -> Path:
    """Write a run's config and its experiment table; return the config's path."""
    lines = ["\t".join(COLUMNS)]
    for number in range(experiments):
        factor, cells = divmod(number, EXPERIMENTS_A_FACTOR)
        role = (
            ["train", "-"]
            if factor * EXPERIMENTS_A_FACTOR < trained * experiments
            else ["ood", "cross_family"]
        )
        name = f"TF{factor}_cells{cells}"
        digest = hashlib.sha256(name.encode()).hexdigest()
        url = f"https://example.org/{name}.bed.gz"
        lines.append("\t".join([name, f"TF{factor}", f"cells{cells}", *role, "-", url, digest]))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "experiments.tsv").write_text("\n".join(lines) + "\n")
    config = yaml.safe_load((SCRIPTS.parent / "config/encode/config.yaml").read_text())
    config |= {"run": "many", "experiments": "experiments.tsv", "training": {"seeds": seeds}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return folder / "config.yaml"


def dry_run(folder: Path, config: Path) -> tuple[float, float]:
    """Plan the run; return its processor seconds and its peak memory (MB)."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SCRIPTS.parent / "Snakefile")]
    command += ["--directory", str(folder), "--configfile", str(config), "--cores", "1"]
    begin = time.perf_counter()
    with (folder / "dry_run.txt").open("w") as output:
        process = subprocess.Popen([*command, "--dry-run"], stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit((folder / "dry_run.txt").read_text())
    seconds = used.ru_utime + used.ru_stime
    say(f"{seconds:.1f} s of processor time in {time.perf_counter() - begin:.1f} s")
    return seconds, used.ru_maxrss / 1024


def main() -> None:
    """Write the run, plan it several times, and report the median."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for the run")
    parser.add_argument("--experiments", type=int, default=690)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--trained", type=float, default=TRAINED_SHARE, help="share of the experiments that train"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--table", type=Path, help="TSV to which the results are added")
    arguments = parser.parse_args()
    config = write_run(arguments.folder, arguments.experiments, arguments.seeds, arguments.trained)
    measured = [dry_run(arguments.folder, config) for _ in range(arguments.runs)]
    seconds = [time for time, _ in measured]
    name = f"dry-run, {arguments.seeds} seeds, {arguments.trained:.0%} trained"
    memory = max(memory for _, memory in measured)
    report([result(name, "tfmoe", arguments.experiments, 1, seconds, memory)], arguments.table)


if __name__ == "__main__":
    main()
