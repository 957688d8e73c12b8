"""Insertion and deletion: what the logit does when the positions that a map ranks first go or come.

After Petsiuk et al. 2018 (arXiv 1806.07421). Positions are ordered by the map's value at the base
that is there, the highest first: what speaks most for the factor. *Deletion* puts the bases of a
background in the place of the first k; *insertion* puts the first k into the background. The
background is an exact dinucleotide shuffle of the sequence, so that nothing but the arrangement of
the bases changes, and the mean over `SHUFFLES` of them is taken.

The area under the curve of the logit over the share of positions is what is measured, from 0 at the
background's logit to 1 at the sequence's: the unit is the mean difference of the two over all
sequences, as that of a single sequence may be next to nothing. A good map has a small area of
deletion and a large one of insertion; an order at random has about a half of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tfmoe.attribution.estimates import Values
from tfmoe.attribution.maps import Maps
from tfmoe.core.dna import Codes
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle
from tfmoe.models.prediction import predict

SHUFFLES = 2
# shares of the positions at which the logit is computed: a motif is a tenth of a window, so most of
# a curve's bend is at its beginning
SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.65, 1.0)
SMALLEST = 1e-6  # in logits: with a smaller mean difference to the background there is no unit


@dataclass(frozen=True, eq=False)
class Areas:
    """Areas under the curves of one method, float64 (N,) each; NaN where there is no unit."""

    deletion: Values
    insertion: Values


def curve_areas(
    networks: Sequence[nn.Module],
    windows: Codes,
    scores: Mapping[str, Maps],
    batch_size: int,
    device: torch.device,
    rng: np.random.Generator,
) -> dict[str, Areas]:
    """Measure insertion and deletion of several methods on N sequences.

    Parameters
    ----------
    networks
        The model is the mean of their logits. Each takes one-hot float32 (B, 4, L).
    windows
        uint8 (N, L).
    scores
        float32 (N, L) by the method's name: the map at the bases that are there.
    batch_size
        Sequences a pass.
    device
        Where to compute.
    rng
        Draws the shuffles and the order of positions of equal score; the methods share both.

    Returns
    -------
    dict
        By the method's name.
    """
    rows, length = windows.shape
    backgrounds = dinucleotide_shuffle(np.repeat(windows, SHUFFLES, axis=0), rng)
    backgrounds = backgrounds.reshape(rows, SHUFFLES, length)
    ties = rng.random((rows, length))

    def logits(codes: Codes) -> Values:
        flat = codes.reshape(-1, length)
        total = sum(predict(network, flat, batch_size, device) for network in networks)
        values: Values = np.asarray(total, dtype=np.float64) / len(networks)
        return values.reshape(codes.shape[:-1])

    own, other = logits(windows), logits(backgrounds).mean(axis=1)
    unit = float((own - other).mean()) if rows else 0.0
    steps = np.rint(np.array(SHARES) * length).astype(int)
    done: dict[bytes, Areas] = {}
    found = {}
    for name, values in scores.items():
        rank = np.lexsort((ties, -values), axis=1).argsort(axis=1)
        key = rank.tobytes()  # methods of equal order have equal curves
        if key not in done:
            first = rank[:, None] < steps[1:-1, None]  # (N, steps, L)
            deleted = _mix(first, windows, backgrounds)
            inserted = _mix(~first, windows, backgrounds)
            inner = [logits(codes).mean(axis=2) for codes in (deleted, inserted)]
            ends = ((own, other), (other, own))
            areas = [
                _area(np.column_stack([start, part, end]), other, steps / length, unit)
                for part, (start, end) in zip(inner, ends, strict=True)
            ]
            done[key] = Areas(*areas)
        found[name] = done[key]
    return found


def _mix(replaced: NDArray[np.bool_], windows: Codes, backgrounds: Codes) -> Codes:
    """Put backgrounds (N, R, L) where `replaced` (N, K, L), windows elsewhere: (N, K, R, L)."""
    mask = replaced[:, :, None]
    mixed: Codes = np.where(mask, backgrounds[:, None], windows[:, None, None])
    return mixed


def _area(curves: Values, floor: Values, shares: Values, unit: float) -> Values:
    """Return the areas (N,) of curves (N, K) above the background's logits (N,), in units."""
    if unit <= SMALLEST:
        return np.full(len(curves), np.nan)
    areas: Values = np.asarray(np.trapezoid(curves - floor[:, None], shares, axis=1))
    return areas / unit
