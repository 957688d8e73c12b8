"""Selection of positive windows: centred on peak summits, of equal length, filtered and counted."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.bedtools import overlaps_any
from tfmoe.data.intervals import read_regions, write_bed
from tfmoe.data.reading.genome import Genome
from tfmoe.data.reading.peak_formats import strength_remedy
from tfmoe.data.reading.peaks import PeakFile, PlacedPeaks
from tfmoe.data.windows.fetch import unknown_bases
from tfmoe.data.windows.replicates import distinct_windows, sources_of, warn_about_neighbours
from tfmoe.data.windows.splits import split_of_windows

logger = logging.getLogger(__name__)
Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

REGION_COLUMNS = ("chrom", "start", "end", "name", "score", "strand", "signal", "summit")


@dataclass(frozen=True)
class WindowSettings:
    """The config's section `windows`; its schema describes the keys."""

    length: int
    flank: int
    max_n_share: float
    max_peaks: int | None
    merge_distance: int = 0

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
    files
        The experiment's peak files.
    by_file
        The same counts for each file.
    """

    table: pd.DataFrame
    counts: dict[str, int]
    files: tuple[PeakFile, ...] = ()
    by_file: tuple[dict[str, int], ...] = ()

    def filters(self, experiment: str) -> pd.DataFrame:
        """Return the counts as a table with one row per file, and the format of each file."""
        if not self.files:
            return pd.DataFrame([{"experiment": experiment, **self.counts}])
        return pd.DataFrame(
            [
                {"experiment": experiment, **file.described, **counts}
                for file, counts in zip(self.files, self.by_file, strict=True)
            ]
        )


@dataclass
class _Tally:
    """Counts of peaks by filter, for each file and in total.

    Attributes
    ----------
    files
        Number of files, at least 1.
    by_file
        For each filter the number of peaks that it dropped, int64 (files,).
    """

    files: int
    by_file: dict[str, Numbers]

    def keep(self, table: pd.DataFrame, mask: Flags, name: str) -> pd.DataFrame:
        """Keep the rows where the mask is true, and count the others under the filter's name."""
        self.by_file[name] = self.count(table[~mask])
        return table[mask].reset_index(drop=True)

    def count(self, table: pd.DataFrame) -> Numbers:
        """Count the rows of each file."""
        if "file" not in table:
            return np.array([len(table)])
        counts: Numbers = np.bincount(table["file"], minlength=self.files)
        return counts

    @property
    def total(self) -> dict[str, int]:
        """Counts of all files together."""
        return {name: int(counts.sum()) for name, counts in self.by_file.items()}

    @property
    def separate(self) -> tuple[dict[str, int], ...]:
        """Counts of each file."""
        return tuple(
            {name: int(counts[number]) for name, counts in self.by_file.items()}
            for number in range(self.files)
        )


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
    windows the one with the strongest signal is kept), near-identical windows of different files,
    as replicates have (the strongest is kept), and the maximum number of windows (those with the
    strongest signal are kept; of equal signals, those that come first in the file).

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
        If no window is left, or if the strongest peaks are wanted and the strength is unknown.
    """
    table = peaks.table
    read = [file.read for file in peaks.files] or [peaks.read]
    tally = _Tally(len(read), {"peaks": np.array(read)})
    tally.by_file["chromosome"] = tally.by_file["peaks"] - tally.count(table)
    inside = inside_chromosomes(table, genome.lengths, settings.length)
    table = tally.keep(table, inside, "edge")
    starts = window_starts(table["summit"], settings.length)
    table = table.assign(start=starts, end=starts + settings.length)
    in_a_split = np.asarray(pd.notna(split_of_windows(table, regions)))
    table = tally.keep(table, in_a_split, "split_gap")
    known = unknown_bases(genome, table) <= settings.max_n_share * settings.length
    table = tally.keep(table, known, "unknown_bases")
    table = tally.keep(table, ~overlaps_any(table, blacklist), "blacklist")
    # the sort is stable: of equal signals, the first in the file comes first
    table = table.sort_values("signal", ascending=False, kind="stable")
    table = _distinct(table, experiment, settings.merge_distance, tally)
    check_strength(experiment, peaks, table["signal"], settings.max_peaks)
    limit = len(table) if settings.max_peaks is None else settings.max_peaks
    table = tally.keep(table, np.arange(len(table)) < limit, "max_peaks")
    tally.by_file["kept"] = tally.count(table)
    counts = tally.total
    if table.empty:
        dropped = ", ".join(f"{name} {count}" for name, count in counts.items() if name != "kept")
        raise InputError(
            f"experiment {experiment}: no window is left after filtering its peaks ({dropped}); "
            "check its peak file, the blacklist and the section `windows` of the config"
        )
    ordered = _as_regions(table, experiment, list(genome.lengths))
    return SelectedWindows(ordered, counts, peaks.files, tally.separate)


def check_strength(
    experiment: str, peaks: PlacedPeaks, strengths: pd.Series, max_peaks: int | None
) -> None:
    """Check that the strongest peaks can be chosen, if `windows.max_peaks` leaves any out.

    Parameters
    ----------
    experiment
        Name of the experiment.
    peaks
        Its peaks.
    strengths
        The strengths of the peaks to choose from.
    max_peaks
        Maximum number of windows, or `None` for no maximum.

    Raises
    ------
    InputError
        If no column of a file is known to be the strength.
    """
    if max_peaks is None or len(strengths) <= max_peaks:
        return
    for file in peaks.files:
        if file.layout.signal is None:
            raise InputError(
                f"{file.path}: windows.max_peaks = {max_peaks} keeps the "
                f"strongest of {len(strengths)} peaks, but no column of the file "
                f"({file.layout.name}) is known to be the strength; "
                f"{strength_remedy(file.layout)}, or set `windows.max_peaks` to null"
            )
    if (strengths == strengths.iloc[0]).all():
        columns = sorted({file.layout.described_strength for file in peaks.files})
        logger.warning(
            "experiment %s: all %d peaks have the same strength (%s), so windows.max_peaks keeps "
            "those that come first in the file; `strength` of the experiment table can name "
            "another column",
            experiment, len(strengths), ", ".join(columns) or "signal",
        )  # fmt: skip


def write_windows(windows: SelectedWindows, path: Pathlike) -> None:
    """Write windows as sorted, bgzipped and indexed BED with `REGION_COLUMNS`."""
    write_bed(windows.table, path)


def read_windows(path: Pathlike) -> pd.DataFrame:
    """Read windows written by `write_windows`."""
    frame = read_regions(path, REGION_COLUMNS)
    return frame.astype({"score": "int64", "signal": "float64", "summit": "int64"})


def _distinct(table: pd.DataFrame, experiment: str, distance: int, tally: _Tally) -> pd.DataFrame:
    """Keep the strongest of identical windows, and of near-identical ones of different files."""
    first = ~table.duplicated(["chrom", "start"]).to_numpy()
    if "file" in table:
        warn_about_neighbours(table, experiment, distance)
    if tally.files == 1 or "file" not in table:
        table = tally.keep(table, first, "duplicate")
        return tally.keep(table, np.ones(len(table), dtype=np.bool_), "merged")
    sources = sources_of(table)
    kept = [source for source, stays in zip(sources, first, strict=True) if stays]
    table = tally.keep(table, first, "duplicate")
    return tally.keep(table, distinct_windows(table, kept, distance), "merged")


def _as_regions(table: pd.DataFrame, experiment: str, order: list[str]) -> pd.DataFrame:
    """Name windows, and sort them by chromosome (in the given order) and start."""
    ranks = {chrom: rank for rank, chrom in enumerate(order)}
    rows = np.lexsort((table["start"].to_numpy(), table["chrom"].map(ranks).to_numpy()))
    table = table.iloc[rows].reset_index(drop=True)
    names = f"{experiment}:peak:" + table["chrom"] + ":" + table["start"].astype("str")
    score = table["score"].clip(0, 1000).round().astype("int64")
    return table.assign(name=names, score=score)[list(REGION_COLUMNS)]
