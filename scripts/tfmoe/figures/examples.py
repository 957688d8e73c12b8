"""Choice of the example sequence for an experiment's attribution, by a fixed rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.attribution.maps import AttributionMaps
from tfmoe.core.dna import one_hot, reverse_complement
from tfmoe.figures.logos import Logo
from tfmoe.jaspar.scanning import base_composition, log_odds, scan

SPAN = 41
"""Length of the example in bases."""


@dataclass(frozen=True, eq=False)
class Example:
    """A stretch of one sequence.

    Attributes
    ----------
    name
        The sequence's name.
    strand
        ``+``, or ``-`` where its reverse complement is shown.
    logo
        Contributions of the observed bases; positions are relative to the window's centre.
    """

    name: str
    strand: str
    logo: Logo


def choose_example(maps: AttributionMaps, motif: NDArray[np.float64] | None) -> Example:
    """Choose a typical sequence.

    With a motif, the candidates are the sequences in the upper half by their best hit, and the one
    with the median summed contribution under the hit is chosen. It is shown around the hit, in the
    motif's direction. Without a motif, it is the sequence with the median of the largest
    contribution in any 11 bases.

    Parameters
    ----------
    maps
        N maps of windows of length L.
    motif
        Probabilities (4, W), as drawn next to the example; `None` if no pattern was found.
    """
    contributions = maps.observed.astype(np.float64)
    width = 11 if motif is None else motif.shape[1]
    width = min(width, contributions.shape[1])
    if motif is None or motif.shape[1] > contributions.shape[1]:
        start = window_sums(contributions, width).argmax(axis=1)
        strand = np.ones(len(start), dtype=np.int64)
        usable = np.arange(len(start))
    else:
        pwm = log_odds(motif, base_composition(maps.sequences))
        hits = scan(maps.sequences, pwm)
        start, strand = np.asarray(hits.start), np.asarray(hits.strand)
        usable = np.flatnonzero(hits.score >= np.median(hits.score))
    sums = window_sums(contributions, width)[np.arange(len(start)), start]
    order = usable[np.argsort(sums[usable], kind="stable")]
    row = int(order[(len(order) - 1) // 2])
    return cut_out(maps, row, int(start[row]) + width // 2, reverse=int(strand[row]) < 0)


def window_sums(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Sum (N, L) over windows: (N, L - width + 1)."""
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    sums: NDArray[np.float64] = total[:, width:] - total[:, :-width]
    return sums


def cut_out(maps: AttributionMaps, row: int, centre: int, reverse: bool) -> Example:
    """Cut `SPAN` bases around a position out of one sequence, and reverse them on request.

    Parameters
    ----------
    maps
        N maps of windows of length L.
    row
        Index of the sequence.
    centre
        Position in the window, 0-based; near an end, the stretch is shifted to fit.
    reverse
        Whether to show the reverse complement.
    """
    length = maps.sequences.shape[1]
    span = min(SPAN, length)
    first = min(max(centre - span // 2, 0), length - span)
    codes = maps.sequences[row, first : first + span]
    heights = maps.attributions[row, :, first : first + span].astype(np.float64)
    if reverse:
        codes, heights = reverse_complement(codes), heights[::-1, ::-1]
        first = length - first - span
    observed = heights * one_hot(codes)
    name = str(maps.name[row])
    return Example(name, "-" if reverse else "+", Logo(observed, first - length // 2))
