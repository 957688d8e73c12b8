"""Simulation of the demo's data: a genome, narrowPeak files, and the planted motifs.

This is not a model of a real cell, as chromosome names show (sim1, sim2, ...). It has the
difficulties of real data: varying background composition, repeats, N, weak and missing motifs,
unbound motifs, false peaks, summits away from the motif, and peaks with motifs of other factors.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import decode
from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import Pathlike, atomic_path, write_text
from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import Role, Stratum
from tfmoe.data.simulation.genome import Background, draw_background
from tfmoe.data.simulation.sites import (
    Ground,
    Instance,
    MotifShares,
    plant_decoys,
    plant_site,
    prepare_ground,
    take_plain,
    take_sites,
    write_instances,
)
from tfmoe.jaspar.factors import Factors, own_matrix
from tfmoe.jaspar.matrices import Matrix

TRUTH_COLUMNS = (
    "chrom",
    "start",
    "end",
    "strand",
    "factor",
    "matrix_id",
    "experiment",
    "sequence",
)
_FLANK = (75, 200)  # bases from the summit to each end of a peak
_LINE = 60

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SimulationSettings:
    """The section `simulation` of the config, and constants of the simulated biology.

    The config's schema describes the fields without a default.

    Attributes
    ----------
    gc_islands
        Share of the genome that lies in GC-rich islands.
    repeats
        Share of the genome that consists of soft-masked copies of repeat families.
    false_peaks
        Share of an experiment's peaks that lie on plain background.
    shared_peaks
        Share of an experiment's peaks placed where an earlier experiment of the table has one.
    own_motif
        Share of the true peaks that carry the factor's own motif; the others, and all peaks of a
        factor without a matrix, are bound through a co-factor's motif.
    second_motif
        Share of the peaks with the own motif that carry it twice.
    cofactor_motif
        Probability that a true peak carries the motif of a given co-factor.
    island_peaks, general_island_peaks
        Share of an experiment's own sites that lie in GC-rich islands, and the same share for the
        stratum ``general_factor``.
    decoys
        Motif instances planted outside all peaks, as a multiple of the factor's number of peaks.
    motif_scatter, summit_jitter
        Standard deviations, in bases, of the own motif and of the summit about the middle of the
        site.
    """

    seed: int
    chromosomes: int
    chromosome_length: int
    training_peaks: int
    ood_peaks: int
    cofactors: Mapping[str, Sequence[str]]
    gc_islands: float = 0.05
    repeats: float = 0.25
    false_peaks: float = 0.1
    shared_peaks: float = 0.2
    own_motif: float = 0.9
    second_motif: float = 0.5
    cofactor_motif: float = 0.3
    island_peaks: float = 0.05
    general_island_peaks: float = 0.35
    decoys: float = 1.0
    motif_scatter: float = 10.0
    summit_jitter: float = 12.0


@dataclass(frozen=True, eq=False)
class Peaks:
    """The peaks of one experiment, 0-based and half-open on the genome's axis.

    Attributes
    ----------
    start, end, summit
        int64 (N,).
    is_true
        bool (N,): false for peaks on plain background.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    summit: NDArray[np.int64]
    is_true: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Simulation:
    """A simulated genome, its peaks, and the planted motif instances.

    Attributes
    ----------
    background
        The genome, including the motif instances.
    peaks, signal
        Peaks and their signal values, float64 (N,), by experiment.
    instances, sequences
        The motif instances, and the bases of each on the strand of its matrix.
    matrices
        Matrices by factor.
    """

    background: Background
    peaks: dict[str, Peaks]
    signal: dict[str, NDArray[np.float64]]
    instances: list[Instance]
    sequences: list[NDArray[np.uint8]]
    matrices: dict[str, Matrix]


def simulate(
    settings: SimulationSettings,
    experiments: Mapping[str, Experiment],
    matrices: Sequence[Matrix],
    factors: Factors,
) -> Simulation:
    """Simulate a genome and the peaks of each experiment.

    Parameters
    ----------
    settings
        Sizes, shares and the seed, from which all random numbers are derived.
    experiments
        The experiment table; `shared_peaks` depends on its order.
    matrices, factors
        The motifs: JASPAR matrices, and the matrices of each factor.

    Raises
    ------
    ConfigError
        If a co-factor has no matrix, if a factor has neither a matrix nor a co-factor, if
        `cofactors` names a factor that is not in the table, or if the genome is too small for the
        peaks.
    """
    motifs = _motifs(settings, experiments, matrices, factors)
    background = draw_background(
        settings.chromosomes,
        settings.chromosome_length,
        settings.gc_islands,
        settings.repeats,
        generator(settings.seed, "background"),
    )
    ground = prepare_ground(background, generator(settings.seed, "ground"))
    peaks: dict[str, Peaks] = {}
    instances: list[Instance] = []
    for experiment in experiments.values():
        found, planted = _draw_peaks(settings, experiment, motifs, ground)
        peaks[experiment.experiment] = found
        instances += planted
    instances += _draw_decoys(settings, experiments, motifs, ground, peaks)
    rng = generator(settings.seed, "instances")
    sequences, scores = write_instances(background.codes, instances, motifs, rng)
    signal = {
        name: _signal(experiments[name], peaks[name], instances, scores, settings.seed)
        for name in experiments
    }
    for name, found in peaks.items():
        logger.info("%s: %d peaks, %d of them true", name, len(found.start), found.is_true.sum())
    return Simulation(background, peaks, signal, instances, sequences, motifs)


def write_simulation(
    simulation: Simulation,
    genome_path: Pathlike,
    peak_paths: Mapping[str, Pathlike],
    truth_path: Pathlike,
) -> None:
    """Write the genome (FASTA), each experiment's peaks (narrowPeak) and the truth (TSV)."""
    _write_fasta(simulation.background, genome_path)
    for name, path in peak_paths.items():
        write_text("".join(_narrow_peaks(simulation, name)), path)
    write_text("".join(_truth(simulation)), truth_path)


def _motifs(
    settings: SimulationSettings,
    experiments: Mapping[str, Experiment],
    matrices: Sequence[Matrix],
    factors: Factors,
) -> dict[str, Matrix]:
    """Find the matrix of each factor that has one."""
    names = {experiment.factor for experiment in experiments.values()}
    unknown = sorted(set(settings.cofactors) - names)
    if unknown:
        raise ConfigError(
            f"simulation.cofactors: {', '.join(unknown)} is not a factor of the experiment table; "
            f"its factors are {', '.join(sorted(names))}"
        )
    partners = {name for found in settings.cofactors.values() for name in found}
    own = {name: own_matrix(name, matrices, factors) for name in sorted(names | partners)}
    missing = sorted(name for name in partners if own[name] is None)
    if missing:
        raise ConfigError(
            f"simulation.cofactors: {', '.join(missing)} has no matrix in the config's JASPAR "
            "release and taxonomic groups; use factors that have one"
        )
    unbound = sorted(
        name for name in names if own[name] is None and not settings.cofactors.get(name)
    )
    if unbound:
        raise ConfigError(
            f"simulation.cofactors: {', '.join(unbound)} has no JASPAR matrix, so its peaks need "
            "the motif of at least one co-factor; add one"
        )
    return {name: matrix for name, matrix in own.items() if matrix is not None}


def _draw_peaks(
    settings: SimulationSettings,
    experiment: Experiment,
    motifs: Mapping[str, Matrix],
    ground: Ground,
) -> tuple[Peaks, list[Instance]]:
    """Draw the peaks of one experiment, and plant the motifs of its true peaks."""
    rng = generator(settings.seed, "peaks", experiment.experiment)
    number = settings.training_peaks if experiment.role == Role.TRAIN else settings.ood_peaks
    general = experiment.stratum == Stratum.GENERAL_FACTOR
    islands = settings.general_island_peaks if general else settings.island_peaks
    false = round(settings.false_peaks * number)
    true_sites = take_sites(ground, number - false, settings.shared_peaks, islands, rng)
    shares = MotifShares(
        settings.own_motif,
        settings.second_motif,
        settings.cofactor_motif,
        settings.motif_scatter,
    )
    factor, name = experiment.factor, experiment.experiment
    cofactors = settings.cofactors.get(factor, ())
    planted = [
        Instance(motif, start, strand, name, site)
        for site, middle in enumerate(true_sites.tolist())
        for motif, start, strand in plant_site(
            ground, middle, factor, cofactors, motifs, shares, rng
        )
    ]
    middles = np.concatenate([true_sites, np.array(take_plain(ground, false), dtype=np.int64)])
    summit = middles + np.rint(rng.normal(0, settings.summit_jitter, number)).astype(np.int64)
    left, right = rng.integers(*_FLANK, (2, number))
    peaks = Peaks(summit - left, summit + right, summit, np.arange(number) < len(true_sites))
    return peaks, planted


def _draw_decoys(
    settings: SimulationSettings,
    experiments: Mapping[str, Experiment],
    motifs: Mapping[str, Matrix],
    ground: Ground,
    peaks: Mapping[str, Peaks],
) -> list[Instance]:
    """Plant motif instances outside all peaks."""
    inside = np.zeros(len(ground.free), dtype=bool)
    for found in peaks.values():
        for start, end in zip(found.start, found.end, strict=True):
            inside[start:end] = True
    decoys: list[Instance] = []
    for name, found in peaks.items():
        factor = experiments[name].factor
        if factor in motifs:
            number = round(settings.decoys * len(found.start))
            rng = generator(settings.seed, "decoys", name)
            width = motifs[factor].length
            decoys += plant_decoys(ground, factor, number, width, inside, rng)
    return decoys


def _signal(
    experiment: Experiment,
    peaks: Peaks,
    instances: Sequence[Instance],
    scores: NDArray[np.float64],
    seed: int,
) -> NDArray[np.float64]:
    """Draw log-normal signal values, which increase with quality and number of a peak's motifs."""
    rng = generator(seed, "signal", experiment.experiment)
    number = len(peaks.start)
    best = np.full(number, 0.5)
    motifs = np.zeros(number)
    for instance, score in zip(instances, scores, strict=True):
        if instance.experiment == experiment.experiment:
            motifs[instance.site] += 1
            if instance.factor == experiment.factor:
                best[instance.site] = max(best[instance.site], score)
    strength = 3.0 * (best - 0.75) + 0.3 * (motifs - 1) + rng.normal(0, 0.6, number)
    strength[~peaks.is_true] = rng.normal(-0.9, 0.6, int((~peaks.is_true).sum()))
    signal: NDArray[np.float64] = np.exp(2.2 + 0.7 * strength)
    return signal


def _write_fasta(background: Background, path: Pathlike) -> None:
    with atomic_path(path) as temporary, Path(temporary).open("wb") as file:
        for index, name in enumerate(background.names):
            chromosome = slice(int(background.starts[index]), int(background.starts[index + 1]))
            letters = np.frombuffer(b"ACGTN", dtype=np.uint8)[background.codes[chromosome]]
            letters = letters + np.uint8(32) * background.repeat[chromosome]
            text = letters.tobytes()
            file.write(f">{name}\n".encode())
            for first in range(0, len(text), _LINE):
                file.write(text[first : first + _LINE] + b"\n")


def _narrow_peaks(simulation: Simulation, name: str) -> Iterable[str]:
    peaks, signal = simulation.peaks[name], simulation.signal[name]
    order = np.lexsort((peaks.end, peaks.start))
    for number, row in enumerate(order.tolist(), start=1):
        chrom, start = _locate(simulation.background, int(peaks.start[row]))
        end = start + int(peaks.end[row] - peaks.start[row])
        value = float(signal[row])
        score = min(1000, round(20 * value))
        # -log10 p and q follow the signal, as those of peak callers do
        p_value, q_value = 2 + 1.6 * value, max(0.0, 1.6 * value - 0.5)
        offset = int(peaks.summit[row] - peaks.start[row])
        yield (
            f"{chrom}\t{start}\t{end}\t{name}_peak_{number}\t{score}\t.\t{value:.4f}\t"
            f"{p_value:.4f}\t{q_value:.4f}\t{offset}\n"
        )


def _truth(simulation: Simulation) -> Iterable[str]:
    yield "\t".join(TRUTH_COLUMNS) + "\n"
    order = sorted(range(len(simulation.instances)), key=lambda i: simulation.instances[i].start)
    for row in order:
        instance = simulation.instances[row]
        matrix = simulation.matrices[instance.factor]
        chrom, start = _locate(simulation.background, instance.start)
        (sequence,) = decode(simulation.sequences[row][None, :])
        strand = "+" if instance.strand == 1 else "-"
        yield (
            f"{chrom}\t{start}\t{start + matrix.length}\t{strand}\t{instance.factor}\t"
            f"{matrix.matrix_id}\t{instance.experiment}\t{sequence}\n"
        )


def _locate(background: Background, position: int) -> tuple[str, int]:
    """Convert a position on the genome's axis to a chromosome and a 0-based position on it."""
    index = int(np.searchsorted(background.starts, position, side="right")) - 1
    return background.names[index], position - int(background.starts[index])
