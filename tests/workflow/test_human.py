"""Human chromosome 22 with ENCODE peaks of the whole genome, as far as sequences and their audit.

The FASTA has one chromosome, in lower case where it repeats and with N between its parts, and lacks
those that most peaks lie on. With one chromosome the splits are blocks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

RESULTS = "results/human"
LENGTH, FLANK = 101, 25
ROWS = (
    ("K562.CTCF", "CTCF", "train", "-"),
    ("K562.JUND", "JUND", "train", "-"),
    ("HepG2.FOXA1", "FOXA1", "train", "-"),
    ("GM12878.SPI1", "SPI1", "ood", "cross_family"),
    ("HepG2.CEBPB", "CEBPB", "ood", "cross_family"),
    ("HeLa-S3.STAT3", "STAT3", "ood", "cross_family"),
)
SETTINGS = {
    "run": "human",
    "experiments": "experiments.tsv",
    "splits": {"by": "blocks"},
    "negatives": {
        "training": {"genomic": 2, "neighbour": 1, "other_factor": 0.5},
        "evaluation": {"genomic": 2, "neighbour": 1, "other_factor": 0.5, "dinucleotide": 1},
        "match_repeats": True,
    },
}


@pytest.fixture(scope="module")
def human(snakemake, real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make and audit the sequences of six experiments; return the results."""
    folder: Path = tmp_path_factory.mktemp("human")
    data = real_data / "human"
    table = ["experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256"]
    for name, factor, role, stratum in ROWS:
        peaks = data / f"ChIPseq.{name}.conservative.train.narrowPeak.gz"
        biosample = name.rsplit(".", 1)[0]
        table.append(f"{name}\t{factor}\t{biosample}\t{role}\t{stratum}\t-\t{peaks}\t-")
    (folder / "experiments.tsv").write_text("\n".join(table) + "\n")
    genome = {"assembly": "hg19", "fasta": str(data / "hg19.chr22.partial.fa.gz")}
    (folder / "config.yaml").write_text(yaml.safe_dump(SETTINGS | {"genome": genome}))
    ended = snakemake(folder, "--configfile", "config.yaml", "--", "data")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder / RESULTS


def test_peaks_of_chromosomes_that_the_genome_lacks_are_counted(human: Path):
    check = pd.read_csv(human / "inputs/check.tsv", sep="\t").set_index("experiment")
    assert check.peaks["K562.CTCF"] == 47_804
    assert check.on_genome["K562.CTCF"] == 1_422
    assert "19 not in the genome" in check.naming["K562.CTCF"]
    dropped = pd.read_csv(human / "regions/summary.tsv", sep="\t").set_index("experiment")
    assert dropped.chromosome["K562.CTCF"] == 47_804 - 1_422
    kept = dropped.kept / (dropped.peaks - dropped.chromosome)
    assert kept.between(0.55, 0.85).all(), "the others have too many N"


def test_the_consensus_of_ctcf_is_in_its_windows_and_not_in_the_negatives(human: Path):
    sequences = pd.read_parquet(human / "sequences/K562.CTCF.parquet")
    consensus = "CC[ACGT]{3}AG[AG][GT]GGC|GCC[AC][CT]CT[ACGT]{3}GG"
    found = sequences.sequence.str.contains(consensus).groupby(sequences.kind).mean()
    assert found["peak"] > 0.2
    assert found.drop("peak").max() < 0.03


def test_splits_lie_apart(human: Path):
    parts = [pd.read_parquet(path) for path in sorted((human / "sequences").glob("*.parquet"))]
    table = pd.concat(parts).query("kind != 'dinucleotide'").sort_values("start")
    assert set(table.split) == {"train", "gate", "validation", "test"}
    reach = table.start.to_numpy() + LENGTH
    split = table.split.to_numpy()
    border = np.flatnonzero(split[1:] != split[:-1])
    assert len(border) > 5
    assert (table.start.to_numpy()[border + 1] - reach[border] >= LENGTH + 2 * FLANK).all()


def test_negatives_match_in_gc_and_repeats(human: Path):
    drawn = pd.read_csv(human / "sequences/negatives.tsv", sep="\t")
    genomic = drawn[(drawn.kind == "genomic") & (drawn.positives >= 100)]
    assert len(genomic) >= 4
    assert (genomic.ks_gc <= 0.02).all()
    assert (genomic.ks_repeat <= 0.1).all()


def test_each_kind_is_drawn_and_audited(human: Path):
    audit = pd.read_csv(human / "sequences/audit.tsv", sep="\t")
    kinds = {"genomic", "neighbour", "other_factor", "dinucleotide"}
    assert set(audit.negatives) == kinds
    shuffled = audit.set_index("negatives").shuffle_share["dinucleotide"]
    assert (shuffled == 1).all()
    assert (human / "figures/audit_overlaps.svg").stat().st_size > 1_000
