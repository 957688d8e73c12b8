"""Composition, GC content and repeats, of positives, negatives and windows of the genome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes, encode_text
from tfmoe.core.files import Pathlike
from tfmoe.core.seeds import generator
from tfmoe.data.negatives.sampling import gc_content
from tfmoe.data.reading.genome import Genome, cut_windows

BINS = 20
BACKGROUND = "unmatched genome"
"""Name in the tables of windows drawn anywhere in the genome."""
COLUMNS = ("experiment", "what", "measure", "n", "bin", "share")

_WINDOWS = 20_000
# windows drawn per window needed, because those with unknown bases are dropped
_SPARE = 3


@dataclass(frozen=True)
class Background:
    """Windows drawn anywhere on the chromosomes in use.

    Attributes
    ----------
    gc
        Share of G and C among the known bases of each window, float64 (N,).
    repeats
        Share of soft-masked bases of each window, float64 (N,); NaN if the genome has none.
    """

    gc: NDArray[np.float64]
    repeats: NDArray[np.float64]

    @property
    def soft_masked(self) -> bool:
        """Whether lower case marks repeats in this genome."""
        return not np.isnan(self.repeats).all()


def gc_shares(codes: Codes) -> NDArray[np.float64]:
    """Return the share of G and C among the known bases of windows, uint8 (N, L): float64 (N,)."""
    shares: NDArray[np.float64] = gc_content(codes) / max(codes.shape[1], 1)
    return shares


def mean_of_known(values: NDArray[np.floating[Any]]) -> float:
    """Return the mean of the values, (N,), that are not NaN; NaN if all are."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def draw_background(
    genome: Genome,
    length: int,
    max_n_share: float,
    rng: np.random.Generator,
    number: int = _WINDOWS,
) -> Background:
    """Draw windows anywhere in the genome, each position equally likely.

    Parameters
    ----------
    genome
        The genome.
    length
        Length of a window in bases.
    max_n_share
        Windows with a larger share of unknown bases are dropped.
    rng
        Random numbers for the positions.
    number
        Number of windows; fewer are returned for a genome that is mostly unknown.
    """
    chroms = [chrom for chrom, size in genome.lengths.items() if size >= length]
    starts_per_chrom = np.array(
        [genome.lengths[chrom] - length + 1 for chrom in chroms], dtype=np.float64
    )
    counts = (
        rng.multinomial(_SPARE * number, starts_per_chrom / starts_per_chrom.sum())
        if chroms
        else starts_per_chrom
    ).tolist()
    gc, repeats = [np.zeros(0)], [np.zeros(0)]
    for chrom, count in zip(chroms, counts, strict=True):
        if count:
            starts = np.sort(rng.integers(0, genome.lengths[chrom] - length + 1, int(count)))
            letters = cut_windows(genome.letters(chrom), starts, length)
            codes = encode_text(letters.tobytes()).reshape(letters.shape)
            known = (codes == UNKNOWN).sum(axis=1) <= max_n_share * length
            gc.append(gc_shares(codes[known]))
            repeats.append((letters[known] >= ord("a")).mean(axis=1))
    found = np.column_stack([np.concatenate(gc), np.concatenate(repeats)])
    chosen = rng.permutation(len(found))[:number]
    masked = found[chosen, 1]
    return Background(found[chosen, 0], masked if masked.any() else np.full(len(masked), np.nan))


def read_background(path: Pathlike, windows: Mapping[str, Any], seed: int) -> Background:
    """Draw windows anywhere in the genome of a run.

    Parameters
    ----------
    path
        Indexed FASTA of the chromosomes in use.
    windows
        The section `windows` of the config.
    seed
        Seed of the run.
    """
    with Genome(path) as genome:
        rng = generator(seed, "audit", "background")
        return draw_background(genome, windows["length"], windows["max_n_share"], rng)


def histogram(
    experiment: str, group: str, measure: str, values: NDArray[np.floating[Any]]
) -> pd.DataFrame:
    """Count shares in bins of equal width from 0 to 1.

    Parameters
    ----------
    experiment, group, measure
        Values of the first three columns: experiment, kind of sequences, ``gc`` or ``repeats``.
    values
        Float (N,), from 0 to 1; NaN is ignored.

    Returns
    -------
    DataFrame
        `COLUMNS`: the number of values, the lower end of each bin, and the share of the values in
        it. A value on the border of two bins is in the upper one; 1 is in the last bin. Empty
        without values.
    """
    known = values[~np.isnan(values)].astype(np.float64)
    if len(known) == 0:
        return pd.DataFrame(columns=list(COLUMNS))
    # a share such as 6 / 20 must not fall into the bin below by a rounding error
    bins = np.minimum(np.floor(known * BINS + 1e-6).astype(np.int64), BINS - 1)
    return pd.DataFrame(
        {
            "experiment": experiment,
            "what": group,
            "measure": measure,
            "n": len(known),
            "bin": np.arange(BINS) / BINS,
            "share": np.bincount(bins, minlength=BINS) / len(known),
        }
    )
