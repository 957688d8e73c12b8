"""The genome: a plain, indexed FASTA of the chromosomes in use, read one chromosome at a time."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.files import Pathlike, atomic_path, read_tsv, write_text, write_tsv
from tfmoe.data.reading.genome_files import read_genome

logger = logging.getLogger(__name__)

LINE = 80
_LINES = 100_000  # read or written at once


@dataclass(frozen=True)
class Chromosomes:
    """The sequences of the genome.

    Attributes
    ----------
    lengths
        Length in bases of every sequence of the FASTA, used or not, in its order.
    used
        Names of those in use, in the same order.
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
) -> None:
    """Write the chromosomes in use as plain FASTA with its index, and a table of all sequences.

    Parameters
    ----------
    source
        FASTA (plain, gzipped or bgzipped) or 2bit; it needs no index, and its folder may be
        read-only. Lower case (repeats) is kept.
    names
        Sequences to use, or `None` for all.
    fasta
        Where the FASTA goes; the index goes beside it (``.fai``).
    table
        Where the table (name, length, used) goes.
    key
        Where the user gives `names`, for messages.

    Raises
    ------
    InputError
        As for `tfmoe.data.reading.genome_files.read_genome`.
    ConfigError
        If one of `names` is not in it.
    """
    rows = []
    index = []
    with atomic_path(fasta) as temporary, temporary.open("wb") as out:
        for name, letters in read_genome(source):
            used = names is None or name in names
            rows.append((name, len(letters), used))
            if used:
                index.append(_write_record(out, name, letters))
        found = {row[0] for row in rows}
        missing = [name for name in names or () if name not in found]
        if missing:
            raise ConfigError(
                f"{key}: {source} has no sequence {', '.join(missing)}; it has "
                f"{', '.join(row[0] for row in rows[:30])}"
            )
    write_text("".join(index), f"{fasta}.fai")
    frame = pd.DataFrame(rows, columns=["name", "length", "used"])
    logger.info(
        "%s: %d of %d sequences in use, %d bases",
        source, frame["used"].sum(), len(frame), frame.loc[frame["used"], "length"].sum(),
    )  # fmt: skip
    write_tsv(frame.astype({"used": "int64"}), table)


def read_chromosomes(table: Pathlike) -> Chromosomes:
    """Read the table that `prepare_genome` wrote."""
    frame = read_tsv(table, ["name", "length", "used"]).astype({"name": "str"})
    lengths = {str(n): int(size) for n, size in zip(frame["name"], frame["length"], strict=True)}
    used = tuple(str(name) for name in frame.loc[frame["used"] == 1, "name"])
    return Chromosomes(lengths, used)


class Genome:
    """A FASTA file with its index, open for reading; use it in a ``with`` block.

    A chromosome is read in one go, which takes a fraction of the time of a general FASTA reader.

    Parameters
    ----------
    path
        Plain FASTA with ``.fai`` beside it, as `prepare_genome` writes them.
    """

    def __init__(self, path: Pathlike) -> None:
        self._path = path
        try:
            with Path(f"{path}.fai").open(encoding="utf-8") as index:
                rows = [line.rstrip("\n").split("\t") for line in index]
            # of each chromosome: where it starts in the file, and bases and bytes a line
            self._places = {name: tuple(map(int, place)) for name, _, *place in rows}
            self.lengths: dict[str, int] = {name: int(size) for name, size, *_ in rows}
            self._descriptor = os.open(path, os.O_RDONLY)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: the genome cannot be opened ({error})") from None

    def __enter__(self) -> Genome:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)

    def letters(self, chrom: str) -> NDArray[np.uint8]:
        """Return a whole chromosome as ASCII letters, uint8 (L,), read-only.

        Lower case marks repeats (soft-masking), so ``letters >= ord("a")`` says which bases lie in
        one; `tfmoe.core.dna.encode_text` makes codes of the letters.

        Raises
        ------
        InputError
            If the file is shorter than its index says.
        """
        length, (start, bases, width) = self.lengths[chrom], self._places[chrom]
        letters = np.empty(length, dtype=np.uint8)
        found = size = 0
        with os.fdopen(self._descriptor, "rb", closefd=False) as file:
            file.seek(start)
            # many lines at once, of which all but the line ends are copied
            for begin in range(0, length, _LINES * bases):
                part = letters[begin : begin + _LINES * bases]
                lines, rest = divmod(len(part), bases)
                block = np.fromfile(file, dtype=np.uint8, count=lines * width + rest)
                found, size = found + len(block), size + lines * width + rest
                if found == size:
                    whole = block[: lines * width].reshape(lines, width)
                    part[: lines * bases].reshape(lines, bases)[:] = whole[:, :bases]
                    part[lines * bases :] = block[lines * width :]
        if found < size:
            raise InputError(
                f"{self._path}: {chrom} has {found} of the {size} bytes that the index says; "
                "remove both files and run again"
            )
        letters.flags.writeable = False
        return letters


def cut_windows(codes: Codes, starts: NDArray[np.int64], width: int) -> Codes:
    """Cut windows out of one chromosome.

    Parameters
    ----------
    codes
        uint8 (L,).
    starts
        int64 (N,), of each window; may be negative or beyond the end.
    width
        Length of each window.

    Returns
    -------
    uint8 (N, width)
        Unknown where there is no chromosome.
    """
    positions = starts[:, None] + np.arange(width, dtype=np.int64)
    inside = (positions >= 0) & (positions < len(codes))
    cut = codes[np.where(inside, positions, 0)]
    cut[~inside] = UNKNOWN
    return cut


def _write_record(out: IO[bytes], name: str, letters: NDArray[np.uint8]) -> str:
    """Write a sequence in lines of equal length, and return its line of the index."""
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
