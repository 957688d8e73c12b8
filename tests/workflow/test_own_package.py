"""Jobs run the package whose fingerprints are recorded, whatever else is installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fixtures.small_run import RESULTS, write_project


def test_jobs_use_the_package_next_to_the_snakefile(
    snakemake, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_project(tmp_path, root)
    other = tmp_path / "other/tfmoe/__init__.py"
    other.parent.mkdir(parents=True)
    other.write_text("raise ImportError('the package of another clone')\n")
    monkeypatch.setenv("PYTHONPATH", str(other.parents[1]))
    ended = snakemake(tmp_path, f"{RESULTS}/jaspar/matrices.tsv")
    assert ended.returncode == 0, ended.stdout + ended.stderr
