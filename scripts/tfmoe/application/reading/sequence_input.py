"""Input of predictions: sequences (FASTA), or intervals of a genome (BED), in their order."""

from __future__ import annotations

import codecs
import io
import logging
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tfmoe.application.reading.genome import open_genome
from tfmoe.application.reading.intervals import interval_stretches, read_intervals
from tfmoe.application.reading.standard import is_standard
from tfmoe.application.reading.tiling import Stretches, pad_records
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.packed_files import open_unpacked, read_rest
from tfmoe.data.reading.fasta_stream import read_records, record_table
from tfmoe.data.reading.text_columns import DataLines, data_lines, is_number

logger = logging.getLogger(__name__)

_PEEKED = 4096
_SAM = re.compile(rb"@[A-Z]{2}\t")  # a line of the header of SAM


@contextmanager
def open_stretches(
    path: Pathlike, genome: Pathlike | None, window: int, descriptions: bool = False
) -> Iterator[Iterator[Stretches]]:
    """Open a FASTA or BED file, as its content shows, in a ``with`` block.

    Parameters
    ----------
    path
        Plain, or packed by gzip, bgzip, bzip2 or xz; ``-`` is standard input. FASTA: any length of
        lines and sequences, upper or lower case, IUPAC codes. BED: at least three columns; a fourth
        one is the name. Scores do not depend on the strand, because networks average both strands,
        so the strand is not read.
    genome
        FASTA of the genome that intervals refer to.
    window
        Length of the model's windows, in bases.
    descriptions
        Whether a FASTA's table has the column ``description``: the rest of the header lines.

    Yields
    ------
    iterator of Stretches
        All records in the order of the file. The table has the column ``name``, and for intervals
        also ``chrom``, ``start`` and ``end`` as in the file.

    Raises
    ------
    InputError
        Naming the file and the faulty line.
    """
    standard = is_standard(path)
    label = "standard input" if standard else path
    source = sys.stdin.buffer if standard else None
    with open_unpacked(label, "correct its path", source) as stream:
        if _is_fasta(stream, label):
            if genome is not None:
                logger.warning("%s: has sequences, so the genome is not read", label)
            yield (
                pad_records(records, window, record_table(records, descriptions))
                for records in read_records(stream, label)
            )
            return
        lines = data_lines(read_rest(stream, label), label)
    _check_intervals(lines)
    if genome is None:
        raise InputError(f"{label}: the file has intervals; name their genome with --genome")
    with open_genome(genome) as opened:
        intervals = read_intervals(lines.after_header(), opened.lengths, genome)
        yield interval_stretches(intervals, opened, window)


def _is_fasta(stream: io.BufferedReader[Any], label: Pathlike) -> bool:
    """Return whether a stream begins with a header of FASTA; refuse other known formats."""
    start = stream.peek(_PEEKED)[:_PEEKED]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", "ignore").encode()
    start = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"@") and not _SAM.match(start):
        raise InputError(
            f"{label}: the file is FASTQ, expected FASTA or BED; convert it, for example with: "
            f"seqtk seq -a {shlex.quote(str(label))}"
        )
    if start.startswith(b"##fileformat=VCF"):
        raise InputError(
            f"{label}: the file is a VCF, expected FASTA or BED; score it with `tfmoe variants`"
        )
    return start.startswith(b">")


def _check_intervals(lines: DataLines) -> None:
    """Raise if the first line has no interval."""
    rows = lines.after_header() if lines.lines else lines
    if not rows.lines:
        raise InputError(f"{lines.path}: the file is empty, expected sequences or intervals")
    fields = rows.fields(0)
    if len(fields) < 3 or not (is_number(fields[1]) and is_number(fields[2])):
        raise InputError(
            f"{rows.where(0)}: found {rows.lines[0][:40]!r}, expected FASTA, whose first line "
            "starts with >, or BED: chromosome, start and end"
        )
