"""Interval arithmetic on user files with bedtools: merged peaks, and overlaps with a blacklist.

Each call writes its intervals to a temporary folder of its own, so that simultaneous jobs do not
share files. A call takes some 20 ms, mostly to start bedtools; overlaps of sequences with training
peaks, of which there are millions, and of candidates for negatives are tested by
`tfmoe.data.intervals` in less.

pybedtools is imported on the first call: its import starts each of bedtools' commands once, which
takes 0.2 s.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.data.intervals import read_bed

_BED = ["chrom", "start", "end"]


def merge_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """Merge intervals that overlap or touch.

    Parameters
    ----------
    table
        With columns chrom, start and end, in any order.

    Returns
    -------
    DataFrame
        chrom, start, end: disjoint, in the order of chromosome names and starts.
    """
    ordered = table[_BED].sort_values(["chrom", "start"])
    if ordered.empty:
        return ordered
    pybedtools = _bedtools()
    with TemporaryDirectory() as folder:
        merged = Path(folder) / "merged.bed"
        bed = _write(ordered, Path(folder) / "intervals.bed")
        pybedtools.BedTool(bed).merge(output=str(merged))
        return read_bed(merged)


def overlaps_any(table: pd.DataFrame, others: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which intervals share a base with any of the others.

    Parameters
    ----------
    table, others
        With columns chrom, start and end, in any order; coordinates are not negative.

    Returns
    -------
    bool (N,)
        One value per row of `table`.
    """
    if table.empty or others.empty:
        return np.zeros(len(table), dtype=np.bool_)
    pybedtools = _bedtools()
    with TemporaryDirectory() as folder:
        counted = Path(folder) / "counted.bed"
        first = _write(table, Path(folder) / "intervals.bed")
        second = _write(others, Path(folder) / "others.bed")
        pybedtools.BedTool(first).intersect(second, c=True, nonamecheck=True, output=str(counted))
        counts = pd.read_csv(counted, sep="\t", header=None, usecols=[len(_BED)]).to_numpy()
    found: NDArray[np.bool_] = counts[:, 0] > 0
    return found


def _bedtools() -> Any:
    """Return pybedtools, which needs the program.

    Raises
    ------
    InputError
        If bedtools is not installed.
    """
    if shutil.which("bedtools") is None:
        raise InputError(
            "bedtools: the program was not found, expected it on the PATH, to find the regions "
            "that overlap others, such as a blacklist; install it, for example with: conda install "
            "-c conda-forge -c bioconda bedtools"
        )
    import pybedtools

    return pybedtools


def _write(table: pd.DataFrame, path: Path) -> str:
    table[_BED].to_csv(path, sep="\t", header=False, index=False)
    return str(path)
