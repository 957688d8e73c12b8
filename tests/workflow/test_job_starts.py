"""Snakemake looks for jobs to start when a job ends, and not every second as well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.fixtures.small_run import RESULTS, write_project

COUNT_LOOKS = """
import sys
from snakemake.cli import main
from snakemake.scheduling.job_scheduler import JobScheduler

JobScheduler._schedule_reevalutation = lambda self, delay: open("looks", "a").close()
sys.exit(main())
"""


@pytest.mark.parametrize(("limit", "looks"), [((), False), (("50/1s",), True)])
def test_no_further_look_is_scheduled_without_a_limit_of_the_user(
    limit: tuple[str, ...], looks: bool, root: Path, tmp_path: Path
) -> None:
    write_project(tmp_path, root)
    given = [f"--max-jobs-per-timespan={rate}" for rate in limit]
    command = ["--snakefile", str(root / "Snakefile"), "--cores", "1", *given]
    ended = subprocess.run(
        [sys.executable, "-c", COUNT_LOOKS, *command, f"{RESULTS}/jaspar/matrices.tsv"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "looks").exists() == looks
