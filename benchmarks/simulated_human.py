"""Simulate a human-like genome, with peaks and a blacklist, for benchmarks.

24 chromosomes of the lengths of hg38, 3.1 gigabases. GC content varies over stretches of 300, 5 and
0.25 kilobases, with CpG islands; about half of the bases are lower case (repeats), in stretches of
some 300 bases; telomeres, a centromere and gaps are N. Peaks prefer a high GC content.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray
from running import say

LENGTHS = {
    "chr1": 248_956_422, "chr2": 242_193_529, "chr3": 198_295_559, "chr4": 190_214_555,
    "chr5": 181_538_259, "chr6": 170_805_979, "chr7": 159_345_973, "chr8": 145_138_636,
    "chr9": 138_394_717, "chr10": 133_797_422, "chr11": 135_086_622, "chr12": 133_275_309,
    "chr13": 114_364_328, "chr14": 107_043_718, "chr15": 101_991_189, "chr16": 90_338_345,
    "chr17": 83_257_441, "chr18": 80_373_285, "chr19": 58_617_616, "chr20": 64_444_167,
    "chr21": 46_709_983, "chr22": 50_818_468, "chrX": 156_040_895, "chrY": 57_227_415,
}  # fmt: skip
LINE = 60
SEGMENT = 250  # bases per segment of constant GC content
_CHUNK = 1 << 17  # segments per write
_BLACKLISTED = 636  # regions, which cover a fifteenth of the genome


@dataclass(frozen=True, eq=False)
class Landscape:
    """A chromosome without its bases.

    Attributes
    ----------
    length
        Number of bases, L.
    gc
        float32 (segments,): GC content of each `SEGMENT` bases.
    gaps
        Stretches of N, as start and end, unsorted.
    """

    length: int
    gc: NDArray[np.float32]
    gaps: list[tuple[int, int]]

    def inside(self, positions: NDArray[np.int64], margin: int) -> NDArray[np.bool_]:
        """Return which positions have a distance of more than `margin` from gaps.

        All of them are more than 3 kb from the ends of the chromosome.
        """
        inside = (positions > 3000) & (positions < self.length - 3000)
        for first, last in self.gaps:
            inside &= (positions < first - margin) | (positions > last + margin)
        return inside


@dataclass(frozen=True, eq=False)
class Planted:
    """Stretches that replace bases of a chromosome.

    Attributes
    ----------
    starts
        int64 (N,), 0-based.
    codes
        A, C, G, T = 0..3 of all stretches, one after the other, uint8 (sum of lengths,).
    begins
        int64 (N + 1,): where the bases of each stretch begin in `codes`, and the end of the last.
    """

    starts: NDArray[np.int64]
    codes: NDArray[np.uint8]
    begins: NDArray[np.int64]


def simulate(folder: Path, peaks: int, scale: float = 1.0, seed: int = 1) -> None:
    """Write ``source.fa``, ``peaks.narrowPeak`` and ``blacklist.bed``.

    Parameters
    ----------
    folder
        Output folder.
    peaks
        Number of peaks.
    scale
        Length of the genome as a share of the human one.
    seed
        Seed of all random numbers.
    """
    lengths = scaled_lengths(scale)
    total = sum(lengths.values())
    parts = []
    with (folder / "source.fa").open("wb") as fasta:
        for index, (chrom, length) in enumerate(lengths.items()):
            rng = np.random.default_rng([seed, index])
            landscape = draw_landscape(length, scale, rng)
            write_chromosome(fasta, chrom, landscape, rng)
            parts.append(_peaks(chrom, landscape, round(peaks * length / total), rng))
            say(f"simulated {chrom}: {length:,} bases")
    rng = np.random.default_rng([seed, len(lengths)])
    table = pd.concat(parts).iloc[rng.permutation(sum(map(len, parts)))]
    table.to_csv(folder / "peaks.narrowPeak", sep="\t", header=False, index=False)
    blacklist = draw_blacklist(lengths, rng)
    blacklist.to_csv(folder / "blacklist.bed", sep="\t", header=False, index=False)


def scaled_lengths(scale: float) -> dict[str, int]:
    """Return the length of each chromosome of a genome that is `scale` times the human one."""
    return {chrom: int(size * scale) for chrom, size in LENGTHS.items()}


def draw_landscape(length: int, scale: float, rng: np.random.Generator) -> Landscape:
    """Draw GC content and gaps of a chromosome."""
    gc = _gc_of_segments(length, rng)
    return Landscape(length, gc, _gaps(length, scale, rng))


def _gc_of_segments(length: int, rng: np.random.Generator) -> NDArray[np.float32]:
    number = -(-length // SEGMENT)
    gc = np.full(number, 0.40, dtype=np.float32)
    for segments, deviation in ((1200, 0.045), (20, 0.03), (1, 0.05)):
        levels = rng.normal(0, deviation, -(-number // segments)).astype(np.float32)
        gc += np.repeat(levels, segments)[:number]
    islands = rng.integers(0, number, length // 50_000)
    for offset in range(4):  # islands of 1 kb
        gc[np.minimum(islands + offset, number - 1)] = rng.normal(0.66, 0.04, len(islands))
    return np.clip(gc, 0.2, 0.85)


def _gaps(length: int, scale: float, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return telomeres, centromere and some gaps, unsorted."""
    telomere, centromere, gap = int(10_000 * scale), int(3_000_000 * scale), int(50_000 * scale)
    middle = int(length * rng.uniform(0.3, 0.5))
    gaps = [(0, telomere), (length - telomere, length), (middle, middle + centromere)]
    starts = rng.integers(0, length - gap, 10).tolist()
    return gaps + [(start, start + gap) for start in starts]


def write_chromosome(
    fasta: IO[bytes],
    chrom: str,
    landscape: Landscape,
    rng: np.random.Generator,
    planted: Planted | None = None,
) -> None:
    """Write a chromosome in parts of some megabases, each a whole number of lines."""
    fasta.write(f">{chrom}\n".encode())
    levels = np.rint(landscape.gc * 256).astype(np.uint8)
    step = _CHUNK * SEGMENT // LINE * LINE
    for begin in range(0, landscape.length, step):
        size = min(step, landscape.length - begin)
        letters = np.frombuffer(bytearray(rng.bytes(size)), dtype=np.uint8)
        stretches = rng.geometric(1 / 300, 2 * size // 300).cumsum()
        _to_letters(letters, levels, begin, np.append(stretches, size))
        if planted is not None:
            _plant(letters, begin, planted.starts, planted.codes, planted.begins)
        for first, last in landscape.gaps:
            letters[max(first - begin, 0) : max(last - begin, 0)] = ord("N")
        whole = size // LINE * LINE
        lines = np.full((whole // LINE, LINE + 1), ord("\n"), dtype=np.uint8)
        lines[:, :LINE] = letters[:whole].reshape(-1, LINE)
        fasta.write(lines.data)
        if whole < size:
            fasta.write(letters[whole:].tobytes() + b"\n")


@njit
def _to_letters(letters: Any, levels: Any, begin: int, stretches: Any) -> None:
    """Convert random bytes to letters in place, every other stretch to lower case."""
    stretch = 0
    for position in range(len(letters)):
        while position >= stretches[stretch]:
            stretch += 1
        level = np.int64(levels[(begin + position) // SEGMENT])
        draw = np.int64(letters[position])
        strong, weak = (71, 65) if draw & 1 else (67, 84)
        letters[position] = (strong if draw < level else weak) + 32 * (stretch & 1)


@njit
def _plant(letters: Any, begin: int, starts: Any, codes: Any, begins: Any) -> None:
    """Replace bases of the part of a chromosome that begins at `begin`; their case stays."""
    for site in range(len(starts)):
        for index in range(begins[site], begins[site + 1]):
            position = starts[site] - begin + index - begins[site]
            if 0 <= position < len(letters):
                code = codes[index]
                letter = 65 if code == 0 else 67 if code == 1 else 71 if code == 2 else 84
                letters[position] = letter + (letters[position] & 32)


def _peaks(chrom: str, landscape: Landscape, number: int, rng: np.random.Generator) -> pd.DataFrame:
    """Place peaks outside gaps, most of them in GC-rich segments."""
    gc = landscape.gc
    weights = np.minimum(np.exp(8 * (gc.astype(np.float64) - 0.4)), 4)
    segments = rng.choice(len(gc), 2 * number, p=weights / weights.sum())
    summits = segments * SEGMENT + rng.integers(0, SEGMENT, len(segments))
    summits = summits[landscape.inside(summits, 200)][:number]
    widths = np.clip(rng.lognormal(5.7, 0.5, len(summits)), 100, 2000).astype(np.int64)
    offsets = (widths * rng.uniform(0.2, 0.8, len(summits))).astype(np.int64)
    signal = rng.lognormal(2, 1, len(summits)).round(5)
    return pd.DataFrame(
        {
            "chrom": chrom, "start": summits - offsets, "end": summits - offsets + widths,
            "name": ".", "score": rng.integers(0, 1000, len(summits)), "strand": ".",
            "signal": signal, "p": -1, "q": (signal / 2).round(5), "summit": offsets,
        }
    )  # fmt: skip


def draw_blacklist(lengths: Mapping[str, int], rng: np.random.Generator) -> pd.DataFrame:
    """Draw blacklisted regions, unsorted; columns chrom, start and end."""
    total = sum(lengths.values())
    chroms = rng.choice(list(lengths), _BLACKLISTED, p=[s / total for s in lengths.values()])
    widths = rng.lognormal(0, 1.5, _BLACKLISTED)
    widths = np.maximum(widths / widths.sum() * total / 15, 100).astype(np.int64)
    sizes = np.array([lengths[chrom] for chrom in chroms])
    widths = np.minimum(widths, sizes // 4)
    starts = (rng.random(_BLACKLISTED) * (sizes - widths)).astype(np.int64)
    return pd.DataFrame({"chrom": chroms, "start": starts, "end": starts + widths})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peaks", type=int, default=1_000_000)
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    simulate(options.folder, options.peaks, options.scale)
