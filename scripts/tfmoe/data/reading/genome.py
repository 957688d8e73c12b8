"""The genome: a plain, indexed FASTA of the chromosomes in use, read by chromosome or by window."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyfaidx import Faidx

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.files import Pathlike, atomic_path, read_tsv, write_text, write_tsv
from tfmoe.data.reading.extra_sequences import ExtraSequences
from tfmoe.data.reading.genome_files import read_genome

logger = logging.getLogger(__name__)

LINE = 80
_LINES = 100_000  # lines read or written at once


@dataclass(frozen=True)
class Chromosomes:
    """Names and lengths of the genome's sequences.

    Attributes
    ----------
    lengths
        Length in bases of every sequence of the FASTA, in use or not, in the order of the file.
    used
        Names of the sequences in use, in the same order.
    """

    lengths: dict[str, int]
    used: tuple[str, ...]

    @property
    def used_lengths(self) -> dict[str, int]:
        """Length in bases of each sequence in use."""
        return {name: self.lengths[name] for name in self.used}


def prepare_genome(
    source: Pathlike,
    names: Sequence[str] | None,
    fasta: Pathlike,
    table: Pathlike,
    key: str = "genome.chromosomes",
) -> str:
    """Write the chromosomes in use as plain, indexed FASTA, and a table of all sequences.

    Parameters
    ----------
    source
        FASTA (plain, gzipped or bgzipped) or 2bit, without an index, in a folder that may be
        read-only. Lower case (repeats) is kept.
    names
        Sequences to use, or `None` for all except those that repeat a chromosome or are no part of
        the genome (`tfmoe.data.reading.extra_sequences`), which are left out with a warning.
    fasta
        Path of the FASTA to write; its index gets the suffix ``.fai``.
    table
        Path of the table to write: name, length, used.
    key
        Config key of `names`, for error messages.

    Returns
    -------
    str
        The warning about sequences that are left out, which is logged too; empty if there are none.

    Raises
    ------
    InputError
        As for `tfmoe.data.reading.genome_files.read_genome`, or if all sequences are left out.
    ConfigError
        If the genome lacks one of `names`.
    """
    rows = []
    index = []
    descriptions: dict[str, str] = {}
    extra = ExtraSequences()
    with atomic_path(fasta) as temporary, temporary.open("wb") as out:
        for name, letters in read_genome(source, descriptions):
            if names is None:
                used = not extra.add(name, descriptions.get(name, ""))
            else:
                used = name in names
            rows.append((name, len(letters), used))
            if used:
                index.append(_write_record(out, name, letters))
        require_sequences(source, [row[0] for row in rows], names, key)
        warning = _extra_warning(source, extra, bool(index), key)
    if warning:
        logger.warning("%s: %s", source, warning)
    write_text("".join(index), f"{fasta}.fai")
    frame = pd.DataFrame(rows, columns=["name", "length", "used"])
    logger.info(
        "%s: %d of %d sequences in use, %d bases",
        source, frame["used"].sum(), len(frame), frame.loc[frame["used"], "length"].sum(),
    )  # fmt: skip
    write_tsv(frame.astype({"used": "int64"}), table)
    return warning


def require_sequences(
    source: Pathlike, found: Sequence[str], names: Sequence[str] | None, key: str
) -> None:
    """Raise a `ConfigError` if a genome lacks a sequence that the config's `key` names."""
    known = set(found)
    missing = [name for name in names or () if name not in known]
    if missing:
        raise ConfigError(
            f"{key}: {source} has no sequence {', '.join(missing)}; it has {', '.join(found[:30])}"
        )


def read_chromosomes(table: Pathlike) -> Chromosomes:
    """Read the table that `prepare_genome` wrote."""
    frame = read_tsv(table, ["name", "length", "used"]).astype({"name": "str"})
    lengths = {str(n): int(size) for n, size in zip(frame["name"], frame["length"], strict=True)}
    used = tuple(str(name) for name in frame.loc[frame["used"] == 1, "name"])
    return Chromosomes(lengths, used)


class Genome:
    """An indexed FASTA file, open for reading; use it in a ``with`` block.

    Parameters
    ----------
    path
        Plain FASTA with its index, as `prepare_genome` writes them.
    index
        Path of the index; by default that of the FASTA and ``.fai``.

    Attributes
    ----------
    lengths
        Length in bases of each sequence, in the order of the file.

    Raises
    ------
    InputError
        If the FASTA or its index is missing or cannot be read.
    """

    def __init__(self, path: Pathlike, index: Pathlike | None = None) -> None:
        self._path = path
        try:
            with warnings.catch_warnings():
                # in a copy the index may be the older file; `_check_size` finds one that is wrong
                warnings.simplefilter("ignore", RuntimeWarning)
                self._fasta = Faidx(
                    str(path),
                    indexname=None if index is None else str(index),
                    as_raw=True,
                    build_index=False,
                    rebuild=False,
                )
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: the genome cannot be opened ({error})") from None
        self.lengths: dict[str, int] = {
            name: record.rlen for name, record in self._fasta.index.items()
        }

    def __enter__(self) -> Genome:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._fasta.close()

    def letters(self, chrom: str) -> NDArray[np.uint8]:
        """Return a whole chromosome as ASCII letters, uint8 (L,), read-only.

        Lower case marks repeats (soft-masking): ``letters >= ord("a")`` is the mask of repeats.
        `tfmoe.core.dna.encode_text` turns letters into codes.

        This copies lines straight from the file, in a third to a tenth of the time and memory that
        pyfaidx takes for a whole chromosome.

        Raises
        ------
        InputError
            If the file is shorter than its index states.
        """
        record = self._fasta.index[chrom]
        length, bases, width = record.rlen, record.lenc, record.lenb
        letters = np.empty(length, dtype=np.uint8)
        found = size = 0
        file = self._fasta.file
        file.seek(record.offset)
        # many lines per block, copied without their line ends
        for begin in range(0, length, _LINES * bases):
            part = letters[begin : begin + _LINES * bases]
            lines, rest = divmod(len(part), bases)
            block = np.fromfile(file, dtype=np.uint8, count=lines * width + rest)
            found, size = found + len(block), size + lines * width + rest
            if found == size:
                whole = block[: lines * width].reshape(lines, width)
                part[: lines * bases].reshape(lines, bases)[:] = whole[:, :bases]
                part[lines * bases :] = block[lines * width :]
        self._check_size(chrom, found, size)
        letters.flags.writeable = False
        return letters

    def windows(self, chrom: str, starts: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
        """Read windows of one chromosome one by one, as ASCII letters.

        For a few windows this is quicker than `letters`, which reads the whole chromosome: a window
        takes about as long as 20,000 bases of a chromosome.

        Parameters
        ----------
        chrom
            Name of the chromosome.
        starts
            int64 (N,), the start of each window; may be negative or beyond the end.
        width
            Length of each window.

        Returns
        -------
        uint8 (N, width)
            Letters, and `UNKNOWN` beyond the ends of the chromosome.

        Raises
        ------
        InputError
            If the file is shorter than its index states.
        """
        length, beyond = self.lengths[chrom], chr(UNKNOWN)
        texts = []
        for start in starts.tolist():
            first = min(max(start, 0), length)
            last = max(min(start + width, length), first)
            text = self._fasta.fetch(chrom, first + 1, last) if first < last else ""
            self._check_size(chrom, len(text), last - first)
            before = beyond * min(max(-start, 0), width)
            texts.append(before + text + beyond * (width - len(before) - len(text)))
        letters = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8)
        return letters.reshape(len(starts), width)

    def _check_size(self, chrom: str, found: int, expected: int) -> None:
        if found < expected:
            raise InputError(
                f"{self._path}: {chrom} has {found} of {expected} bytes expected from its index; "
                "the file is cut off: remove it and its index, and run again"
            )


def cut_windows(codes: Codes, starts: NDArray[np.int64], width: int) -> Codes:
    """Cut windows out of a chromosome in memory.

    Parameters
    ----------
    codes
        uint8 (L,).
    starts
        int64 (N,), the start of each window; may be negative or beyond the end.
    width
        Length of each window.

    Returns
    -------
    uint8 (N, width)
        `UNKNOWN` beyond the ends of the chromosome.
    """
    positions = starts[:, None] + np.arange(width, dtype=np.int64)
    inside = (positions >= 0) & (positions < len(codes))
    cut = codes[np.where(inside, positions, 0)]
    cut[~inside] = UNKNOWN
    return cut


def _extra_warning(source: Pathlike, extra: ExtraSequences, any_left: bool, key: str) -> str:
    """Return a warning that names the sequences that are left out; empty if there are none."""
    if not extra.kinds:
        return ""
    if not any_left:
        raise InputError(
            f"{source}: by their names, all sequences repeat a chromosome or are no part of the "
            f"genome: {extra.describe()}; list the sequences to use in `{key}`"
        )
    return (
        f"{len(extra.kinds)} sequences repeat chromosomes or are no part of the genome, and were "
        "left out, because networks could train on copies of test sequences: "
        f"{extra.describe()}; to use some of them, list all sequences to use in `{key}`"
    )


def _write_record(out: IO[bytes], name: str, letters: NDArray[np.uint8]) -> str:
    """Write a sequence in lines of equal length, and return its index line."""
    out.write(f">{name}\n".encode())
    size, start = len(letters), out.tell()
    for at in range(0, size, _LINES * LINE):
        part = letters[at : at + _LINES * LINE]
        whole = len(part) // LINE * LINE
        lines = np.full((whole // LINE, LINE + 1), ord("\n"), dtype=np.uint8)
        lines[:, :LINE] = part[:whole].reshape(-1, LINE)
        out.write(lines.data)
        if whole < len(part):
            out.write(part[whole:].tobytes() + b"\n")
    return f"{name}\t{size}\t{start}\t{min(size, LINE)}\t{min(size, LINE) + 1}\n"
