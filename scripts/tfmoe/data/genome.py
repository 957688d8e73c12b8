"""The genome: a plain, indexed FASTA of the chromosomes in use, read one chromosome at a time."""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
import pandas as pd
import pysam
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes, encode_text
from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.files import Pathlike, atomic_path, read_tsv, write_tsv

logger = logging.getLogger(__name__)

LINE = 80
_SEEK = 20_000  # reading one window costs about as much as this many bases in a row
# by bytes.translate, which takes an eighth of the memory of indexing by an array
_CODES = encode_text(bytes(range(256))).tobytes()
_LETTERS = b"ACGTUNRYSWKMBDHVacgtunryswkmbdhv*-"


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
    source: Pathlike, names: Sequence[str] | None, fasta: Pathlike, table: Pathlike
) -> None:
    """Write the chromosomes in use as plain FASTA with its index, and a table of all sequences.

    Parameters
    ----------
    source
        FASTA, plain, gzipped or bgzipped. Lower case (repeats) is kept.
    names
        Sequences to use, or `None` for all.
    fasta
        Where the FASTA goes; the index goes beside it (``.fai``).
    table
        Where the table (name, length, used) goes.

    Raises
    ------
    InputError
        If the file is missing or damaged or is no FASTA.
    ConfigError
        If one of `names` is not in it.
    """
    rows = []
    seen: set[str] = set()
    with atomic_path(fasta) as temporary, temporary.open("wb") as out:
        for name, sequence in read_fasta(source):
            if name in seen:
                raise InputError(f"{source}: sequence {name} stands in the file twice")
            seen.add(name)
            used = names is None or name in names
            rows.append((name, len(sequence), used))
            if used:
                _write_record(out, name, sequence)
        missing = [name for name in names or () if name not in seen]
        if missing:
            raise ConfigError(
                f"genome.chromosomes: {source} has no sequence {', '.join(missing)}; it has "
                f"{', '.join(row[0] for row in rows[:30])}"
            )
    index = Path(f"{fasta}.fai")
    index.unlink(missing_ok=True)
    pysam.faidx(str(fasta))
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


def read_fasta(path: Pathlike) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield name (up to the first white space) and letters, uint8 (L,), of each sequence.

    Raises
    ------
    InputError
        If the file is missing, damaged, no FASTA, or has a sequence without bases.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: the file does not exist; correct `genome.fasta`")
    with Path(path).open("rb") as handle:
        zipped = handle.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if zipped else Path(path).open("rb") as lines:
            yield from _records(lines, path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path}: the gzip file is truncated or damaged ({error}); fetch or copy it again"
        ) from None


class Genome:
    """A FASTA file with its index, open for reading; use it in a ``with`` block.

    Parameters
    ----------
    path
        Plain FASTA with ``.fai`` beside it.
    """

    def __init__(self, path: Pathlike) -> None:
        try:
            self._fasta = pysam.FastaFile(str(path))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: the genome cannot be opened ({error})") from None
        self.lengths: dict[str, int] = dict(
            zip(self._fasta.references, self._fasta.lengths, strict=True)
        )

    def __enter__(self) -> Genome:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._fasta.close()

    def codes(self, chrom: str) -> Codes:
        """Return a whole chromosome as codes, uint8 (L,), read-only."""
        return np.frombuffer(self._fasta.fetch(chrom).encode().translate(_CODES), dtype=np.uint8)

    def letters(self, chrom: str) -> NDArray[np.uint8]:
        """Return a whole chromosome as ASCII letters, uint8 (L,), read-only.

        Lower case marks repeats (soft-masking), so ``letters >= ord("a")`` says which bases lie in
        one; `tfmoe.core.dna.encode_text` makes codes of the letters.
        """
        return np.frombuffer(self._fasta.fetch(chrom).encode(), dtype=np.uint8)

    def windows(self, table: pd.DataFrame, flank: int) -> Codes:
        """Fetch equally long windows with their flanks.

        Parameters
        ----------
        table
            With columns chrom, start and end.
        flank
            Bases on each side; what lies beyond the chromosome is unknown.

        Returns
        -------
        uint8 (N, flank + L + flank)
        """
        length = int(table["end"].iloc[0] - table["start"].iloc[0]) if len(table) else 0
        width = length + 2 * flank
        fetched = np.full((len(table), width), UNKNOWN, dtype=np.uint8)
        groups = table.reset_index(drop=True).groupby("chrom", sort=False).indices
        for chrom, rows in groups.items():
            starts = table["start"].to_numpy(dtype=np.int64)[rows] - flank
            fetched[rows] = self._cut(str(chrom), starts, width)
        return fetched

    def _cut(self, chrom: str, starts: NDArray[np.int64], width: int) -> Codes:
        size = self.lengths[chrom]
        if len(starts) * _SEEK > size:
            return cut_windows(self.codes(chrom), starts, width)
        cut = np.full((len(starts), width), UNKNOWN, dtype=np.uint8)
        for row, start in zip(cut, starts.tolist(), strict=True):
            first, last = max(start, 0), min(start + width, size)
            if first < last:
                text = self._fasta.fetch(chrom, first, last)
                row[first - start : last - start] = encode_text(text)
        return cut


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


def _records(handle: Iterable[bytes], path: Pathlike) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    name: str | None = None
    content = bytearray()
    for number, line in enumerate(handle, start=1):
        if line.startswith(b">"):
            if name is not None:
                yield name, _letters(content, name, path)
            words = line[1:].split()
            if not words:
                raise InputError(f"{path}, line {number}: a sequence without a name")
            name, content = words[0].decode("utf-8", "replace"), bytearray()
        elif name is None:
            if line.strip():
                raise InputError(
                    f"{path}, line {number}: this is no FASTA, a line that starts with > was "
                    "expected"
                )
        else:
            content += line.strip()
    if name is None:
        raise InputError(f"{path}: the file is empty, a FASTA was expected")
    yield name, _letters(content, name, path)


def _letters(content: bytearray, name: str, path: Pathlike) -> NDArray[np.uint8]:
    if not content:
        raise InputError(f"{path}: sequence {name} has no bases; the file may be truncated")
    strange = content.translate(None, _LETTERS)
    if strange:
        raise InputError(
            f"{path}: sequence {name} holds {chr(strange[0])!r}, which stands for no base; a FASTA "
            "of DNA was expected"
        )
    return np.frombuffer(content, dtype=np.uint8)


def _write_record(out: IO[bytes], name: str, letters: NDArray[np.uint8]) -> None:
    out.write(f">{name}\n".encode())
    whole = len(letters) // LINE * LINE
    lines = np.full((whole // LINE, LINE + 1), ord("\n"), dtype=np.uint8)
    lines[:, :LINE] = letters[:whole].reshape(-1, LINE)
    out.write(lines.data)
    if whole < len(letters):
        out.write(letters[whole:].tobytes() + b"\n")
