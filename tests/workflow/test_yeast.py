"""The yeast run on its real files, taken from a mirror, as far as one expert."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

RESULTS = "results/yeast"


@pytest.fixture(scope="module")
def yeast(snakemake, root: Path, real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Check all inputs, train the expert of Rap1 with one seed; return the results."""
    folder: Path = tmp_path_factory.mktemp("yeast")
    shutil.copytree(root / "config", folder / "config")
    ended = snakemake(
        folder,
        *("--configfile", "config/yeast/config.yaml", "--config", f"mirror={real_data / 'yeast'}"),
        *("--", f"{RESULTS}/inputs/check.tsv", f"{RESULTS}/sequences/Rap1.parquet"),
        f"{RESULTS}/experts/Rap1/tfmoe/convnet/seed0/history.tsv",
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder / RESULTS


def test_peaks_and_genome_agree_although_they_name_chromosomes_differently(yeast: Path):
    check = pd.read_csv(yeast / "inputs/check.tsv", sep="\t").set_index("experiment")
    assert len(check) == 24
    assert (check.peaks == check.on_genome).all()
    assert check.peaks[["Reb1", "Abf1", "Fkh1", "Swi6"]].tolist() == [1078, 724, 625, 99]
    assert check.naming["Reb1"] == "16 by number (chr1 is I)"
    splits = check[["train", "gate", "validation", "test"]]
    assert (splits.sum(axis=1) == check.peaks).all(), "every window lies inside its chromosome"


def test_windows_are_those_of_the_genome(yeast: Path):
    sequences = pd.read_parquet(yeast / "sequences/Rap1.parquet")
    positives = sequences[sequences.label == 1]
    assert len(positives) == 388
    core = "ACCCATACA|TGTATGGGT"  # of Rap1's motif, on either strand
    assert positives.sequence.str.contains(core).mean() > 0.15
    assert sequences[sequences.kind == "genomic"].sequence.str.contains(core).mean() < 0.005


def test_genomic_negatives_match_in_gc_and_keep_their_distance(yeast: Path):
    sequences = pd.read_parquet(yeast / "sequences/Rap1.parquet")
    counted = sequences.assign(gc=sequences.sequence.str.count("[GC]"))
    means = counted.pivot_table(index="split", columns="kind", values="gc")
    assert (means["genomic"] - means["peak"]).abs().max() < 1
    for _, part in sequences.groupby("chrom"):
        peaks = part[part.kind == "peak"].start.to_numpy()
        for start in part[part.kind == "genomic"].start:
            assert abs(peaks - start).min() >= 101 + 200 - 1, "outside peaks and their margin"


def test_the_expert_learns_what_rap1_binds(yeast: Path):
    history = pd.read_csv(yeast / "experts/Rap1/tfmoe/convnet/seed0/history.tsv", sep="\t")
    assert history.validation_auroc.max() > 0.95
