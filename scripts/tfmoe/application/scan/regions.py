"""Regions of a genome to scan: whole chromosomes, or the intervals of a BED file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tfmoe.application.reading.genome import name_fault
from tfmoe.application.reading.intervals import read_intervals
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.intervals import by_chromosome
from tfmoe.data.reading.chromosomes import match_names
from tfmoe.data.reading.extra_sequences import shortened
from tfmoe.data.reading.text_columns import read_lines


@dataclass(frozen=True)
class Region:
    """A stretch of a chromosome, 0-based and half-open."""

    chrom: str
    start: int
    end: int


def find_regions(
    lengths: Mapping[str, int],
    genome: Pathlike,
    bed: Pathlike | None = None,
    chromosomes: Sequence[str] = (),
) -> list[Region]:
    """Return the regions to scan, disjoint, in the order of the genome.

    Parameters
    ----------
    lengths
        Length in bases of each sequence of the genome.
    genome
        Path of the genome, for messages.
    bed
        Intervals, merged where they overlap or touch; without them, whole chromosomes.
    chromosomes
        Only these chromosomes, as the genome or its aliases name them; all if empty.

    Raises
    ------
    InputError
        As for `tfmoe.application.reading.intervals.read_intervals`, or if a chromosome is unknown,
        or if nothing is left to scan.
    """
    wanted = _named(chromosomes, lengths, genome) if chromosomes else list(lengths)
    if bed is None:
        return [Region(chrom, 0, lengths[chrom]) for chrom in wanted if lengths[chrom] > 0]
    lines = read_lines(bed).after_header()
    if not lines.lines:
        raise InputError(f"{bed}: the file has no intervals, expected BED")
    table = read_intervals(lines, lengths, genome)
    found = by_chromosome(table.assign(chrom=table["sequence"]))
    regions = [
        Region(chrom, int(start), int(end))
        for chrom in wanted
        if chrom in found
        for start, end in zip(*found[chrom], strict=True)
    ]
    if not regions:
        raise InputError(f"{bed}: found no interval on {shortened(wanted)}")
    return regions


def _named(chromosomes: Sequence[str], lengths: Mapping[str, int], genome: Pathlike) -> list[str]:
    """Return the genome's names of chromosomes, in its order."""
    naming = match_names(chromosomes, lengths)
    unknown = [name for name in chromosomes if name not in naming.names]
    if unknown:
        raise InputError(f"chromosome {name_fault(unknown[0], naming, lengths, genome)}")
    chosen = set(naming.names.values())
    return [name for name in lengths if name in chosen]
