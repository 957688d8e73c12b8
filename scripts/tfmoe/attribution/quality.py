"""Quality measures of attribution maps (see `tfmoe.attribution.measures`), and their time."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tfmoe.attribution.curves import curve_areas
from tfmoe.attribution.estimates import Values
from tfmoe.attribution.maps import Maps, at_observed_base
from tfmoe.attribution.measures import STABILITY
from tfmoe.attribution.method_names import BASELINE, Method, parse_method
from tfmoe.attribution.methods import Attributions, attribute_and_check
from tfmoe.attribution.stability import (
    Shifts,
    draw_shifts,
    seed_stability,
    shift_codes,
    shift_stability,
)
from tfmoe.core.dna import Codes
from tfmoe.core.seeds import generator
from tfmoe.data.datasets import SequenceSet

TIMED = 20  # maximum number of sequences on which methods are timed


@dataclass(frozen=True, eq=False)
class ShiftedScores:
    """Maps of shifted windows.

    Attributes
    ----------
    shifts
        int64 (N,): shift of each window to the right, in bases.
    scores
        By method, the maps of K networks at the observed bases, float32 (K, N, L).
    """

    shifts: Shifts
    scores: dict[str, Maps]

    def stability(self, scores: Mapping[str, Maps], networks: Sequence[int]) -> dict[str, Values]:
        """Correlate with the scores (K, N, L) of unshifted windows, averaged over `networks`."""
        chosen = list(networks)
        return {
            method: shift_stability(
                values[chosen].mean(axis=0), self.scores[method][chosen].mean(axis=0), self.shifts
            )
            for method, values in scores.items()
        }


@dataclass(frozen=True)
class Attributor:
    """Computes maps with fixed settings.

    Attributes
    ----------
    batch_size
        Sequences per pass.
    device
        Device for the computation.
    seed
        Seed of noise and references, the same for every network.
    name
        Name of the model in messages.
    flank
        Number of flanking bases on each side of the windows.
    """

    batch_size: int
    device: torch.device
    seed: int
    name: str
    flank: int

    def attribute(
        self, network: nn.Module, codes: Codes, methods: Sequence[str]
    ) -> dict[str, Maps]:
        """Attribute the logit of a network; see `tfmoe.attribution.methods.attribute_all`."""
        return self.attribute_and_check(network, codes, methods).maps

    def attribute_and_check(
        self, network: nn.Module, codes: Codes, methods: Sequence[str]
    ) -> Attributions:
        """Attribute as `attribute`, with the completeness of the maps."""
        return attribute_and_check(
            network,
            codes,
            self.flank,
            methods,
            self.batch_size,
            self.device,
            seed=self.seed,
            name=self.name,
        )

    def score(
        self, networks: Sequence[nn.Module], codes: Codes, methods: Sequence[str]
    ) -> dict[str, Maps]:
        """Return the maps of K networks at the observed bases: (K, N, L) by method."""
        windows = codes[:, self.flank : codes.shape[1] - self.flank]
        found: dict[str, list[Maps]] = {method: [] for method in methods}
        for network in networks:
            for method, maps in self.attribute(network, codes, methods).items():
                found[method].append(at_observed_base(maps, windows))
        return {method: np.stack(values) for method, values in found.items()}

    def shift(
        self, networks: Sequence[nn.Module], codes: Codes, methods: Sequence[str], seed: int
    ) -> ShiftedScores:
        """Attribute windows that are shifted by a few bases; the seed draws the shifts."""
        shifts = draw_shifts(len(codes), generator(seed, "shifts"))
        return ShiftedScores(shifts, self.score(networks, shift_codes(codes, shifts), methods))


def measure_quality(
    networks: Sequence[nn.Module],
    sample: SequenceSet,
    scores: Mapping[str, Maps],
    shifted: ShiftedScores,
    attributor: Attributor,
    seed: int,
) -> dict[str, dict[str, Values]]:
    """Measure all quality measures on N sequences, for the mean of K networks.

    Parameters
    ----------
    networks
        The model, once per training seed.
    sample
        The sequences.
    scores
        By method, the maps of the networks at the observed bases, float32 (K, N, L).
    shifted
        Maps of shifted windows.
    attributor
        Settings of attribution.
    seed
        Seed of the shuffles of insertion and deletion.

    Returns
    -------
    dict
        Values (N,) by measure and method. ``stability_seeds`` requires at least two networks.
    """
    averaged = {method: values.mean(axis=0) for method, values in scores.items()}
    rng = generator(seed, "curves")
    windows = np.ascontiguousarray(sample.windows)
    areas = curve_areas(networks, windows, averaged, attributor.batch_size, attributor.device, rng)
    measured = {
        "deletion": {method: found.deletion for method, found in areas.items()},
        "insertion": {method: found.insertion for method, found in areas.items()},
        "stability_shifts": shifted.stability(scores, range(len(networks))),
    }
    if len(networks) > 1:
        measured[STABILITY] = {
            method: seed_stability(list(values)) for method, values in scores.items()
        }
    return measured


def time_methods(
    network: nn.Module, codes: Codes, methods: Sequence[str], attributor: Attributor
) -> dict[str, Values]:
    """Time each method separately on the first sequences: seconds per sequence, (1,), by method.

    The correction takes almost no time, so a method and its corrected form share one measurement.
    """
    codes = codes[:TIMED]
    attributor.attribute(network, codes[:1], [BASELINE])  # warm up
    known: dict[Method, float] = {}
    for method in methods:
        plain = parse_method(method).uncorrected
        if plain not in known:
            start = time.perf_counter()
            attributor.attribute(network, codes, [method])
            known[plain] = (time.perf_counter() - start) / max(len(codes), 1)
    return {method: np.array([known[parse_method(method).uncorrected]]) for method in methods}
