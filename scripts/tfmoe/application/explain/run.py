"""Explanation of a window's score: the contribution of each base, by kind of member.

The default method, in-silico mutagenesis, is the only one that applies to every member. K-mers and
matrices have no useful gradient, because a matrix scores its best placement only. It is exact, the
maps of the members add up to the map of the logit, and one window takes no more than four times its
length in scored windows. Other methods apply to the networks; k-mers and matrix keep in-silico
mutagenesis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.application.explain.contributions import (
    POOLED_NETWORKS,
    deviation,
    gate_table,
    kind_sum,
    kinds_of,
    member_table,
    network_terms,
)
from tfmoe.application.model.query import seed_mean
from tfmoe.application.reading.stretches import Stretch
from tfmoe.attribution.method_names import REFERENCE, Method, parse_method
from tfmoe.attribution.methods import attribute
from tfmoe.core.dna import ALPHABET, Codes
from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.vocabulary import MIXTURE, POOLED
from tfmoe.models.checkpoints import load_expert
from tfmoe.models.conditioned.scores import Floats, Member

if TYPE_CHECKING:
    from torch import nn

    from tfmoe.application.model.model import Model, Query

DEFAULT = REFERENCE


@dataclass(frozen=True, eq=False)
class Explanation:
    """Contributions of the bases of one window of length L to its logit.

    Attributes
    ----------
    stretch
        The window with its positions, strand and flanks.
    method
        Attribution method of the networks.
    logits
        float32 (seeds,): calibrated logits.
    maps
        By kind of member, float64 (4, L): the contribution that each base would make at each
        position, in units of the logit; means over training seeds.
    deviation
        float64 (L,): standard deviation over seeds of the contribution of the observed base, all
        members together; NaN for one seed.
    members, gates
        Tables of `tfmoe.application.explain.contributions`.
    """

    stretch: Stretch
    method: str
    logits: NDArray[np.float32]
    maps: dict[Member, Floats]
    deviation: Floats
    members: pd.DataFrame
    gates: pd.DataFrame

    @property
    def total(self) -> Floats:
        """float64 (4, L): sum of the maps of all members."""
        total: Floats = np.sum(list(self.maps.values()), axis=0)
        return total

    def observed(self, values: Floats) -> Floats:
        """Return the value (L,) of the observed base, of a map (4, L); 0 at unknown bases."""
        return _observed(values, self.stretch.core)

    def table(self) -> pd.DataFrame:
        """Return one row per base of the chromosome or sequence, in reading direction.

        Returns
        -------
        DataFrame
            chrom, position (counted from 1), strand, base (on this strand), contribution, sd, one
            column per kind of member with its part of the contribution, and the contribution that
            each of A, C, G and T would make.
        """
        stretch, total = self.stretch, self.total
        inside = stretch.inside
        table = pd.DataFrame(
            {
                "chrom": stretch.name,
                "position": stretch.positions + 1,
                "strand": stretch.strand,
                "base": [f"{ALPHABET}N"[code] for code in stretch.core],
                "contribution": self.observed(total),
                "sd": self.deviation,
            }
            | {kind.value: self.observed(values) for kind, values in self.maps.items()}
            | dict(zip(ALPHABET, total, strict=True))
        )
        return table[inside].reset_index(drop=True)


def read_method(name: str) -> Method:
    """Parse the name of an attribution method.

    Raises
    ------
    InputError
        If there is no such method; the message lists the existing ones.
    """
    try:
        return parse_method(name)
    except ConfigError as error:
        raise InputError(f"--method: {str(error).partition(': ')[2]}") from None


def flank_of(method: str) -> int:
    """Return the number of flanking bases that a method reads on each side of a window."""
    known = read_method(method)
    return known.shifts if known.fill == "flank" else 0


def best_window(model: Model, query: Query, stretch: Stretch) -> Stretch:
    """Return the window with the largest mean logit over seeds; of equal ones the first.

    Raises
    ------
    InputError
        If the stretch has no A, C, G or T.
    """
    codes = stretch.core
    if (codes > 3).all():
        raise InputError(f"{stretch.name}: the bases to explain are all unknown (N)")
    windows = np.lib.stride_tricks.sliding_window_view(codes, model.window)
    if len(windows) == 1:
        return stretch
    logits = seed_mean(model.score(np.ascontiguousarray(windows), query).logits)
    return stretch.cut(int(logits.argmax()), model.window)


def explain(model: Model, query: Query, stretch: Stretch, method: str = DEFAULT) -> Explanation:
    """Explain the logit of the best window of a stretch.

    Parameters
    ----------
    model, query
        The mixture and the factor asked about.
    stretch
        From `tfmoe.application.reading.stretches`, with `flank_of(method)` flanking bases.
    method
        Attribution method of the networks; see `tfmoe.attribution.method_names`.

    Raises
    ------
    InputError
        If there is no such method, or all bases are unknown.
    ConfigError
        If the method has no rule for a layer of a network.
    """
    read_method(method)
    window = best_window(model, query, stretch)
    codes = window.core
    scores = model.score(np.concatenate([codes[None], mutants(codes)]), query)
    kinds = kinds_of(model, query, scores)
    parts = kind_sum(model, query, list(kinds))
    mapped = {kind: _mutation_maps(values[1:]) for kind, values in kinds.items()}
    if method != REFERENCE:
        mapped[Member.NETWORKS] = _network_maps(model, query, window, method)
    maps = parts.contributions(mapped)
    each = [_observed(total, codes) for total in np.sum(list(maps.values()), axis=0)]
    return Explanation(
        window,
        method,
        scores.logits[0],
        {kind: values.mean(axis=0) for kind, values in maps.items()},
        deviation(np.stack(each)),
        member_table(model, query, scores),
        gate_table(scores),
    )


def mutants(codes: Codes) -> Codes:
    """Return all windows with one base replaced by A, C, G or T.

    Parameters
    ----------
    codes
        uint8 (L,).

    Returns
    -------
    uint8 (4 L, L)
        Row ``b * L + p`` has base b at position p. So one of the four per position is the window
        itself, unless its base there is unknown.
    """
    length = len(codes)
    found = np.tile(codes, (4 * length, 1))
    found[np.arange(4 * length), np.tile(np.arange(length), 4)] = np.repeat(np.arange(4), length)
    return found


def _observed(values: Floats, codes: Codes) -> Floats:
    """Return the values (L,) of a map (4, L) at the observed bases; 0 at unknown bases."""
    known = codes < len(ALPHABET)
    found = np.zeros(len(codes))
    found[known] = values[codes[known], np.flatnonzero(known)]
    return found


def _mutation_maps(values: Floats) -> Floats:
    """Return centred maps (seeds, 4, L) from the scores (4 L, seeds) of all mutants."""
    seeds = values.shape[1]
    maps: Floats = values.T.reshape(seeds, 4, -1)
    centred: Floats = maps - maps.mean(axis=1, keepdims=True)
    return centred


def _network_maps(model: Model, query: Query, window: Stretch, method: str) -> Floats:
    """Return the maps (seeds, 4, L) of the networks' score by an attribution method."""
    found = []
    for seed in model.seeds:
        if query.evidence is None:
            mixture = next(one for one in model.networks if one.seed == seed).recipes[0][1]
            found.append(_map(mixture, MIXTURE, window, method, model))
            continue
        total = np.zeros((4, model.window))
        for term in network_terms(model, query.evidence, seed):
            networks = _networks(model, term.name, seed)
            for name, network in networks.items():
                part = _map(network, name, window, method, model)
                total += term.slope / len(networks) * part
        found.append(total)
    return np.stack(found)


def _map(network: nn.Module, name: str, window: Stretch, method: str, model: Model) -> Floats:
    codes = np.ascontiguousarray(window.codes[None])
    computed_with = (model.batch_size, model.device, model.manifest.seed)
    maps = attribute(network, codes, window.flank, method, *computed_with, name)
    found: Floats = maps[0].astype(np.float64)
    return found


def _networks(model: Model, name: str, seed: int) -> dict[str, nn.Module]:
    """Return the networks of a term: an expert, or all networks whose mean logit it is."""
    checkpoints = model.checkpoints(seed)
    recipe = checkpoints.recipes[0]
    if name != POOLED_NETWORKS:
        return {name: load_expert(recipe.pool[name])}
    pooled = {key: path for key, path in recipe.pool.items() if key not in recipe.models.experts}
    if not pooled and checkpoints.pooled:
        pooled = {POOLED: checkpoints.pooled[0]}
    return {key: load_expert(path) for key, path in (pooled or recipe.pool).items()}
