"""Scores of a mixture along regions, chromosomes or a genome, and hits.

The value of a base is the logit of the window that is centred on it, the mean over training seeds.
With an even window, the base is the first of its second half. Bases beyond the ends of a chromosome
are unknown, as are runs of N: a window that hangs over an end is scored with them. If more than
half of a window is unknown, its centre has no value. With a stride of k, every k-th base of a
region is scored, from the first one on, and the value holds for the k bases from there. A stride of
10 loses hits: of those at stride 1 at a precision of .9 in 0.8 million bases of chromosome 22
(`config/chr22`, `explainn`), 15 % for CTCF and 20 % for SPI1 have no hit within half a window.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import IO

import numpy as np

from tfmoe.application.model.model import Model, Query
from tfmoe.application.reading.genome import open_genome
from tfmoe.application.reading.standard import is_standard
from tfmoe.application.scan.hits import COLUMNS, HitFinder, bed_lines
from tfmoe.application.scan.regions import Region, find_regions
from tfmoe.application.scan.track import BYTES_PER_VALUE, Stretch, Track, check_name, write_track
from tfmoe.core.dna import UNKNOWN, encode_text
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, atomic_path
from tfmoe.core.sliding import SlidingWindows
from tfmoe.data.reading.genome import Genome

_WINDOWS = 1 << 16  # scored at once; bounds the memory
_ANY = "any"

Progress = Callable[[int], AbstractContextManager[Callable[[int], None]]]
"""Given the number of bases to scan, yields a function that is called with those done."""


@dataclass(frozen=True)
class ScanOptions:
    """Options of a scan.

    Attributes
    ----------
    stride
        Bases between scored windows.
    precision
        Precision of the threshold of hits on validation data.
    threshold
        A logit that replaces this threshold, or `None`.
    regions
        BED file of the regions to scan, or `None` for whole chromosomes.
    chromosomes
        The chromosomes to scan; all if empty.
    """

    stride: int = 1
    precision: float = 0.9
    threshold: float | None = None
    regions: Pathlike | None = None
    chromosomes: Sequence[str] = ()


@dataclass(frozen=True)
class ScanSummary:
    """Results of a scan in numbers.

    Attributes
    ----------
    bases
        Bases in the regions.
    windows, unknown
        Windows in the regions, and those of them without a value.
    hits
        Number of hits, or `None` if none were asked for.
    no_threshold
        Reason why there are no hits, if the model does not reach the precision.
    """

    bases: int
    windows: int
    unknown: int
    hits: int | None
    no_threshold: str | None = None

    def notes(self) -> list[str]:
        """Return lines for the user."""
        found = [] if self.hits is None else [f"{self.hits:,} hits in {self.bases:,} bases"]
        if self.no_threshold is not None:
            found.append(f"no hits: {self.no_threshold}")
        if self.unknown:
            found.append(
                f"{self.unknown:,} of {self.windows:,} windows have no value, because more than "
                "half of their bases are unknown"
            )
        return found


def scan(
    model: Model,
    query: Query,
    genome: Pathlike,
    track: Pathlike | None,
    hits: Pathlike | None,
    options: ScanOptions,
    progress: Progress,
) -> ScanSummary:
    """Score windows along a genome and write the scores, hits, or both.

    Parameters
    ----------
    model
        The mixture.
    query
        The question, from `Model.query`.
    genome
        Plain FASTA.
    track
        Output: the logits as a bigWig file (``.bw``), with all sequences of the genome in its
        header.
    hits
        Output: hits as BED (``-`` is standard output), sorted, with the `COLUMNS` of
        `tfmoe.application.scan.hits`. Comments at its beginning name the model, the threshold and
        its precision. Hits are local maxima of the logit at or above the threshold; of two whose
        centres are less than half a window apart, the higher one. The score is 1000 times the
        probability.
    options
        Options.
    progress
        Shows the progress.

    Raises
    ------
    InputError
        If genome or regions are faulty, or if only hits are asked for and the model has no such
        threshold. With a track, the file of hits is then empty, and the summary has the reason.
    """
    if track is not None:
        check_name(track)
    with open_genome(genome) as opened, ExitStack() as stack:
        regions = find_regions(opened.lengths, genome, options.regions, options.chromosomes)
        bases = sum(region.end - region.start for region in regions)
        threshold, no_threshold = np.inf, None
        bed: IO[str] | None = None
        if hits is not None:
            try:
                threshold = _threshold(model, query, options)
            except InputError as error:
                if track is None:
                    raise
                no_threshold = str(error)
            bed = stack.enter_context(_open_text(hits))
            bed.writelines(_header(model, query, options, threshold))
        file = None
        if track is not None:
            size = BYTES_PER_VALUE * (bases // options.stride + len(regions))
            file = stack.enter_context(write_track(track, opened.lengths, size))
        run = _Scan(model, query, opened, options.stride, threshold, file, bed)
        advance = stack.enter_context(progress(bases))
        for chrom, own in groupby(regions, key=lambda region: region.chrom):
            run.chromosome(chrom, list(own), advance)
    found = None if hits is None else run.hits
    return ScanSummary(bases, run.windows, run.unknown, found, no_threshold)


@dataclass
class _Scan:
    """A scan with its outputs and its counts."""

    model: Model
    query: Query
    genome: Genome
    stride: int
    threshold: float
    track: Track | None
    bed: IO[str] | None
    windows: int = 0
    unknown: int = 0
    hits: int = 0

    def chromosome(
        self, chrom: str, regions: Sequence[Region], advance: Callable[[int], None]
    ) -> None:
        """Scan the regions of a chromosome."""
        finder = HitFinder(self.threshold, self.model.window)
        for region in regions:
            for stretch in score_region(self.model, self.query, self.genome, region, self.stride):
                self.windows += len(stretch.values)
                self.unknown += int(np.isnan(stretch.values).sum())
                if self.track is not None:
                    self.track.add(stretch)
                if self.bed is not None:
                    finder.add(stretch)
                advance(stretch.end - stretch.start)
        if self.bed is not None:
            found, length = finder.hits(), self.genome.lengths[chrom]
            label = self.query.factor or _ANY
            self.bed.writelines(bed_lines(chrom, length, found, self.model.window, label))
            self.hits += len(found.positions)


def score_region(
    model: Model, query: Query, genome: Genome, region: Region, stride: int
) -> Iterator[Stretch]:
    """Yield the logits along a region, a bounded number at once.

    Values that are adjacent or in different stretches are the same up to rounding, whatever the
    region, because each depends on its window alone.
    """
    window = model.window
    size = max(_WINDOWS // stride, 1) * stride
    for start in range(region.start, region.end, size):
        end = min(start + size, region.end)
        number = -(-(end - start) // stride)
        width = (number - 1) * stride + window
        first = np.array([start - window // 2], dtype=np.int64)
        codes = encode_text(genome.windows(region.chrom, first, width).tobytes())
        windows = SlidingWindows(codes, window, stride)
        total = np.concatenate([[0], np.cumsum(codes == UNKNOWN)])
        unknown = total[window::stride] - total[: width - window + 1 : stride]
        missing = 2 * unknown > window
        values = np.full(number, np.nan, dtype=np.float32)
        if not missing.all():
            logits = model.logits(windows, query).mean(axis=1, dtype=np.float64)
            values = np.where(missing, np.nan, logits).astype(np.float32)
        yield Stretch(region.chrom, start, end, stride, values)


@contextmanager
def _open_text(path: Pathlike) -> Iterator[IO[str]]:
    """Open an output for text, which appears when the block ends; ``-`` is standard output."""
    if is_standard(path):
        yield sys.stdout
        return
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as out:
        yield out


def _threshold(model: Model, query: Query, options: ScanOptions) -> float:
    if options.threshold is not None:
        return options.threshold
    return float(model.threshold(query, options.precision))


def _header(model: Model, query: Query, options: ScanOptions, threshold: float) -> Sequence[str]:
    """Return the first lines of a file of hits."""
    source = (
        f"precision {options.precision:g} on validation data"
        if options.threshold is None
        else "given"
    )
    asked = "no factor" if query.factor is None else f"factor {query.factor}"
    level = "none" if np.isinf(threshold) else f"logit {threshold:.4f}"
    return [
        f"# tfmoe scan: model of run {model.manifest.run}, {asked}, windows of {model.window} "
        f"bases, stride {options.stride}\n",
        f"# threshold: {level} ({source})\n",
        "#" + "\t".join(COLUMNS) + "\n",
    ]
