"""Names and lengths of a genome's sequences."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.data.reading.genome_lengths import genome_lengths

FASTA = ">chr1 first\nACGT\nAC\n>chr2\nacg\n>chr1_KI270762v1_alt\nAC\n"


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    path = tmp_path / "genome.fa"
    path.write_text(FASTA)
    return path


def test_lengths_come_from_the_sequences_and_copies_are_not_used(fasta: Path):
    found = genome_lengths(fasta)
    assert found.lengths == {"chr1": 6, "chr2": 3, "chr1_KI270762v1_alt": 2}
    assert found.used == ("chr1", "chr2")
    assert genome_lengths(fasta, ["chr2"]).used == ("chr2",)


def test_an_index_counts_unless_it_is_older_than_the_genome(fasta: Path):
    index = Path(f"{fasta}.fai")
    index.write_text("chr1\t60\t6\t60\t61\n")
    assert genome_lengths(fasta).lengths == {"chr1": 60}
    os.utime(index, (1, 1))
    assert genome_lengths(fasta).lengths["chr1"] == 6


def test_faults_name_the_file(fasta: Path):
    with pytest.raises(
        ConfigError, match=r"genome\.chromosomes: .*genome\.fa has no sequence chr9"
    ):
        genome_lengths(fasta, ["chr9"])
    Path(f"{fasta}.fai").write_text("chr1\tlong\n")
    with pytest.raises(InputError, match=r"genome\.fa\.fai, line 1: found 'chr1\\tlong'"):
        genome_lengths(fasta)
    with pytest.raises(InputError, match=r"none\.fa: the file does not exist"):
        genome_lengths(fasta.with_name("none.fa"))
    fasta.with_name("alt.fa").write_text(">chr1_KI270762v1_alt\nAC\n")
    with pytest.raises(InputError, match="all sequences repeat a chromosome"):
        genome_lengths(fasta.with_name("alt.fa"))
