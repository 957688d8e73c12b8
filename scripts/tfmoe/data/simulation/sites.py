"""Binding sites of the simulated genome: their positions and the motifs planted in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN, Codes, reverse_complement
from tfmoe.core.errors import ConfigError
from tfmoe.data.simulation.genome import Background
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.scanning import log_odds

_SPACING = 400  # bases per stretch with at most one site
_ROOM = 250  # bases without N on each side of a site
_REACH = 42  # bases from the middle of a site within which co-factors bind
_GAP = 2  # free bases between two planted instances
_ATTEMPTS = 30


@dataclass(frozen=True)
class Instance:
    """A planted motif instance.

    Attributes
    ----------
    factor
        The factor that the motif belongs to.
    start
        First base on the genome's axis, 0-based.
    strand
        1 or -1.
    experiment
        The experiment in whose peak it was planted; ``-`` for a decoy.
    site
        Index of the peak in its experiment; -1 for a decoy.
    """

    factor: str
    start: int
    strand: int
    experiment: str
    site: int


@dataclass
class Ground:
    """The genome with the sites and bases that are still free.

    Attributes
    ----------
    background
        The genome; its codes change when instances are written.
    free
        bool (L,): whether a base may become part of an instance.
    plain, islands
        Middles of the free sites outside and inside GC-rich islands, in random order.
    taken
        Middles of the true sites of previous experiments.
    """

    background: Background
    free: NDArray[np.bool_]
    plain: list[int]
    islands: list[int]
    taken: list[int] = field(default_factory=list)


def prepare_ground(background: Background, rng: np.random.Generator) -> Ground:
    """Choose candidate sites without N in their neighbourhood and at a distance from each other."""
    known = background.codes != UNKNOWN
    unknown_before = np.concatenate([[0], np.cumsum(~known)])
    bins = np.arange(_ROOM, len(known) - _SPACING - _ROOM, _SPACING)
    middles = bins + rng.integers(_SPACING // 4, 3 * _SPACING // 4, len(bins))
    # chromosomes end in N, so a site without N on both sides lies on a single chromosome
    room = unknown_before[middles + _ROOM] == unknown_before[middles - _ROOM]
    middles = rng.permutation(middles[room])
    island = background.island[middles]
    return Ground(background, known, middles[~island].tolist(), middles[island].tolist())


def take_sites(
    ground: Ground, number: int, shared: float, islands: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Choose the true sites of one experiment.

    Parameters
    ----------
    number
        Number of sites, N.
    shared
        Share of the sites that are sites of previous experiments; ignored for the first experiment.
    islands
        Share of the other sites that lie in GC-rich islands.

    Returns
    -------
    int64 (N,)
        Middles of the sites on the genome's axis.

    Raises
    ------
    ConfigError
        If the genome has too few free sites.
    """
    again = min(round(shared * number), len(ground.taken))
    old = rng.choice(ground.taken, again, replace=False).tolist() if again else []
    in_islands = round(islands * (number - again))
    new = _pop(ground.islands, in_islands, "in GC-rich islands", "simulation.chromosome_length")
    new += take_plain(ground, number - again - in_islands)
    ground.taken += new
    return np.array(old + new, dtype=np.int64)


def take_plain(ground: Ground, number: int) -> list[int]:
    """Take free sites outside GC-rich islands; errors as in `take_sites`."""
    return _pop(ground.plain, number, "outside islands", "simulation.chromosome_length")


def _pop(pool: list[int], number: int, where: str, key: str) -> list[int]:
    if number > len(pool):
        raise ConfigError(
            f"simulation: {number} more sites {where} are needed, but the genome has room for "
            f"{len(pool)}; raise `{key}`, or lower the number of peaks"
        )
    taken = pool[len(pool) - number :]
    del pool[len(pool) - number :]
    return taken


@dataclass(frozen=True)
class MotifShares:
    """Probabilities and scatter of the motifs of a true site, as in `SimulationSettings`."""

    own_motif: float
    second_motif: float
    cofactor_motif: float
    motif_scatter: float


def plant_site(
    ground: Ground,
    middle: int,
    factor: str,
    cofactors: Sequence[str],
    matrices: Mapping[str, Matrix],
    shares: MotifShares,
    rng: np.random.Generator,
) -> list[tuple[str, int, int]]:
    """Choose the motifs of one true site and reserve their bases.

    A site without the factor's own motif has the motif of at least one co-factor.

    Returns
    -------
    list of (factor, start, strand)
        Instances for which there is no free position are left out.
    """
    chosen = [name for name in cofactors if rng.random() < shares.cofactor_motif]
    own = factor in matrices and (not cofactors or rng.random() < shares.own_motif)
    if not own and not chosen:
        chosen = [cofactors[int(rng.integers(len(cofactors)))]]
    twice = own and rng.random() < shares.second_motif
    wanted = [(factor, shares.motif_scatter)] * own + [(factor, 0.0)] * twice
    wanted += [(name, 0.0) for name in chosen]
    placed = []
    for name, scatter in wanted:
        start = _reserve(ground.free, middle, matrices[name].length, scatter, rng)
        if start is not None:
            placed.append((name, start, 1 if rng.random() < 0.5 else -1))
    return placed


def plant_decoys(
    ground: Ground,
    factor: str,
    number: int,
    width: int,
    peaks: NDArray[np.bool_],
    rng: np.random.Generator,
) -> list[Instance]:
    """Reserve bases for decoys: motif instances that are not bound.

    Parameters
    ----------
    peaks
        bool (L,): whether a base lies in a peak, where decoys are not allowed.
    """
    allowed = ground.free & ~peaks
    decoys: list[Instance] = []
    for _ in range(number):
        for _ in range(_ATTEMPTS):
            start = int(rng.integers(_GAP, len(allowed) - width - _GAP))
            if allowed[start - _GAP : start + width + _GAP].all():
                ground.free[start : start + width] = allowed[start : start + width] = False
                strand = 1 if rng.random() < 0.5 else -1
                decoys.append(Instance(factor, start, strand, "-", -1))
                break
    return decoys


def write_instances(
    codes: Codes,
    instances: Sequence[Instance],
    matrices: Mapping[str, Matrix],
    rng: np.random.Generator,
) -> tuple[list[Codes], NDArray[np.float64]]:
    """Sample the bases of each instance from its matrix and write them into the genome.

    Parameters
    ----------
    codes
        uint8 (L,), changed in place.

    Returns
    -------
    sequences
        The bases of each instance, on the strand of its matrix.
    scores
        float64: the log-odds of each instance in bits, divided by the matrix's maximum.
    """
    sequences: list[Codes] = [np.zeros(0, dtype=np.uint8)] * len(instances)
    scores = np.zeros(len(instances))
    for factor in sorted({instance.factor for instance in instances}):
        rows = [row for row, instance in enumerate(instances) if instance.factor == factor]
        probabilities = matrices[factor].probabilities
        limits = np.cumsum(probabilities, axis=0)[:3].T
        chance = rng.random((len(rows), len(limits)))
        bases = (chance[:, :, None] >= limits).sum(axis=2).astype(np.uint8)
        weights = log_odds(probabilities)
        reached = weights[bases, np.arange(len(limits))].sum(axis=1)
        for row, sequence, score in zip(rows, bases, reached, strict=True):
            start, strand = instances[row].start, instances[row].strand
            forward = sequence if strand == 1 else reverse_complement(sequence)
            codes[start : start + len(sequence)] = forward
            sequences[row], scores[row] = sequence, score / weights.max(axis=0).sum()
    return sequences, scores


def _reserve(
    free: NDArray[np.bool_], middle: int, width: int, scatter: float, rng: np.random.Generator
) -> int | None:
    """Reserve free bases at a distance from `middle` that is normally or uniformly distributed."""
    for _ in range(_ATTEMPTS):
        if scatter > 0:
            offset = round(float(np.clip(rng.normal(0, scatter), -_REACH, _REACH)))
        else:
            offset = int(rng.integers(-_REACH, _REACH + 1))
        start = middle + offset - width // 2
        if free[start - _GAP : start + width + _GAP].all():
            free[start : start + width] = False
            return start
    return None
