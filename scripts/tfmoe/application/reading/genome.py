"""Genomes as users have them: FASTA files, indexed on first use."""

from __future__ import annotations

import codecs
import os
import shlex
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam
from pysam.utils import SamtoolsError

from tfmoe.application.reading.genome_index import check_index
from tfmoe.core.dna import IUPAC
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, atomic_path
from tfmoe.core.regular_file import file_fault
from tfmoe.data.reading.chromosomes import Naming
from tfmoe.data.reading.extra_sequences import shortened
from tfmoe.data.reading.genome import Genome

_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_TWO_BIT = (bytes.fromhex("4327411a"), bytes.fromhex("1a412743"))
_FIRST = 1 << 16  # bytes whose letters are checked
# also U of RNA, X of hard-masked repeats, and gaps, which the pipeline reads as unknown
_LETTERS = "".join([*IUPAC, "UX*-"]).encode()


def name_fault(name: str, naming: Naming, genome: Collection[str], path: Pathlike) -> str:
    """Return why a genome has no sequence for the name of a chromosome, and which it has.

    Parameters
    ----------
    name
        The name, which `naming` does not match.
    naming
        Result of `tfmoe.data.reading.chromosomes.match_names`.
    genome, path
        Names of the genome's sequences, and its path.
    """
    fault = "may be several sequences" if name in naming.ambiguous else "is no sequence"
    return f"{name} {fault} of {path}, which has {shortened(list(genome))}"


@contextmanager
def open_genome(path: Pathlike) -> Iterator[Genome]:
    """Open a FASTA for reading, in a ``with`` block.

    An index that is missing, or older than the FASTA, is written next to it as ``<path>.fai``; if
    that folder is read-only, the index is temporary.

    Parameters
    ----------
    path
        Plain FASTA, with lines of equal length within each sequence.

    Raises
    ------
    InputError
        If the file is missing, is packed or in 2bit format, is no FASTA of DNA, cannot be indexed,
        or differs from its index.
    """
    fault = file_fault(path)
    if fault:
        raise InputError(f"{path}: the genome {fault}")
    with Path(path).open("rb") as handle:
        _check_start(handle.read(_FIRST), path)
    with _index_of(Path(path)) as index:
        check_index(path, index)
        with Genome(path, index) as genome:
            yield genome


def _check_start(start: bytes, path: Pathlike) -> None:
    """Raise if the first bytes are not those of a plain FASTA of DNA."""
    if start.startswith(_PACKED):
        raise InputError(
            f"{path}: the genome is packed, expected plain FASTA, of which parts can be read; "
            f"unpack it, for example with: gunzip -k {shlex.quote(str(path))}"
        )
    if start.startswith(_TWO_BIT):
        raise InputError(
            f"{path}: the genome is a 2bit file, expected plain FASTA; convert it with: "
            f"{shlex.join(['twoBitToFa', str(path), str(Path(path).with_suffix('.fa'))])}"
        )
    if start.startswith(codecs.BOM_UTF8):
        raise InputError(
            f"{path}: the genome begins with a byte-order mark, which an index cannot skip; remove "
            f"it, for example with: sed -i '1s/^\\xEF\\xBB\\xBF//' "
            f"{shlex.quote(str(path))}"
        )
    if not start.startswith(b">"):
        found = start[:40].decode("ascii", "replace").splitlines()
        raise InputError(
            f"{path}: the genome begins with {found[0]!r}, expected FASTA, whose first line starts "
            "with >"
            if found
            else f"{path}: the genome is empty, expected FASTA"
        )
    letters = b"".join(line for line in start.splitlines() if not line.startswith(b">")).upper()
    strange = sorted(set(letters.translate(None, _LETTERS).decode("latin-1")))
    if strange:
        raise InputError(
            f"{path}: the genome has the letters {', '.join(map(repr, strange[:12]))}, expected "
            "DNA: A, C, G, T and other IUPAC codes"
        )
    if b"U" in letters and b"T" not in letters:
        raise InputError(f"{path}: the genome is RNA, expected DNA; replace U with T")


@contextmanager
def _index_of(path: Path) -> Iterator[Path]:
    """Yield the path of an index that is not older than the FASTA."""
    index = Path(f"{path}.fai")
    if index.exists() and index.stat().st_mtime >= path.stat().st_mtime:
        yield index
    elif os.access(path.parent, os.W_OK):
        with atomic_path(index) as temporary:
            _write_index(path, temporary)
        yield index
    else:
        with tempfile.TemporaryDirectory(prefix="tfmoe-") as folder:
            temporary = Path(folder) / index.name
            _write_index(path, temporary)
            yield temporary


def _write_index(path: Path, index: Path) -> None:
    # htslib writes its own lines to standard error
    verbosity = pysam.set_verbosity(0)
    try:
        pysam.faidx(str(path), "--fai-idx", str(index))
        check_index(path, index)
    except SamtoolsError:
        raise InputError(f"{path}: the genome cannot be indexed; {_uneven_line(path)}") from None
    finally:
        pysam.set_verbosity(verbosity)


def _uneven_line(path: Path) -> str:
    """Return where a sequence has lines of different lengths, with the remedy."""
    command = shlex.join(["seqtk", "seq", "-l", "60", str(path)])
    remedy = f"rewrite it with lines of equal length, for example with: {command}"
    first: int | None = None
    last = False  # whether the sequence must have ended
    line = b""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            size = len(line.rstrip(b"\r\n"))
            if line.startswith(b">"):
                first, last = None, False
            elif last and size:
                return (
                    f"line {number} follows a shorter or empty line of the same sequence; {remedy}"
                )
            elif first is not None and size > first:
                return f"line {number} is longer than the first one of its sequence; {remedy}"
            else:
                last = size == 0 or (first is not None and size < first)
                first = size if first is None else first
    if line.startswith(b">"):
        return "its last sequence has no bases; the file may be cut off: fetch or copy it again"
    return f"found lines that do not fit FASTA; {remedy}"
