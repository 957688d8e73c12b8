"""Genomes as users have them: FASTA files, indexed on first use."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam
from pysam.utils import SamtoolsError

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, atomic_path
from tfmoe.core.regular_file import file_fault
from tfmoe.data.reading.chromosomes import Naming
from tfmoe.data.reading.extra_sequences import shortened
from tfmoe.data.reading.genome import Genome

_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_TWO_BIT = (bytes.fromhex("4327411a"), bytes.fromhex("1a412743"))


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
        If the file is missing, is packed or in 2bit format, or cannot be indexed.
    """
    fault = file_fault(path)
    if fault:
        raise InputError(f"{path}: the genome {fault}")
    with Path(path).open("rb") as handle:
        start = handle.read(6)
    if start.startswith(_PACKED):
        raise InputError(
            f"{path}: the genome is packed, expected plain FASTA, of which parts can be read; "
            f"unpack it, for example with: gunzip -k {path}"
        )
    if start.startswith(_TWO_BIT):
        raise InputError(
            f"{path}: the genome is a 2bit file, expected plain FASTA; convert it with: "
            f"twoBitToFa {path} {Path(path).with_suffix('.fa')}"
        )
    with _index_of(Path(path)) as index, Genome(path, index) as genome:
        yield genome


@contextmanager
def _index_of(path: Path) -> Iterator[Path]:
    """Yield the path of an up-to-date index."""
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
    try:
        pysam.faidx(str(path), "--fai-idx", str(index))
    except SamtoolsError as error:
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else "no reason given"
        raise InputError(
            f"{path}: the genome cannot be indexed, expected FASTA with lines of equal length "
            f"({reason})"
        ) from None
