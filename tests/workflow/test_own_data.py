"""A user's own data, unlike the demo's: other windows, merged experiments, one seed, few peaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

ROWS = (
    ("GATA3_a", "GATA3", "train", "-"),
    ("GATA3_b", "GATA3", "train", "-"),
    ("CTCF_a", "CTCF", "ood", "cross_family"),
)
SETTINGS = {
    "run": "own",
    "experiments": "experiments.tsv",
    "genome": {"assembly": "toy", "fasta": "genome.fa"},
    "splits": {"test": ["1"], "validation": ["2"], "gate": ["3"]},
    "windows": {"length": 201, "flank": 10},
    "training": {"expert_per": "factor", "seeds": 1, "epochs": 2, "minimum_positives": 5},
    "negatives": {"evaluation": {"genomic": 2}},
    "evaluation": {"bootstrap_resamples": 100},
    "attribution": {"ood": True, "ism_sequences": 3},
}


@pytest.fixture(scope="module")
def own(snakemake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run such a project to its report; return its results."""
    folder: Path = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(5)
    with (folder / "genome.fa").open("w") as fasta:
        for name in "1234":
            fasta.write(f">{name}\n{''.join(rng.choice(list('ACGT'), 60_000))}\n")
    table = ["experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256"]
    for name, factor, role, stratum in ROWS:
        starts = [np.sort(rng.choice(np.arange(500, 59_000, 900), 15, False)) for _ in "1234"]
        peaks = [
            f"chr{chrom}\t{at}\t{at + 120}\n"
            for chrom, places in zip("1234", starts, strict=True)
            for at in places
        ]
        (folder / f"{name}.bed").write_text("".join(peaks))
        table.append(f"{name}\t{factor}\tx\t{role}\t{stratum}\t-\t{name}.bed\t-")
    (folder / "experiments.tsv").write_text("\n".join(table) + "\n")
    (folder / "config.yaml").write_text(yaml.safe_dump(SETTINGS))
    ended = snakemake(folder, "--configfile", "config.yaml")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Report: results/own/report.html" in ended.stdout + ended.stderr
    return folder / "results/own"


def test_windows_have_the_length_that_was_asked_for(own: Path):
    sequences = pd.read_parquet(own / "sequences/GATA3_a.parquet")
    assert set(sequences.sequence.str.len()) == {201}
    assert set(sequences.left_flank.str.len()) == {10}
    assert (own / "report.html").stat().st_size > 10_000


def test_experiments_of_a_factor_share_one_expert(own: Path):
    networks = sorted(path.name for path in (own / "experts").iterdir())
    assert networks == ["GATA3", "background_vs_shuffle", "pooled"]
    columns = pd.read_parquet(own / "predictions/GATA3_b.parquet").columns
    assert "expert_GATA3_seed0" in columns


def test_that_no_motif_is_in_random_sequence_is_a_result(own: Path):
    summary = pd.read_csv(own / "motifs/summary.tsv", sep="\t")
    assert len(summary) == 5, "two searches by the expert, three by the mixture"
    assert (summary.n_patterns == 0).all()
    assert summary.note.notna().all(), "each says why"


def test_tests_that_one_seed_and_one_set_cannot_carry_are_skipped_with_a_reason(own: Path):
    two_way = pd.read_csv(own / "statistics/two_way.tsv", sep="\t")
    ood = two_way[two_way.role == "ood"]
    assert ood.p.isna().all()
    assert ood.note.notna().all()
