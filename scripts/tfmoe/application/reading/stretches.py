"""Stretches of sequence to explain: a locus of a genome, or a given sequence.

Loci are written as in samtools and genome browsers, ``chr1:1,001-1,100``: bases are counted from 1
and the end is included. Elsewhere, starts are counted from 0 and ends are excluded.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tfmoe.application.reading.genome import name_fault, open_genome
from tfmoe.application.reading.tiling import bases_before
from tfmoe.core.dna import IUPAC, UNKNOWN, Codes, encode_text, reverse_complement
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.reading.chromosomes import match_names
from tfmoe.data.reading.fasta_stream import letter_fault

if TYPE_CHECKING:
    from tfmoe.data.reading.genome import Genome

LONGEST = 10_000
"""Longest region or sequence, in bases, of which the best window is searched."""
STRANDS = ("+", "-")
_LOCUS = re.compile(r"(?P<chrom>.+):(?P<start>[0-9,]+)-(?P<end>[0-9,]+)")
_LETTERS = re.compile(f"[{''.join(IUPAC)}]+", re.IGNORECASE)
_NO_DNA = frozenset("UEFILPQ*-.")  # of RNA, proteins and alignments


@dataclass(frozen=True)
class Locus:
    """A region of a chromosome: starts count from 0, ends are excluded."""

    chrom: str
    start: int
    end: int

    def __str__(self) -> str:
        """Return the locus as users write it."""
        return f"{self.chrom}:{self.start + 1:,}-{self.end:,}"


@dataclass(frozen=True, eq=False)
class Stretch:
    """A sequence of at least the length of the windows, in reading direction.

    Attributes
    ----------
    name
        Name of the chromosome as in the genome, or of the sequence.
    codes
        uint8 (flank + S + flank,): the sequence and its flanking bases, `UNKNOWN` where there are
        none; on strand ``-`` the reverse complement.
    flank
        Number of flanking bases on each side.
    first
        0-based position, on the forward strand, of the leftmost of the S bases. It is negative
        where they begin before the chromosome or the sequence.
    size
        Length of the whole chromosome or sequence, in bases.
    strand
        ``+`` or ``-``.
    on_genome
        Whether positions are those of a genome.
    """

    name: str
    codes: Codes
    flank: int
    first: int
    size: int
    strand: str
    on_genome: bool

    @property
    def core(self) -> Codes:
        """The S bases without flanks."""
        return np.ascontiguousarray(self.codes[self.flank : len(self.codes) - self.flank])

    @property
    def positions(self) -> NDArray[np.int64]:
        """int64 (S,): 0-based position of each base on the forward strand."""
        found = self.first + np.arange(len(self.codes) - 2 * self.flank, dtype=np.int64)
        return found if self.strand == "+" else found[::-1]

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Bool (S,): whether each base belongs to the chromosome or the sequence."""
        positions = self.positions
        inside: NDArray[np.bool_] = (positions >= 0) & (positions < self.size)
        return inside

    def describe(self) -> str:
        """Return the name, the first and last position from 1, and the strand."""
        positions = self.positions[self.inside] + 1
        return f"{self.name}:{positions.min():,}-{positions.max():,} ({self.strand})"

    def cut(self, start: int, width: int) -> Stretch:
        """Return the `width` bases that begin `start` bases into the stretch, with flanks."""
        left = start if self.strand == "+" else len(self.codes) - 2 * self.flank - start - width
        codes = self.codes[start : start + width + 2 * self.flank]
        return Stretch(
            self.name, codes, self.flank, self.first + left, self.size, self.strand, self.on_genome
        )


def parse_locus(text: str) -> Locus:
    """Parse a locus such as ``chr1:1,001-1,100``.

    Raises
    ------
    InputError
        If the text has another form, starts at 0, or ends before its start.
    """
    found = _LOCUS.fullmatch(text.strip())
    digits = found and [found[key].replace(",", "") for key in ("start", "end")]
    if not found or not digits or not all(0 < len(part) < 16 for part in digits):
        raise InputError(
            f"{text}: expected a locus such as chr1:1,001-1,100 (bases count from 1, the end is "
            "included)"
        )
    start, end = map(int, digits)
    if start < 1:
        raise InputError(f"{text}: the locus starts at 0; bases count from 1")
    if end < start:
        raise InputError(f"{text}: the locus ends before its start; expected start <= end")
    return Locus(found["chrom"], start - 1, end)


def read_stretch(
    target: str, genome: Pathlike | None, window: int, flank: int, strand: str
) -> Stretch:
    """Read a target: a locus, with a colon, or else a sequence.

    Parameters
    ----------
    target
        A locus such as ``chr1:1,001-1,100``, or a sequence of IUPAC codes.
    genome
        FASTA of the genome; only needed for a locus.
    window, flank
        Length of a window, and number of flanking bases on each side.
    strand
        Strand that is read.

    Raises
    ------
    InputError
        If the target is neither, or as for `locus_stretch` and `sequence_stretch`.
    """
    if ":" not in target:
        return sequence_stretch(target, window, flank, strand)
    locus = parse_locus(target)
    if genome is None:
        raise InputError(f"{target}: a locus needs its genome; name it with --genome")
    with open_genome(genome) as opened:
        return locus_stretch(locus, opened, genome, window, flank, strand)


def locus_stretch(
    locus: Locus, genome: Genome, path: Pathlike, window: int, flank: int, strand: str
) -> Stretch:
    """Read a locus, extended about its middle to the length of a window if it is shorter.

    Parameters
    ----------
    locus
        The locus. The name of its chromosome is matched to the genome's as in the pipeline.
    genome
        The open genome.
    path
        Its path, for messages.
    window
        Length of a window.
    flank
        Number of flanking bases on each side.
    strand
        Strand that is read.

    Raises
    ------
    InputError
        If the genome has no such chromosome, or the locus is off its end or longer than `LONGEST`.
    """
    chrom = _chromosome(locus, genome.lengths, path)
    size = genome.lengths[chrom]
    if locus.end > size:
        raise InputError(f"{locus}: off the end of {chrom}, which has {size:,} bases in {path}")
    length = locus.end - locus.start
    _check_length(str(locus), length)
    first = locus.start - (bases_before(window, length) if length < window else 0)
    width = max(window, length)
    starts = np.array([first - flank], dtype=np.int64)
    codes = encode_text(genome.windows(chrom, starts, width + 2 * flank)[0].tobytes())
    return _on_strand(Stretch(chrom, codes, flank, first, size, "+", True), strand)


def sequence_stretch(
    text: str, window: int, flank: int, strand: str, name: str = "sequence"
) -> Stretch:
    """Encode a sequence, with N on both sides if it is shorter than a window.

    Raises
    ------
    InputError
        If the text is no sequence of IUPAC codes, has no A, C, G or T, or is longer than `LONGEST`.
    """
    shown = text if len(text) <= 30 else f"{text[:30]}..."
    strange = _LETTERS.sub("", text).upper()
    if strange and set(strange) <= _NO_DNA:
        raise InputError(f"{shown}: {letter_fault(strange.encode())}")
    if not _LETTERS.fullmatch(text):
        raise InputError(
            f"{shown or repr(shown)}: expected a locus such as chr1:1,001-1,100, or a sequence of "
            "A, C, G, T and other IUPAC codes"
        )
    _check_length(shown, len(text))
    known = encode_text(text)
    if (known == UNKNOWN).all():
        raise InputError(f"{shown}: the sequence has no A, C, G or T")
    width = max(window, len(text))
    before = bases_before(width, len(text))
    codes = np.full(width + 2 * flank, UNKNOWN, dtype=np.uint8)
    codes[flank + before : flank + before + len(text)] = known
    return _on_strand(Stretch(name, codes, flank, -before, len(text), "+", False), strand)


def _chromosome(locus: Locus, genome: Collection[str], path: Pathlike) -> str:
    """Return the genome's name of the chromosome of a locus."""
    naming = match_names([locus.chrom], genome)
    if naming.names:
        return naming.names[locus.chrom]
    raise InputError(f"{locus}: {name_fault(locus.chrom, naming, genome, path)}")


def _check_length(name: str, length: int) -> None:
    if length > LONGEST:
        raise InputError(
            f"{name}: found {length:,} bases, expected at most {LONGEST:,}; find its best windows "
            "with `tfmoe scan`"
        )


def _on_strand(stretch: Stretch, strand: str) -> Stretch:
    """Turn a stretch of the forward strand if the other one is asked for."""
    if strand not in STRANDS:
        raise InputError(f"--strand: found {strand!r}, expected + or -")
    if strand == "+":
        return stretch
    turned = reverse_complement(stretch.codes)
    parts = (stretch.flank, stretch.first, stretch.size, strand, stretch.on_genome)
    return Stretch(stretch.name, turned, *parts)
