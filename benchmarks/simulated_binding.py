"""Binding sites and peaks of many experiments on a simulated chromosome.

A chromosome has elements of two kinds. Hot elements lie in CpG islands, as promoters do; many
factors have peaks there, most of them without their motif. Each other element belongs to a group
of factors that share a motif, such as a family; all members of the group may have a peak there, and
factors of other groups, too. Motifs are drawn from the factors' matrices, on either strand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from simulated_human import SEGMENT, Landscape, Planted

Indices = NDArray[np.int64]

HOT_ELEMENTS = 30_000  # in the whole genome
_CELL = 2  # segments with at most one element
_JITTER = 100  # bases from the middle of the cell to that of the element, at most
_OFFSETS = np.array([0, 26, -26, 52, -52])  # middles of the motifs of one element
_COMMON = 0.65  # size of a group's pool of elements, as a share of all its members' own peaks
_OWN_MOTIF = 0.9  # share of a group's elements that have its motif
_SUMMIT_SD = 12.0  # bases
_WIDER = 0.15  # share of the peaks that are wider than most of their experiment
SITE_COLUMNS = ("chrom", "start", "end", "factor", "matrix_id", "strand")


@dataclass(frozen=True, eq=False)
class Motif:
    """A matrix to plant: name of its factor, id, and probabilities of A, C, G, T, (4, W)."""

    factor: str
    matrix_id: str
    probabilities: NDArray[np.float64]


@dataclass(frozen=True)
class Binding:
    """How the factor of one experiment binds.

    Attributes
    ----------
    experiment
        Name of the experiment.
    group
        Factors with the same group share sites.
    number
        Number of peaks in the whole genome.
    width
        Width of most peaks in bases, even.
    hot, borrowed
        Shares of the peaks in hot elements and in elements of other groups; the others are in
        elements of the own group.
    hot_motif
        Probability that a hot element with a peak has the group's motif.
    own
        The factor's motif, if it has one.
    partners
        Motifs of co-factors.
    partner_motif
        Probability that an element has the motif of a given co-factor.
    """

    experiment: str
    group: str
    number: int
    width: int
    hot: float
    borrowed: float
    hot_motif: float
    own: Motif | None
    partners: tuple[Motif, ...]
    partner_motif: float


@dataclass(frozen=True, eq=False)
class Bound:
    """A chromosome's peaks and sites.

    Attributes
    ----------
    peaks
        For each experiment a table with start, end, summit (offset from the start) and strength.
    sites
        Table of the planted motifs with `SITE_COLUMNS`, sorted by position; 0-based, half-open.
    planted
        Their bases.
    """

    peaks: dict[str, pd.DataFrame]
    sites: pd.DataFrame
    planted: Planted


@dataclass(eq=False)
class _Elements:
    """The elements of a chromosome, of which the hot ones come first."""

    middles: Indices
    strength: NDArray[np.float64]
    hot: int
    pools: dict[str, Indices]
    filled: NDArray[np.int64]
    planted: list[tuple[Motif, Indices, NDArray[np.int8], NDArray[np.uint8]]] = field(
        default_factory=list
    )


def draw_bindings(
    chrom: str,
    landscape: Landscape,
    share: float,
    bindings: Sequence[Binding],
    rng: np.random.Generator,
) -> Bound:
    """Draw peaks and sites of one chromosome.

    Parameters
    ----------
    chrom
        Its name.
    landscape
        Its GC content and gaps.
    share
        Share of the genome's elements and peaks that this chromosome gets.
    bindings
        The experiments.
    rng
        Source of all random numbers.
    """
    elements = _place_elements(landscape, share, bindings, rng)
    seen: dict[str, NDArray[np.bool_]] = defaultdict(
        lambda: np.zeros(len(elements.middles), dtype=bool)
    )
    peaks = {}
    for binding in bindings:
        chosen = _choose(elements, binding, share, rng)
        new = chosen[~seen[binding.group][chosen]]
        seen[binding.group][new] = True
        _plant_motifs(elements, binding, new, rng)
        peaks[binding.experiment] = _peaks(elements, binding, chosen, rng)
    sites, planted = _gather(chrom, elements)
    return Bound(peaks, sites, planted)


def _place_elements(
    landscape: Landscape, share: float, bindings: Sequence[Binding], rng: np.random.Generator
) -> _Elements:
    """Place elements in cells outside gaps; hot ones have the highest GC content."""
    hot, sizes = round(HOT_ELEMENTS * share), _pool_sizes(bindings, share)
    cells = len(landscape.gc) // _CELL
    gc = landscape.gc[: cells * _CELL].reshape(cells, _CELL).mean(axis=1).astype(np.float64)
    middles = np.arange(cells) * _CELL * SEGMENT + _CELL * SEGMENT // 2
    middles += rng.integers(-_JITTER, _JITTER + 1, cells)
    free = np.flatnonzero(landscape.inside(middles, 500))
    hot_cells = free[_weighted_top(30 * gc[free], hot, rng)]
    free = np.setdiff1d(free, hot_cells, assume_unique=True)
    weights = np.minimum(8 * (gc[free] - 0.4), np.log(4))
    others = rng.permutation(free[_weighted_top(weights, sum(sizes.values()), rng)])
    at = np.concatenate([hot_cells, others])
    ends = hot + np.cumsum(list(sizes.values()), dtype=np.int64)
    pools = {
        group: np.arange(end - size, end)
        for (group, size), end in zip(sizes.items(), ends.tolist(), strict=True)
    }
    strength = rng.exponential(1, len(at))
    return _Elements(middles[at], strength, hot, pools, np.zeros(len(at), dtype=np.int64))


def _pool_sizes(bindings: Sequence[Binding], share: float) -> dict[str, int]:
    """Return the number of each group's own elements on a chromosome."""
    own: dict[str, list[int]] = defaultdict(list)
    for binding in bindings:
        own[binding.group].append(sum(_numbers(binding, share)[2:]))
    return {group: max(*sizes, round(_COMMON * sum(sizes))) for group, sizes in own.items()}


def _numbers(binding: Binding, share: float) -> tuple[int, int, int]:
    """Return the numbers of a chromosome's peaks in hot, borrowed and own elements."""
    number = round(binding.number * share)
    hot = min(round(binding.hot * number), round(0.9 * round(HOT_ELEMENTS * share)))
    own = round((1 - binding.hot - binding.borrowed) * number)
    return hot, number - hot - own, own


def _weighted_top(
    log_weights: NDArray[np.float64], number: int, rng: np.random.Generator
) -> Indices:
    """Draw without replacement by the Gumbel-top-k trick; return sorted indices."""
    if number > len(log_weights):
        raise SystemExit(f"{number} sites are needed where there is room for {len(log_weights)}")
    keys = log_weights + rng.gumbel(size=len(log_weights))
    return np.sort(np.argpartition(-keys, number - 1)[:number]) if number else np.zeros(0, int)


def _choose(
    elements: _Elements, binding: Binding, share: float, rng: np.random.Generator
) -> Indices:
    """Choose the elements in which an experiment has peaks."""
    hot, borrowed, own = _numbers(binding, share)
    strength = np.log(elements.strength)
    pool = elements.pools[binding.group]
    beyond = np.arange(elements.hot, len(elements.middles))
    others = np.setdiff1d(beyond, pool, assume_unique=True)
    return np.concatenate(
        [
            _weighted_top(strength[: elements.hot], hot, rng),
            others[_weighted_top(strength[others], borrowed, rng)],
            pool[_weighted_top(strength[pool], own, rng)],
        ]
    )


def _plant_motifs(
    elements: _Elements, binding: Binding, new: Indices, rng: np.random.Generator
) -> None:
    """Plant the motifs of elements in which a group gets its first peak."""
    is_hot = new < elements.hot
    is_own = np.isin(new, elements.pools[binding.group], assume_unique=True)
    if binding.own is not None:
        chance = np.where(is_hot, binding.hot_motif, np.where(is_own, _OWN_MOTIF, 0.0))
        _plant(elements, binding.own, new[rng.random(len(new)) < chance], rng)
    partnered = new if binding.own is None else new[is_own]
    for partner in binding.partners:
        kept = rng.random(len(partnered)) < binding.partner_motif
        _plant(elements, partner, partnered[kept], rng)


def _plant(elements: _Elements, motif: Motif, at: Indices, rng: np.random.Generator) -> None:
    """Draw instances of a motif for elements that have room for one more."""
    at = at[elements.filled[at] < len(_OFFSETS)]
    width = motif.probabilities.shape[1]
    starts = elements.middles[at] + _OFFSETS[elements.filled[at]] - width // 2
    elements.filled[at] += 1
    limits = np.cumsum(motif.probabilities, axis=0)[:3].T
    bases = (rng.random((len(at), width))[:, :, None] >= limits).sum(axis=2).astype(np.uint8)
    strands = np.where(rng.random(len(at)) < 0.5, 1, -1).astype(np.int8)
    bases[strands < 0] = 3 - bases[strands < 0, ::-1]
    elements.planted.append((motif, starts, strands, bases))


def _peaks(
    elements: _Elements, binding: Binding, chosen: Indices, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw peaks around elements, most of them of one width with the summit in the middle."""
    number = len(chosen)
    summits = elements.middles[chosen] + np.rint(rng.normal(0, _SUMMIT_SD, number)).astype(int)
    widths = np.full(number, binding.width, dtype=np.int64)
    wider = rng.random(number) < _WIDER
    widths[wider] += rng.exponential(200, int(wider.sum())).astype(np.int64)
    middle = np.where(wider, rng.uniform(0.3, 0.7, number), 0.5)
    offsets = (widths * middle).astype(np.int64)
    noise = rng.lognormal(0, 0.6, number)
    strength = (0.2 + elements.strength[chosen] + elements.filled[chosen] / 4) * noise
    return pd.DataFrame(
        {
            "start": summits - offsets,
            "end": summits - offsets + widths,
            "summit": offsets,
            "strength": strength,
        }
    )


def _gather(chrom: str, elements: _Elements) -> tuple[pd.DataFrame, Planted]:
    """Return the table of the sites, sorted, and the bases to write."""
    motifs, starts, strands, bases = zip(*elements.planted, strict=True)
    numbers = [len(found) for found in starts]
    widths = np.repeat([found.shape[1] for found in bases], numbers)
    first = np.concatenate(starts)
    sites = pd.DataFrame(
        {
            "chrom": chrom,
            "start": first,
            "end": first + widths,
            "factor": np.repeat([motif.factor for motif in motifs], numbers),
            "matrix_id": np.repeat([motif.matrix_id for motif in motifs], numbers),
            "strand": np.where(np.concatenate(strands) > 0, "+", "-"),
        }
    )
    codes = np.concatenate([found.ravel() for found in bases])
    planted = Planted(first, codes, np.concatenate([[0], widths.cumsum()]))
    return sites.sort_values(["start", "end"], kind="stable", ignore_index=True), planted
