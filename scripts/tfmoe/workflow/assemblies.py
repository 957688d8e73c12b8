"""Common assemblies, and how to split a genome's chromosomes."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tfmoe.core.config import SCHEMAS, load_schema
from tfmoe.core.errors import ConfigError
from tfmoe.data.reading.chromosomes import is_mitochondrion
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.genome_lengths import genome_lengths

ASSEMBLIES = Path(__file__).with_name("assemblies.tsv")
# shorter sequences than this share of the longest chromosome are no chromosomes, but scaffolds
_LEAST_SHARE = 0.02
# with fewer chromosomes, the three folds that do not train would be most of the genome
_LEAST_FOR_FOLDS = 12
_MOST_FOLDS = 10
_BLOCKS = 60
_LEAST_BLOCK, _LONGEST_BLOCK = 1_000, 1_000_000


@dataclass(frozen=True)
class Assembly:
    """A genome assembly.

    Attributes
    ----------
    name
        Its name, such as ``hg38``.
    species
        Common name of the species; empty if it is not known.
    tax_group
        JASPAR's taxonomic group.
    """

    name: str
    species: str
    tax_group: str


@dataclass(frozen=True)
class GenomeChoice:
    """The genome of a new run.

    Attributes
    ----------
    fasta
        Its file.
    assembly, tax_group
        Name of the assembly, and JASPAR's taxonomic group.
    chromosomes
        All its sequences.
    blacklist
        File or pinned name of a blacklist, or `None`.
    """

    fasta: str
    assembly: str
    tax_group: str
    chromosomes: Chromosomes
    blacklist: str | None = None


@cache
def _known() -> dict[Assembly, frozenset[int]]:
    """Return the lengths of the chromosomes of each known assembly."""
    with ASSEMBLIES.open(encoding="utf-8") as lines:
        rows = csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t")
        return {
            Assembly(row["assembly"], row["species"], row["tax_group"]): frozenset(
                map(int, row["lengths"].split(","))
            )
            for row in rows
        }


def find_assembly(lengths: Collection[int]) -> Assembly | None:
    """Return the assembly that most sequences of these lengths belong to, or `None`."""
    found = {assembly: len(own.intersection(lengths)) for assembly, own in _known().items()}
    best = max(found, key=lambda assembly: found[assembly])
    return best if found[best] else None


def choose_genome(
    fasta: Path, assembly: str | None, species: str | None, blacklist: str | None
) -> GenomeChoice:
    """Read a genome's names and lengths, and recognise its assembly and species.

    Parameters
    ----------
    fasta
        FASTA or 2bit.
    assembly, species
        Given by the user, or `None`.
    blacklist
        File or pinned name of a blacklist, or `None`.

    Raises
    ------
    ConfigError
        If the species is unknown.
    InputError
        If the genome cannot be read.
    """
    group = find_tax_group(species) if species else None
    chromosomes = genome_lengths(fasta)
    known = find_assembly(chromosomes.lengths.values())
    if group is None and known is None:
        raise ConfigError(
            f"{fasta}: its chromosomes are not those of a known assembly; add --species NAME, one "
            f"of {', '.join(_tax_groups())}"
        )
    stem = fasta.name.split(".")[0]
    name = assembly or (known.name if known else stem)
    return GenomeChoice(
        str(fasta), name, group or (known.tax_group if known else ""), chromosomes, blacklist
    )


def find_tax_group(species: str) -> str:
    """Return JASPAR's taxonomic group of a species, or of a group itself.

    Raises
    ------
    ConfigError
        Listing all species and groups.
    """
    known = _tax_groups()
    if species.lower() not in known:
        raise ConfigError(f"--species: found {species}, expected one of {', '.join(known)}")
    return known[species.lower()]


def _tax_groups() -> dict[str, str]:
    """Return JASPAR's taxonomic group of each species, and of each group itself."""
    schema = load_schema(SCHEMAS / "config.schema.yaml")["properties"]["jaspar"]["properties"]
    groups = schema["tax_groups"]["items"]["enum"]
    known = {assembly.species: assembly.tax_group for assembly in _known()}
    return known | {group: group for group in groups}


def main_chromosomes(lengths: Mapping[str, int], with_peaks: Collection[str]) -> list[str]:
    """Return the chromosomes with peaks, without the mitochondrion and short scaffolds.

    Parameters
    ----------
    lengths
        Length of each sequence that may be used, in the genome's order.
    with_peaks
        Sequences with at least one peak.
    """
    least = _LEAST_SHARE * max(lengths.values())
    return [
        name
        for name, length in lengths.items()
        if name in with_peaks and length >= least and not is_mitochondrion(name)
    ]


def split_choices(lengths: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return sections `splits` of a config for chromosomes of these lengths, the best first.

    Many chromosomes are assigned to folds of two or more, of which at least half train. Few are cut
    into some 60 blocks.
    """
    total = sum(lengths.values())
    size = max(_LEAST_BLOCK, min(_LONGEST_BLOCK, _rounded(total // _BLOCKS)))
    blocks = {"by": "blocks", "block_length": size}
    if len(lengths) < _LEAST_FOR_FOLDS:
        return [blocks]
    return [{"folds": min(_MOST_FOLDS, len(lengths) // 2), "fold": 1}, blocks]


def _rounded(number: int) -> int:
    """Return the largest of 1, 2, 5, 10, 20, ... that is not above a number; at least 1."""
    unit = 10 ** (len(str(max(1, number))) - 1)
    return max((step * unit for step in (5, 2, 1) if step * unit <= number), default=1)
