"""Hits: windows whose score is a local maximum at or above a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tfmoe.application.scan.track import Stretch
from tfmoe.core.compiled import compiled
from tfmoe.core.files import Pathlike, atomic_path

COLUMNS = ("chrom", "start", "end", "name", "score", "strand", "logit", "probability")
DECIMALS = 4
"""Decimals of the logit."""


@dataclass(frozen=True, eq=False)
class Hits:
    """Hits on one chromosome, sorted.

    Attributes
    ----------
    positions
        int64 (n,): the base at the centre of each window.
    logits
        float64 (n,).
    """

    positions: NDArray[np.int64]
    logits: NDArray[np.float64]


class HitFinder:
    """Finds the hits of one chromosome; stretches come in order.

    Parameters
    ----------
    threshold
        The least logit.
    window
        Length of the windows, in bases.
    """

    def __init__(self, threshold: float, window: int) -> None:
        self._threshold, self._window = threshold, window
        self._positions: list[NDArray[np.int64]] = []
        self._logits: list[NDArray[np.float64]] = []
        self._stride = 1

    def add(self, stretch: Stretch) -> None:
        """Keep the values of a stretch that reach the threshold."""
        above = stretch.values >= self._threshold
        self._positions.append(stretch.positions[above])
        self._logits.append(stretch.values[above].astype(np.float64))
        self._stride = stretch.stride

    def hits(self) -> Hits:
        """Return the hits.

        A hit is a value that no neighbour exceeds; of equal neighbours, as many a network has that
        sees the same motif in each of them, the middle one. Of two whose centres are less than half
        a window apart, only the higher is a hit.
        """
        positions = np.concatenate([np.zeros(0, dtype=np.int64), *self._positions])
        # rounding errors do not decide
        logits = np.concatenate([np.zeros(0), *self._logits]).round(DECIMALS)
        peaks = local_maxima(positions, logits, self._stride)
        positions, logits = positions[peaks], logits[peaks]
        # half a window, rounded up, so that neither window covers the other's centre
        kept = keep_highest(positions, logits, (self._window + 1) // 2)
        return Hits(positions[kept], logits[kept])


def local_maxima(
    positions: NDArray[np.int64], values: NDArray[np.float64], stride: int
) -> NDArray[np.bool_]:
    """Return which values, bool (n,), are at least as high as the neighbours `stride` bases away.

    Parameters
    ----------
    positions
        int64 (n,), sorted.
    values
        float64 (n,). A run of equal values is one value, in its middle.
    stride
        Bases between neighbours.
    """
    if len(values) == 0:
        return np.zeros(0, dtype=np.bool_)
    # runs of equal values of neighbours
    near = np.diff(positions) == stride
    begins = np.append(True, ~near | (np.diff(values) != 0))
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(values)) - 1
    higher_before = np.zeros(len(first), dtype=np.bool_)
    higher_before[1:] = near[first[1:] - 1] & (values[first[1:] - 1] > values[first[1:]])
    higher_after = np.zeros(len(first), dtype=np.bool_)
    higher_after[:-1] = near[last[:-1]] & (values[last[:-1] + 1] > values[last[:-1]])
    found = np.zeros(len(values), dtype=np.bool_)
    found[((first + last) // 2)[~higher_before & ~higher_after]] = True
    return found


def keep_highest(
    positions: NDArray[np.int64], values: NDArray[np.float64], distance: int
) -> NDArray[np.bool_]:
    """Return which values, bool (n,), remain if each excludes lower ones nearer than `distance`.

    The highest comes first; of equal values, the leftmost. `positions` are sorted.
    """
    order = np.lexsort((positions, -values))
    kept = np.zeros(len(values), dtype=np.bool_)
    _keep_highest(positions, order, distance, kept)
    return kept


@compiled
def _keep_highest(positions: Any, order: Any, distance: int, kept: Any) -> None:
    excluded = np.zeros(len(positions), dtype=np.bool_)
    for index in order:
        if excluded[index]:
            continue
        kept[index] = True
        other = index - 1
        while other >= 0 and positions[index] - positions[other] < distance:
            excluded[other] = True
            other -= 1
        other = index + 1
        while other < len(positions) and positions[other] - positions[index] < distance:
            excluded[other] = True
            other += 1


def join_hits(paths: Sequence[Pathlike], output: Pathlike) -> None:
    """Join files of hits in their order, with the comments of the first."""
    with atomic_path(output) as temporary, temporary.open("w", encoding="utf-8") as joined:
        for number, path in enumerate(paths):
            with Path(path).open(encoding="utf-8") as file:
                joined.writelines(line for line in file if number == 0 or line[0] != "#")


def bed_lines(chrom: str, length: int, hits: Hits, window: int, label: str) -> Sequence[str]:
    """Return the hits as lines of BED6 with logit and probability.

    Parameters
    ----------
    chrom, length
        The chromosome and its length in bases, at which windows end.
    hits
        The hits.
    window
        Length of the windows.
    label
        First part of the names; chromosome and centre (0-based) follow.
    """
    starts = np.maximum(hits.positions - window // 2, 0)
    ends = np.minimum(hits.positions - window // 2 + window, length)
    probabilities = expit(hits.logits)
    return [
        f"{chrom}\t{start}\t{end}\t{label}_{chrom}_{centre}\t{round(1000 * probability)}\t.\t"
        f"{logit:.{DECIMALS}f}\t{probability:.4g}\n"
        for start, end, centre, logit, probability in zip(
            starts, ends, hits.positions, hits.logits, probabilities, strict=True
        )
    ]
