"""Selection of positive windows: centred on peak summits, of equal length, filtered and counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.bedtools import overlaps_any
from tfmoe.data.intervals import read_regions, write_bed
from tfmoe.data.reading.genome import Genome
from tfmoe.data.reading.peaks import PlacedPeaks
from tfmoe.data.windows.fetch import unknown_bases
from tfmoe.data.windows.splits import split_of_windows

REGION_COLUMNS = ("chrom", "start", "end", "name", "score", "strand", "signal", "summit")


@dataclass(frozen=True)
class WindowSettings:
    """The config's section `windows`; its schema describes the keys."""

    length: int
    flank: int
    max_n_share: float
    max_peaks: int | None

    @property
    def span(self) -> int:
        """Length of a window with its flanks, in bases."""
        return self.length + 2 * self.flank


@dataclass(frozen=True)
class SelectedWindows:
    """The windows of one experiment.

    Attributes
    ----------
    table
        One row per window, with `REGION_COLUMNS`, in the genome's order.
    counts
        Number of peaks read, number dropped by each filter in turn, and number kept.
    """

    table: pd.DataFrame
    counts: dict[str, int]

    def filters(self, experiment: str) -> pd.DataFrame:
        """Return the counts as a table with one row."""
        return pd.DataFrame([{"experiment": experiment, **self.counts}])


def window_starts(summits: pd.Series, length: int) -> pd.Series:
    """Return the starts of windows of `length` bases whose middle base is the summit."""
    return summits - length // 2


def footprints(peaks: pd.DataFrame, length: int) -> pd.DataFrame:
    """Return the smallest interval that covers each peak and its window.

    Parameters
    ----------
    peaks
        With columns chrom, start, end and summit.
    length
        Length of a window.

    Returns
    -------
    DataFrame
        chrom, start, end; starts may be negative, and ends may lie beyond the chromosome.
    """
    starts = window_starts(peaks["summit"], length)
    return pd.DataFrame(
        {
            "chrom": peaks["chrom"],
            "start": np.minimum(peaks["start"], starts),
            "end": np.maximum(peaks["end"], starts + length),
        }
    )


def inside_chromosomes(
    peaks: pd.DataFrame, lengths: dict[str, int], length: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return for which peaks the whole window lies on the chromosome, bool (N,)."""
    starts = window_starts(peaks["summit"], length).to_numpy(dtype=np.int64)
    ends = peaks["chrom"].map(lengths).to_numpy(dtype=np.int64)
    inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (starts >= 0) & (starts + length <= ends)
    return inside


def select_windows(
    experiment: str,
    peaks: PlacedPeaks,
    genome: Genome,
    blacklist: pd.DataFrame,
    settings: WindowSettings,
    regions: pd.DataFrame,
) -> SelectedWindows:
    """Centre windows on peak summits and filter them.

    The filters, in this order: chromosomes in use, the ends of chromosomes, gaps between the
    regions of the splits, the share of unknown bases, the blacklist, duplicates (of identical
    windows the one with the strongest signal is kept), and the maximum number of windows (those
    with the strongest signal are kept; of equal signals, those that come first in the file).

    Parameters
    ----------
    experiment
        Name of the experiment; windows are named ``<experiment>:peak:<chrom>:<start>``.
    peaks
        The experiment's peaks on the genome.
    genome
        The genome.
    blacklist
        Regions that no window may overlap, with columns chrom, start and end.
    settings
        The config's section `windows`.
    regions
        The regions of the splits, from `tfmoe.data.windows.splits.split_regions`.

    Raises
    ------
    InputError
        If no window is left.
    """
    counts = {"peaks": peaks.read, "chromosome": peaks.read - len(peaks.table)}
    table = peaks.table
    inside = inside_chromosomes(table, genome.lengths, settings.length)
    table = _keep(table, inside, "edge", counts)
    starts = window_starts(table["summit"], settings.length)
    table = table.assign(start=starts, end=starts + settings.length)
    in_a_split = pd.notna(split_of_windows(table, regions))
    table = _keep(table, in_a_split, "split_gap", counts)
    known = unknown_bases(genome, table) <= settings.max_n_share * settings.length
    table = _keep(table, known, "unknown_bases", counts)
    table = _keep(table, ~overlaps_any(table, blacklist), "blacklist", counts)
    # the sort is stable: of equal signals, the first in the file comes first
    table = table.sort_values("signal", ascending=False, kind="stable")
    table = _keep(table, ~table.duplicated(["chrom", "start"]).to_numpy(), "duplicate", counts)
    limit = len(table) if settings.max_peaks is None else settings.max_peaks
    table = _keep(table, np.arange(len(table)) < limit, "max_peaks", counts)
    counts["kept"] = len(table)
    if table.empty:
        dropped = ", ".join(f"{name} {count}" for name, count in counts.items() if name != "kept")
        raise InputError(
            f"experiment {experiment}: no window is left after filtering its peaks ({dropped}); "
            "check its peak file, the blacklist and the section `windows` of the config"
        )
    return SelectedWindows(_as_regions(table, experiment, list(genome.lengths)), counts)


def write_windows(windows: SelectedWindows, path: Pathlike) -> None:
    """Write windows as sorted, bgzipped and indexed BED with `REGION_COLUMNS`."""
    write_bed(windows.table, path)


def read_windows(path: Pathlike) -> pd.DataFrame:
    """Read windows written by `write_windows`."""
    frame = read_regions(path, REGION_COLUMNS)
    return frame.astype({"score": "int64", "signal": "float64", "summit": "int64"})


def _keep(
    table: pd.DataFrame,
    mask: np.ndarray[tuple[int], np.dtype[np.bool_]],
    name: str,
    counts: dict[str, int],
) -> pd.DataFrame:
    """Keep the rows where the mask is true, and count the others under the filter's name."""
    counts[name] = int(len(mask) - np.count_nonzero(mask))
    return table[mask].reset_index(drop=True)


def _as_regions(table: pd.DataFrame, experiment: str, order: list[str]) -> pd.DataFrame:
    """Name windows, and sort them by chromosome (in the given order) and start."""
    ranks = {chrom: rank for rank, chrom in enumerate(order)}
    rows = np.lexsort((table["start"].to_numpy(), table["chrom"].map(ranks).to_numpy()))
    table = table.iloc[rows].reset_index(drop=True)
    names = f"{experiment}:peak:" + table["chrom"] + ":" + table["start"].astype("str")
    score = table["score"].clip(0, 1000).round().astype("int64")
    return table.assign(name=names, score=score)[list(REGION_COLUMNS)]
