"""Insertion and deletion: change of the logit as top-ranked positions are inserted or deleted.

After Petsiuk et al. 2018 (arXiv 1806.07421). Positions are ranked by the map's value at the
observed base, in descending order: the strongest evidence for the factor comes first. *Deletion*
replaces the first k bases of the sequence by those of a background; *insertion* places them into
the background. The background is an exact dinucleotide shuffle of the sequence, which changes only
the arrangement of the bases, and results are averaged over `SHUFFLES` shuffles.

The measure is the area under the curve of the logit over the share of positions, scaled so that the
background's logit is 0 and the sequence's logit is 1. The scale is the mean difference over all
sequences, because the difference of a single sequence may be almost zero. A good map has a small
deletion area and a large insertion area; a random order has about one half for both.
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
# shares of positions at which the logit is computed; dense at the beginning, where curves bend
# most, because a motif covers about a tenth of a window
SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.65, 1.0)
SMALLEST = 1e-6  # in logits; no scale is defined if the mean difference is smaller


@dataclass(frozen=True, eq=False)
class Areas:
    """Areas under the curves of one method, float64 (N,) each; NaN without a scale."""

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
        Networks whose mean logit is the model. Each maps one-hot float32 (B, 4, L) to logits.
    windows
        uint8 (N, L).
    scores
        float32 (N, L) by method: the map at the observed bases.
    batch_size
        Sequences per pass.
    device
        Device for the computation.
    rng
        Draws the shuffles and the order of tied positions, which are the same for all methods.

    Returns
    -------
    dict
        Areas by method.
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

    sequence_logits, background_logits = logits(windows), logits(backgrounds).mean(axis=1)
    scale = float((sequence_logits - background_logits).mean()) if rows else 0.0
    steps = np.rint(np.array(SHARES) * length).astype(int)
    done: dict[bytes, Areas] = {}
    found = {}
    for name, values in scores.items():
        rank = np.lexsort((ties, -values), axis=1).argsort(axis=1)
        key = rank.tobytes()  # methods with equal ranks have equal curves
        if key not in done:
            first = rank[:, None] < steps[1:-1, None]  # (N, steps, L)
            deleted = _mix(first, windows, backgrounds)
            inserted = _mix(~first, windows, backgrounds)
            inner = [logits(codes).mean(axis=2) for codes in (deleted, inserted)]
            ends = (sequence_logits, background_logits)
            areas = [
                _area(np.column_stack([start, part, end]), ends[1], steps / length, scale)
                for part, (start, end) in zip(inner, (ends, ends[::-1]), strict=True)
            ]
            done[key] = Areas(*areas)
        found[name] = done[key]
    return found


def _mix(replaced: NDArray[np.bool_], windows: Codes, backgrounds: Codes) -> Codes:
    """Return backgrounds (N, R, L) where `replaced` (N, K, L), else windows: (N, K, R, L)."""
    mask = replaced[:, :, None]
    mixed: Codes = np.where(mask, backgrounds[:, None], windows[:, None, None])
    return mixed


def _area(curves: Values, floor: Values, shares: Values, scale: float) -> Values:
    """Return the scaled areas (N,) of curves (N, K) above the background's logits (N,)."""
    if scale <= SMALLEST:
        return np.full(len(curves), np.nan)
    areas: Values = np.asarray(np.trapezoid(curves - floor[:, None], shares, axis=1))
    return areas / scale
