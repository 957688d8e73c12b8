"""What `tfmoe.attribution.measures` lists, measured on the maps of a model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tfmoe.attribution.curves import curve_areas
from tfmoe.attribution.estimates import Values
from tfmoe.attribution.faithfulness import BASELINE
from tfmoe.attribution.maps import Maps, at_observed_base
from tfmoe.attribution.measures import SECONDS, STABILITY
from tfmoe.attribution.method_names import Method, parse_method
from tfmoe.attribution.methods import attribute_all
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

TIMED = 20  # sequences that methods are timed on, at most


@dataclass(frozen=True, eq=False)
class Shifted:
    """Maps of inputs that are moved.

    Attributes
    ----------
    shifts
        int64 (N,): bases that each is moved to the right by.
    scores
        By method the networks' maps at the bases that are there, float32 (K, N, L).
    """

    shifts: Shifts
    scores: dict[str, Maps]

    def stability(self, scores: Mapping[str, Maps], networks: Sequence[int]) -> dict[str, Values]:
        """Correlate them with scores (K, N, L) of the unmoved, as means over some networks."""
        chosen = list(networks)
        return {
            method: shift_stability(
                values[chosen].mean(axis=0), self.scores[method][chosen].mean(axis=0), self.shifts
            )
            for method, values in scores.items()
        }


@dataclass(frozen=True)
class Passes:
    """How maps are computed.

    Attributes
    ----------
    batch_size
        Sequences a pass.
    device
        Where to compute.
    stream
        Seed of noise and references, the same for each network.
    name
        The model's, for messages.
    flank
        Bases beside the windows on each side.
    """

    batch_size: int
    device: torch.device
    stream: int
    name: str
    flank: int

    def attribute(
        self, network: nn.Module, codes: Codes, methods: Sequence[str]
    ) -> dict[str, Maps]:
        """Attribute a network's logit as `tfmoe.attribution.methods.attribute_all` does."""
        more = (self.batch_size, self.device, self.stream, self.name)
        return attribute_all(network, codes, self.flank, methods, *more)

    def score(
        self, networks: Sequence[nn.Module], codes: Codes, methods: Sequence[str]
    ) -> dict[str, Maps]:
        """Return the maps of K networks at the bases that are there: (K, N, L) by method."""
        windows = codes[:, self.flank : codes.shape[1] - self.flank]
        found: dict[str, list[Maps]] = {method: [] for method in methods}
        for network in networks:
            for method, maps in self.attribute(network, codes, methods).items():
                found[method].append(at_observed_base(maps, windows))
        return {method: np.stack(values) for method, values in found.items()}

    def shift(
        self, networks: Sequence[nn.Module], codes: Codes, methods: Sequence[str], seed: int
    ) -> Shifted:
        """Attribute inputs that are each moved by a few bases, drawn by the seed."""
        shifts = draw_shifts(len(codes), generator(seed, "shifts"))
        return Shifted(shifts, self.score(networks, shift_codes(codes, shifts), methods))


def measure_quality(
    networks: Sequence[nn.Module],
    sample: SequenceSet,
    scores: Mapping[str, Maps],
    shifted: Shifted,
    passes: Passes,
    seed: int,
) -> dict[str, dict[str, Values]]:
    """Measure everything of this module on N sequences, for the mean of K networks.

    Parameters
    ----------
    networks
        The model, once for each training seed.
    sample
        The sequences.
    scores
        By method the networks' maps at the bases that are there, float32 (K, N, L).
    shifted
        The same of inputs that are moved.
    passes
        How maps are computed.
    seed
        Decides which shuffles are drawn.

    Returns
    -------
    dict
        By measure and method, values (N,); of `SECONDS` (1,). ``stability_seeds`` needs two
        networks.
    """
    methods = list(scores)
    averaged = {method: values.mean(axis=0) for method, values in scores.items()}
    more = (passes.batch_size, passes.device, generator(seed, "curves"))
    areas = curve_areas(networks, np.ascontiguousarray(sample.windows), averaged, *more)
    measured = {
        "deletion": {method: found.deletion for method, found in areas.items()},
        "insertion": {method: found.insertion for method, found in areas.items()},
        "stability_shifts": shifted.stability(scores, range(len(networks))),
    }
    if len(networks) > 1:
        measured[STABILITY] = {
            method: seed_stability(list(values)) for method, values in scores.items()
        }
    measured[SECONDS] = time_methods(networks[0], sample.codes, methods, passes)
    return measured


def time_methods(
    network: nn.Module, codes: Codes, methods: Sequence[str], passes: Passes
) -> dict[str, Values]:
    """Time each method by itself on the first sequences: seconds a sequence, (1,), by method.

    A correction costs next to nothing, so a method and its corrected form are timed once.
    """
    codes = codes[:TIMED]
    passes.attribute(network, codes[:1], [BASELINE])  # what is set up at first
    known: dict[Method, float] = {}
    for method in methods:
        plain = parse_method(method).uncorrected
        if plain not in known:
            start = time.perf_counter()
            passes.attribute(network, codes, [method])
            known[plain] = (time.perf_counter() - start) / max(len(codes), 1)
    return {method: np.array([known[parse_method(method).uncorrected]]) for method in methods}
