"""A score along a genome as a bigWig file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
from numpy.typing import NDArray

from tfmoe.application.reading.standard import is_standard
from tfmoe.core.errors import InputError, ResourceError
from tfmoe.core.files import Pathlike, atomic_path
from tfmoe.core.shortage import KEPT, disk_fault

SUFFIXES = (".bw", ".bigwig")
"""Endings of a name, in lower or upper case."""
# the last bytes of a complete file
_MAGIC = (0x888FFC26).to_bytes(4, sys.byteorder)
BYTES_PER_VALUE = 8
"""More than a value takes in a file, with indexes and summaries."""
_BASES = 1 << 20  # of a file that are joined at once


@dataclass(frozen=True, eq=False)
class Stretch:
    """Values along a part of a region.

    Attributes
    ----------
    chrom
        The chromosome.
    start, end
        The part, 0-based and half-open.
    stride
        Bases per value; the last value may have fewer.
    values
        float32 (n,), the first for the bases from `start` on; NaN where there is no value.
    """

    chrom: str
    start: int
    end: int
    stride: int
    values: NDArray[np.float32]

    @property
    def positions(self) -> NDArray[np.int64]:
        """The base that each value is computed for, int64 (n,)."""
        return self.start + self.stride * np.arange(len(self.values), dtype=np.int64)


class Track:
    """A bigWig file that is being written; stretches come in the order of the genome.

    Parameters
    ----------
    path
        The file.
    lengths
        Length in bases of each sequence of the genome, in its order.
    """

    def __init__(self, path: Pathlike, lengths: Mapping[str, int]) -> None:
        self._file = pyBigWig.open(str(path), "w")
        self._file.addHeader(list(lengths.items()))

    def add(self, stretch: Stretch) -> None:
        """Add the values of a stretch."""
        known = np.isfinite(stretch.values)
        # first and last value of each run of known ones
        edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
        for first, last in edges.reshape(-1, 2).tolist():
            self._add_run(stretch, first, last)

    def _add_run(self, stretch: Stretch, first: int, last: int) -> None:
        stride = stretch.stride
        begin = stretch.start + first * stride
        values = stretch.values[first:last].astype(np.float64)
        rest = stretch.end - (begin + (len(values) - 1) * stride)
        whole = len(values) if rest >= stride else len(values) - 1
        if whole:
            self._file.addEntries(
                stretch.chrom, begin, values=values[:whole], span=stride, step=stride
            )
        if whole < len(values):
            start = begin + whole * stride
            self._file.addEntries(
                [stretch.chrom], [start], ends=[start + rest], values=[float(values[-1])]
            )

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


def check_name(path: Pathlike) -> None:
    """Raise an `InputError` if the name of a track does not end as that of a bigWig file."""
    if is_standard(path):
        raise InputError(f"{path}: a bigWig cannot be written to standard output; name a file")
    if Path(path).suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path}: expected the name of a bigWig file, which ends in .bw or .bigWig"
        )


@contextmanager
def write_track(path: Pathlike, lengths: Mapping[str, int], size: int = 0) -> Iterator[Track]:
    """Open a bigWig file for writing, in a ``with`` block; it appears when the block ends.

    Parameters
    ----------
    path
        The file.
    lengths
        Length in bases of each sequence of the genome, in its order.
    size
        Expected size in bytes, for which there has to be space.

    Raises
    ------
    ResourceError
        If the disk is full or a quota is used up.
    """
    with atomic_path(path) as temporary:
        _check_space(temporary, size)
        track = Track(temporary, lengths)
        try:
            yield track
        finally:
            track.close()
        _check_end(temporary, path)


def _check_space(path: Path, size: int) -> None:
    """Check that a file of this size can be written; pyBigWig hangs or crashes on a full disk."""
    if not size or not hasattr(os, "posix_fallocate"):
        return
    with path.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            # some file systems cannot reserve space
            if disk_fault(error):
                raise


def _check_end(written: Path, path: Pathlike) -> None:
    """Check that a bigWig file was written to its end; pyBigWig reports no failed write."""
    with written.open("rb") as file:
        file.seek(max(0, written.stat().st_size - len(_MAGIC)))
        if file.read() == _MAGIC:
            return
    raise ResourceError(
        f"{path}: the bigWig file could not be written to its end, probably because the disk is "
        f"full or a quota is used up; free some space and {KEPT}"
    )


def join_tracks(paths: Mapping[str, Pathlike], stride: int, output: Pathlike) -> None:
    """Join bigWig files of whole chromosomes.

    Parameters
    ----------
    paths
        File by chromosome, in the order of the genome; all have the same chromosomes in their
        headers.
    stride
        Bases per value.
    output
        The joined file.
    """
    with pyBigWig.open(str(next(iter(paths.values())))) as first:
        lengths = first.chroms()
    size = sum(Path(path).stat().st_size for path in paths.values())
    with write_track(output, lengths, size) as track:
        for chrom, path in paths.items():
            with pyBigWig.open(str(path)) as file:
                for stretch in _stretches(file, chrom, lengths[chrom], stride):
                    track.add(stretch)


def _stretches(file: Any, chrom: str, length: int, stride: int) -> Iterator[Stretch]:
    """Yield the values of a chromosome, a bounded number at once."""
    if file.header()["nBasesCovered"] == 0:
        return
    size = max(_BASES // stride, 1) * stride
    for start in range(0, length, size):
        end = min(start + size, length)
        yield Stretch(
            chrom, start, end, stride, file.values(chrom, start, end, numpy=True)[::stride]
        )
