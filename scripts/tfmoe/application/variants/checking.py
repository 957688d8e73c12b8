"""Comparison of variants with the genome: which alleles can be scored, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tfmoe.application.variants.reading import MISSING, Record, Skip, allele_fault, has_bases
from tfmoe.application.variants.windows import Change, context_start, context_width, trim
from tfmoe.core.dna import IUPAC, UNKNOWN, Codes, encode_text
from tfmoe.data.reading.genome import Genome

# A VCF has one of the bases that an ambiguous base of the genome denotes. An unknown base
# matches none.
_AMBIGUOUS = {**IUPAC, "N": "", "U": "T"}
_SHOWN = 20


@dataclass(frozen=True)
class Allele:
    """An allele that can be scored.

    Attributes
    ----------
    record, number
        Index of its record in the chunk, and of the allele in the record's `alts`.
    chrom
        The genome's name of the chromosome.
    change
        The trimmed alleles.
    """

    record: int
    number: int
    chrom: str
    change: Change


@dataclass(frozen=True)
class Skipped:
    """An allele that is not scored, or a record without any.

    Attributes
    ----------
    index, number
        Index of its record in the chunk, and of the allele in the record's `alts`.
    record
        Its record.
    alt
        The allele, or ``.``.
    reason
        Why it is not scored.
    found
        The genome's bases where the reference does not match, shortened; otherwise empty.
    """

    index: int
    number: int
    record: Record
    alt: str
    reason: Skip
    found: str = ""


@dataclass(frozen=True)
class CheckedChunk:
    """The alleles of a chunk of records.

    Attributes
    ----------
    alleles, skipped
        Those that can be scored and those that cannot, in the order of the file.
    compared, mismatched
        Number of records whose reference was compared with the genome, and of those that differ or
        lie off their chromosome.
    """

    alleles: list[Allele]
    skipped: list[Skipped]
    compared: int
    mismatched: int


@dataclass(frozen=True)
class AlleleChecker:
    """Comparison of records with a genome.

    Attributes
    ----------
    genome
        The genome.
    names
        The genome's name of each chromosome of the VCF that it has.
    window
        Length of the model's windows.
    longest
        Number of bases of the longest trimmed allele that is scored.
    """

    genome: Genome
    names: Mapping[str, str]
    window: int
    longest: int

    def check(self, records: Sequence[Record]) -> CheckedChunk:
        """Sort the alleles of records into those that can be scored and those that cannot."""
        alleles: list[Allele] = []
        skipped: list[Skipped] = []
        compared = mismatched = 0
        for index, record in enumerate(records):
            fault, found = self._record_fault(record)
            if fault in (None, Skip.REFERENCE_MISMATCH, Skip.OFF_CHROMOSOME):
                compared += 1
                mismatched += fault is not None
            for number, alt in enumerate(record.alts or (MISSING,)):
                # a fault of the allele is named first: a symbolic one needs no reference
                change = allele_fault(alt) or fault or self._change(record, alt)
                if isinstance(change, Change):
                    alleles.append(Allele(index, number, self.names[record.chrom], change))
                else:
                    skipped.append(Skipped(index, number, record, alt, change, found))
        return CheckedChunk(alleles, skipped, compared, mismatched)

    def contexts(self, alleles: Sequence[Allele]) -> Codes:
        """Return the genome around alleles, uint8 (n, `context_width`)."""
        width = context_width(self.window)
        codes = np.full((len(alleles), width), UNKNOWN, dtype=np.uint8)
        chroms = np.array([allele.chrom for allele in alleles])
        starts = np.array([context_start(a.change, self.window) for a in alleles], dtype=np.int64)
        for chrom in np.unique(chroms):
            rows = np.flatnonzero(chroms == chrom)
            letters = self.genome.windows(str(chrom), starts[rows], width)
            codes[rows] = encode_text(letters.tobytes()).reshape(letters.shape)
        return codes

    def _change(self, record: Record, alt: str) -> Change | Skip:
        """Return the trimmed alleles, or why they cannot be scored."""
        change = trim(record.start, record.ref, alt)
        if change.longest == 0:
            return Skip.SAME
        return Skip.TOO_LONG if change.longest > self.longest else change

    def _record_fault(self, record: Record) -> tuple[Skip | None, str]:
        """Return why no allele of a record can be scored, and the genome's bases if they differ."""
        chrom = self.names.get(record.chrom)
        if chrom is None:
            return Skip.UNKNOWN_CHROMOSOME, ""
        if record.start < 0 or record.start + len(record.ref) > self.genome.lengths[chrom]:
            return Skip.OFF_CHROMOSOME, ""
        if not has_bases(record.ref):
            return Skip.UNKNOWN_BASES, ""
        start = np.array([record.start], dtype=np.int64)
        letters = self.genome.windows(chrom, start, len(record.ref))
        found = letters.tobytes().decode("ascii").upper()
        if _matches(record.ref.upper(), found):
            return None, ""
        return Skip.REFERENCE_MISMATCH, shortened(found)


def shortened(bases: str) -> str:
    """Return the first bases of a long allele."""
    return bases if len(bases) <= _SHOWN else f"{bases[:_SHOWN]}... ({len(bases)} bases)"


def _matches(ref: str, found: str) -> bool:
    """Return whether a reference allele is that of the genome, both in upper case."""
    return ref == found or all(
        base in _AMBIGUOUS.get(letter, "") for base, letter in zip(ref, found, strict=True)
    )
