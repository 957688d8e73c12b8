"""Names and lengths of a genome's sequences, without a copy of the genome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.reading.extra_sequences import ExtraSequences
from tfmoe.data.reading.genome import Chromosomes, require_sequences
from tfmoe.data.reading.genome_files import read_genome


def genome_lengths(
    source: Pathlike, names: Sequence[str] | None = None, key: str = "genome.chromosomes"
) -> Chromosomes:
    """Return names and lengths of a genome's sequences.

    They are read from the index ``<source>.fai`` if there is one that is not older than the genome,
    and otherwise from the whole genome, which takes some 15 s for a mammal.

    Parameters
    ----------
    source
        FASTA, plain or packed by gzip, bgzip, bzip2 or xz, or 2bit.
    names
        Sequences to use, or `None` for all except those that repeat a chromosome or are no part of
        the genome.
    key
        Config key of `names`, for error messages.

    Raises
    ------
    InputError
        If the genome or its index is missing or damaged.
    ConfigError
        If the genome lacks one of `names`.
    """
    index = Path(f"{source}.fai")
    indexed = index.is_file() and Path(source).is_file()
    if indexed and index.stat().st_mtime >= Path(source).stat().st_mtime:
        found = dict(_indexed(index))
        descriptions: dict[str, str] = {}
    else:
        descriptions = {}
        found = {name: len(letters) for name, letters in read_genome(source, descriptions)}
    require_sequences(source, list(found), names, key)
    extra = ExtraSequences()
    used = [
        name
        for name in found
        if (name in names if names is not None else not extra.add(name, descriptions.get(name, "")))
    ]
    if not used:
        raise InputError(
            f"{source}: by their names, all sequences repeat a chromosome or are no part of the "
            f"genome: {extra.describe()}; list the sequences to use in `{key}`"
        )
    return Chromosomes(found, tuple(used))


def _indexed(index: Path) -> Iterator[tuple[str, int]]:
    """Yield name and length of each sequence in an index of samtools."""
    for number, line in enumerate(index.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split("\t")
        if len(fields) < 5 or not fields[1].isdecimal():
            raise InputError(
                f"{index}, line {number}: found {line[:80]!r}, expected name, length, offset and "
                "line lengths; remove the index, or write it again with `samtools faidx`"
            )
        yield fields[0], int(fields[1])
