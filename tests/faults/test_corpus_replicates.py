"""Replicates of kind 7: the windows that stay, the counts and the warning."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.faults.corpus_replicates import CASES, Case

from tfmoe.data.reading.blacklist import place_blacklist
from tfmoe.data.reading.genome import Genome, prepare_genome, read_chromosomes
from tfmoe.data.reading.peaks import place_all
from tfmoe.data.windows.select import WindowSettings, select_windows

REGIONS = pd.DataFrame({"chrom": ["I"], "start": [0], "end": [2000], "split": ["train"]})


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_replicates(case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "source.fa").write_text(">I\n" + "ACGT" * 500 + "\n")
    fasta, table = tmp_path / "genome.fa", tmp_path / "chromosomes.tsv"
    prepare_genome(tmp_path / "source.fa", None, fasta, table)
    paths = []
    for number, summits in enumerate(case.files):
        paths.append(tmp_path / f"rep{number}.narrowPeak")
        lines = (f"I\t{at - 60}\t{at + 70}\tp\t9\t.\t{x}\t3\t2\t60" for at, x in summits.items())
        paths[-1].write_text("\n".join(lines) + "\n")
    chromosomes = read_chromosomes(table)
    placed = place_all(paths, chromosomes, {}, "toy")
    nothing = place_blacklist(None, chromosomes, {}, "toy")
    settings = WindowSettings(101, 0, 0.05, case.max_peaks, case.distance)
    with Genome(fasta) as genome:
        found = select_windows("x", placed, genome, nothing, settings, REGIONS)
    assert found.table["summit"].tolist() == case.kept
    assert (found.counts["duplicate"], found.counts["merged"]) == case.counts
    assert found.filters("x")["kept"].sum() == len(case.kept)
    assert len(found.filters("x")) == len(case.files)
    warnings = [r.getMessage() for r in caplog.records if "same file" in r.getMessage()]
    assert bool(warnings) == bool(case.near)
    if case.near:
        assert f"experiment x: {case.near} windows start at most {case.distance} bas" in warnings[0]
