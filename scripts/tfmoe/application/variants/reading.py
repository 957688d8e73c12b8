"""Reading of variants from VCF or BCF files: a survey of the whole file, then its records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

import pysam

from tfmoe.application.variants.files import (
    encoding_fault,
    header_fault,
    readable,
    record_fault,
)
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike

MISSING = "."
"""Value of empty columns of a VCF."""
_BASES = re.compile(r"[ACGTacgt]+")


class Skip(StrEnum):
    """Reasons why an allele is not scored."""

    NO_ALTERNATIVE = "no alternative allele"
    SYMBOLIC = "symbolic allele"
    BREAKEND = "breakend"
    SPANNING_DELETION = "spanning deletion (*)"
    UNKNOWN_BASES = "letters other than A, C, G and T"
    UNKNOWN_CHROMOSOME = "chromosome not in the genome"
    OFF_CHROMOSOME = "position off the chromosome"
    REFERENCE_MISMATCH = "reference does not match the genome"
    SAME = "same bases as the reference"
    TOO_LONG = "allele longer than the window"


@dataclass(frozen=True)
class Record:
    """A line of a VCF.

    Attributes
    ----------
    chrom
        Name of the chromosome in the file.
    start
        0-based position of the first base of `ref`; -1 for the position 0 of a telomere.
    name
        Identifiers, or ``.``.
    ref, alts
        The alleles; `alts` is empty if the record has none.
    line
        The record as text, without its line end.
    """

    chrom: str
    start: int
    name: str
    ref: str
    alts: tuple[str, ...]
    line: str

    @property
    def where(self) -> str:
        """Chromosome, position counted from 1, and identifier."""
        return f"{self.chrom}:{self.start + 1}" + (
            "" if self.name == MISSING else f" ({self.name})"
        )


@dataclass(frozen=True)
class Survey:
    """A VCF that can be read again, and the findings of a first pass over it.

    Attributes
    ----------
    name
        Name for messages.
    path
        The file; for standard input, a copy of it.
    header
        Its header as text. Contigs and other fields that it uses and does not declare are added.
    records
        Number of records.
    chromosomes
        Names of those with records, in the order of the header.
    is_sorted
        Whether the records of a chromosome are together and in the order of their positions.
    """

    name: str
    path: Path
    header: str
    records: int
    chromosomes: tuple[str, ...]
    is_sorted: bool

    def chunks(self, size: int) -> Iterator[list[Record]]:
        """Yield the records in order, in lists of at most `size`."""
        with _opened(self.path, self.name) as file:
            records = map(self._record, _guarded(file, self.path, self.name))
            while chunk := list(islice(records, size)):
                yield chunk

    def _record(self, record: pysam.VariantRecord) -> Record:
        try:
            return _record(record)
        except UnicodeDecodeError:
            place = f"the record at {record.chrom}:{record.pos}"
            raise encoding_fault(self.name, place) from None


@contextmanager
def surveyed(path: Pathlike) -> Iterator[Survey]:
    """Read a VCF once, and yield the survey; copies of the file last as long as the block.

    Parameters
    ----------
    path
        As for `tfmoe.application.variants.files.readable`.

    Raises
    ------
    InputError
        If the file is missing, damaged or not a VCF.
    """
    with readable(path) as (file, name):
        yield _survey(file, name)


def allele_fault(alt: str) -> Skip | None:
    """Return why an allele of the column ALT cannot be scored, or `None` if it is made of bases."""
    if alt == MISSING:
        return Skip.NO_ALTERNATIVE
    if alt == "*":
        return Skip.SPANNING_DELETION
    if alt.startswith("<"):
        return Skip.SYMBOLIC
    if "[" in alt or "]" in alt or (len(alt) > 1 and "." in (alt[0], alt[-1])):
        return Skip.BREAKEND
    return None if _BASES.fullmatch(alt) else Skip.UNKNOWN_BASES


def has_bases(ref: str) -> bool:
    """Return whether a reference allele consists of A, C, G and T."""
    return _BASES.fullmatch(ref) is not None


def _survey(path: Path, name: str) -> Survey:
    last: dict[str, int] = {}
    before, number, is_sorted = "", 0, True
    with _opened(path, name) as file:
        for record in _guarded(file, path, name):
            chrom, start = record.chrom, record.start
            if chrom != before:
                is_sorted &= chrom not in last
            elif start < last[chrom]:
                is_sorted = False
            last[chrom] = start
            before, number = chrom, number + 1
        # reading has added undeclared contigs and fields to the header
        try:
            header = str(file.header)
        except UnicodeDecodeError:
            raise encoding_fault(name, "the header") from None
        chromosomes = tuple(chrom for chrom in file.header.contigs if chrom in last)
    return Survey(name, path, header, number, chromosomes, is_sorted)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[pysam.VariantFile]:
    # htslib writes warnings to standard error, such as those about contigs without a line
    verbosity = pysam.set_verbosity(0)
    try:
        try:
            file = pysam.VariantFile(str(path))
        except (ValueError, OSError, NotImplementedError):
            raise InputError(header_fault(path, name)) from None
        with file:
            yield file
    finally:
        pysam.set_verbosity(verbosity)


def _guarded(file: pysam.VariantFile, path: Path, name: str) -> Iterator[pysam.VariantRecord]:
    """Yield the records, with an error that names the line of the one that cannot be read."""
    number = 0
    try:
        for record in file:
            number += 1
            yield record
    except (OSError, ValueError) as error:
        raise InputError(record_fault(path, name, number + 1, error)) from None


def _record(record: pysam.VariantRecord) -> Record:
    return Record(
        chrom=record.chrom,
        start=record.start,
        name=record.id or MISSING,
        ref=record.ref or MISSING,
        alts=tuple(record.alts or ()),
        line=str(record).rstrip("\n"),
    )
