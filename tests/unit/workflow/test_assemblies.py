"""Assemblies by the lengths of their chromosomes, and splits for a genome."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmoe.core.errors import ConfigError
from tfmoe.workflow.assemblies import (
    choose_genome,
    find_assembly,
    find_tax_group,
    main_chromosomes,
    split_choices,
)


def test_one_chromosome_is_enough_to_recognise_an_assembly():
    found = find_assembly([51_304_566, 1_000])
    assert found is not None
    assert (found.name, found.species, found.tax_group) == ("hg19", "human", "vertebrates")
    other = find_assembly([50_818_468])
    assert other is not None
    assert other.name == "hg38"
    assert find_assembly([20_000, 30_000]) is None


def test_the_group_of_a_species_or_a_group():
    assert find_tax_group("Yeast") == "fungi"
    assert find_tax_group("mouse") == "vertebrates"
    assert find_tax_group("plants") == "plants"
    with pytest.raises(ConfigError, match=r"--species: found wolf, expected one of human, mouse"):
        find_tax_group("wolf")


def test_mitochondrion_scaffolds_and_chromosomes_without_peaks_are_left_out():
    lengths = {"chr1": 1000, "chr2": 500, "chrM": 100, "chrUn_1": 19, "chr3": 20}
    assert main_chromosomes(lengths, list(lengths)) == ["chr1", "chr2", "chr3"]
    assert main_chromosomes(lengths, ["chr2", "chrUn_1"]) == ["chr2"]


def test_many_chromosomes_are_dealt_to_folds_and_few_are_cut_into_blocks():
    def lengths(number: int, size: int) -> dict[str, int]:
        return {f"chr{at}": size for at in range(number)}

    assert split_choices(lengths(1, 51_304_566)) == [{"by": "blocks", "block_length": 500_000}]
    assert split_choices(lengths(11, 30_000_000))[0] == {"by": "blocks", "block_length": 1_000_000}
    assert split_choices(lengths(1, 20_000))[0]["block_length"] == 1_000
    yeast, blocks = split_choices(lengths(16, 755_000))
    assert yeast == {"folds": 8, "fold": 1}
    assert blocks == {"by": "blocks", "block_length": 200_000}
    assert split_choices(lengths(12, 1_000_000))[0] == {"folds": 6, "fold": 1}
    assert split_choices(lengths(24, 100_000_000))[0] == {"folds": 10, "fold": 1}


def test_a_genome_that_is_not_known_needs_a_species(tmp_path: Path):
    fasta = tmp_path / "toy.v2.fa"
    fasta.write_text(">1\nACGT\n")
    with pytest.raises(ConfigError, match=r"toy\.v2\.fa: .* add --species NAME, one of human, "):
        choose_genome(fasta, None, None, None)
    choice = choose_genome(fasta, None, "worm", None)
    assert (choice.assembly, choice.tax_group) == ("toy", "nematodes")
    assert choose_genome(fasta, "mine", "fungi", None).assembly == "mine"
