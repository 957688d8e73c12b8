"""Localisation: how well maps highlight the positions of the factor's motif.

The score of a position is ``|map x input|``, the absolute contribution of the observed base. In a
simulated run, where the planted motifs are known, each position of a positive window is one of

- site: informative position of a planted instance of the factor's own motif that lies entirely
  within the window;
- left out: any other position of a planted instance of any factor, and any position of a chance hit
  of a planted matrix, because a network may correctly respond to either;
- background: any other position.

In other runs, hits of the factor's own JASPAR matrix at a fixed false positive rate replace the
truth, in windows with hits at exactly one position: its informative positions are sites, its other
positions are left out, and the rest of the window is background. A network that responds to the
motif of another factor is penalised here, which lowers the values of all methods equally.

AUPRC (average precision) and the hit rate at k are computed per sequence and averaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfmoe.attribution.estimates import Values, bootstrap
from tfmoe.attribution.method_names import BASELINE
from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.core.seeds import generator
from tfmoe.jaspar.matrices import Matrix, find_matrix
from tfmoe.jaspar.scanning import base_composition, hits_at, log_odds, scan, threshold_at

if TYPE_CHECKING:
    import pandas as pd

SITE, BACKGROUND, LEFT_OUT = 1, 0, -1
TRUTH_COLUMNS = ("chrom", "start", "end", "strand", "factor", "matrix_id")

Labels = NDArray[np.int8]


@dataclass(frozen=True)
class LocalisationSettings:
    """The section `attribution.localisation` of the config, and constants of the measure.

    Attributes
    ----------
    p_value
        Largest p-value of a matrix hit.
    information
        Least information, in bits, of a motif position that counts as one to be found.
    top
        The hit rate is the share of sites among this many highest positions.
    """

    p_value: float
    information: float = 1.0
    top: int = 5


@dataclass(frozen=True, eq=False)
class Localisation:
    """Localisation by one method: one value for each of the M sequences with sites."""

    auprc: Values
    hit_rate: Values


def information(probabilities: NDArray[np.float64]) -> Values:
    """Return the information content (W,), in bits, of the columns of probabilities (4, W)."""
    logs = np.log2(probabilities, where=probabilities > 0, out=np.zeros_like(probabilities))
    content: Values = 2 + (probabilities * logs).sum(axis=0)
    return content


def label_positions(
    windows: pd.DataFrame,
    codes: Codes,
    truth: pd.DataFrame,
    matrices: Sequence[Matrix],
    factor: str,
    settings: LocalisationSettings,
) -> Labels:
    """Label each position of N windows as a site, as background, or as left out.

    Parameters
    ----------
    windows
        ``chrom`` and ``start`` (0-based) of each window, on the forward strand.
    codes
        uint8 (N, L) of the windows.
    truth
        One row per planted instance: `TRUTH_COLUMNS`, 0-based half-open.
    matrices
        Matrices, including all that the truth names.
    factor
        Factor whose motif defines the sites.
    settings
        Thresholds for information and chance hits.

    Returns
    -------
    numpy.ndarray
        int8 (N, L) of `SITE`, `BACKGROUND` and `LEFT_OUT`.

    Raises
    ------
    InputError
        If an instance differs in length from its matrix, or its matrix is missing.
    """
    planted = {str(name): find_matrix(str(name), matrices) for name in truth["matrix_id"].unique()}
    _check_lengths(truth, planted)
    high = {
        name: information(matrix.probabilities) >= settings.information
        for name, matrix in planted.items()
    }
    labels = np.where(chance_hits(codes, list(planted.values()), settings.p_value), LEFT_OUT, 0)
    placed = list(_instances_in(windows, codes.shape[1], truth))
    for row, low, instance in placed:
        labels[row, max(low, 0) : low + instance.end - instance.start] = LEFT_OUT
    for row, low, instance in placed:
        columns = high[instance.matrix_id][:: -1 if instance.strand == "-" else 1]
        if instance.factor == factor and 0 <= low <= codes.shape[1] - len(columns):
            labels[row, low + np.flatnonzero(columns)] = SITE
    return labels.astype(np.int8)


def label_hits(codes: Codes, matrix: Matrix, settings: LocalisationSettings) -> Labels:
    """Label each position of N windows by the only hit of the factor's own matrix.

    Hits are defined as in `chance_hits`. If both strands hit at the same position, the better
    strand counts. Windows without a hit or with hits at several positions are left out entirely.

    Parameters
    ----------
    codes
        uint8 (N, L).
    matrix
        Matrix of the factor.
    settings
        Thresholds for information and hits.

    Returns
    -------
    numpy.ndarray
        int8 (N, L) of `SITE`, `BACKGROUND` and `LEFT_OUT`.
    """
    labels = np.full(codes.shape, LEFT_OUT, dtype=np.int8)
    if matrix.length > codes.shape[1]:
        return labels
    composition = base_composition(codes)
    pwm = log_odds(matrix.probabilities, composition)
    hits = hits_at(codes, pwm, threshold_at(pwm, settings.p_value, composition))
    positions = np.unique(np.stack([hits.row, hits.start], axis=1), axis=0)
    single = np.bincount(positions[:, 0], minlength=len(codes)) == 1
    best = scan(codes, pwm)
    high = information(matrix.probabilities) >= settings.information
    for row in np.flatnonzero(single):
        columns = high[:: int(best.strand[row])]
        hit = slice(best.start[row], best.start[row] + matrix.length)
        labels[row] = BACKGROUND
        labels[row, hit] = np.where(columns, SITE, LEFT_OUT)
    return labels


def chance_hits(codes: Codes, matrices: Sequence[Matrix], p_value: float) -> NDArray[np.bool_]:
    """Mark positions covered by a hit of any matrix: bool (N, L) from codes (N, L).

    A hit is a match on either strand with a log-odds score that random sequence with the windows'
    base composition reaches with probability `p_value` per position. A matrix longer than the
    windows has no hits.
    """
    covered = np.zeros(codes.shape, dtype=bool)
    composition = base_composition(codes)
    for matrix in matrices:
        if matrix.length > codes.shape[1]:
            continue
        pwm = log_odds(matrix.probabilities, composition)
        hits = hits_at(codes, pwm, threshold_at(pwm, p_value, composition))
        columns = hits.start[:, None] + np.arange(matrix.length)
        covered[hits.row[:, None], columns] = True
    return covered


def localise(scores: NDArray[np.float32], labels: Labels, top: int) -> Localisation:
    """Measure how well scores (N, L) localise the sites of labels (N, L).

    Only sequences with both sites and background are used; see `has_sites`.
    """
    rows = np.flatnonzero(has_sites(labels))
    auprc, hits = np.zeros(len(rows)), np.zeros(len(rows))
    for index, row in enumerate(rows):
        used = labels[row] != LEFT_OUT
        values, sites = scores[row, used], labels[row, used] == SITE
        auprc[index] = average_precision(values, sites)
        hits[index] = hit_rate(values, sites, top)
    return Localisation(auprc, hits)


def has_sites(labels: Labels) -> NDArray[np.bool_]:
    """Return whether each of N sequences has both sites and background: bool (N,)."""
    both: NDArray[np.bool_] = (labels == SITE).any(axis=1) & (labels == BACKGROUND).any(axis=1)
    return both


def prevalence(labels: Labels) -> float:
    """Return the share of sites among the sites and background of labels (N, L).

    This mean over windows with sites is the expected value for a random map. It is NaN if no window
    has a site.
    """
    used = labels[has_sites(labels)]
    if len(used) == 0:
        return float("nan")
    return float(((used == SITE).sum(axis=1) / (used != LEFT_OUT).sum(axis=1)).mean())


def average_precision(scores: NDArray[np.float32], sites: NDArray[np.bool_]) -> float:
    """Return average precision, with one threshold per tie.

    The result equals scikit-learn's, whose input checks take longer than this computation.
    """
    order = np.argsort(-scores, kind="stable")
    ordered, found = scores[order], np.cumsum(sites[order])
    last = np.append(np.flatnonzero(np.diff(ordered)), len(scores) - 1)  # end of each tie
    recall = found[last] / found[-1]
    return float((np.diff(recall, prepend=0) * found[last] / (last + 1)).sum())


def hit_rate(scores: NDArray[np.float32], sites: NDArray[np.bool_], top: int) -> float:
    """Return the share of sites among the `top` highest scores.

    If there are fewer sites than `top`, only as many scores are used as there are sites. Ties at
    the threshold contribute their expected value, so a map of zeros yields the prevalence.
    """
    number = min(top, int(sites.sum()))
    lowest = np.partition(scores, -number)[-number]
    above, tied = scores > lowest, scores == lowest
    share = (number - above.sum()) / tied.sum()
    return float((sites[above].sum() + share * sites[tied].sum()) / number)


def localisation_table(
    maps: Mapping[str, NDArray[np.float32]],
    labels: Labels,
    columns: Mapping[str, str],
    top: int,
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Summarise localisation in one row per method.

    Parameters
    ----------
    maps
        Contributions of the observed bases by method, float32 (N, L).
    labels
        int8 (N, L), from `label_positions` or `label_hits`.
    columns
        Constant columns, such as the experiment and the model.
    top
        k of the hit rate.
    resamples, seed
        Number of resamples and seed of the bootstrap over sequences.

    Returns
    -------
    pandas.DataFrame
        `columns`; ``method``; ``n_sequences`` with sites; ``prevalence``, the mean share of sites,
        which is the expected AUPRC and hit rate of a random map; ``top``; the means ``auprc`` and
        ``hit_rate``; ``auprc_gain`` and ``hit_rate_gain``, the means of the paired differences from
        the plain gradient. Each mean has the bounds ``_low`` and ``_high`` of its 95 % interval.
        The gains are empty for the gradient itself, and if the gradient is missing.
    """
    import pandas as pd

    found = {name: localise(np.abs(values), labels, top) for name, values in maps.items()}
    sequences, share = int(has_sites(labels).sum()), prevalence(labels)
    rows = []
    for name, localisation in found.items():
        row: dict[str, str | int | float] = {
            **columns,
            "method": name,
            "n_sequences": sequences,
            "prevalence": share,
            "top": top,
        }
        base = found.get(BASELINE) if name != BASELINE else None
        for measure in ("auprc", "hit_rate"):
            values: Values = getattr(localisation, measure)
            gain = np.zeros(0) if base is None else values - getattr(base, measure)
            for column, sample in ((measure, values), (f"{measure}_gain", gain)):
                rng = generator(seed, "bootstrap", *columns.values())
                row |= bootstrap(sample, np.mean, resamples, rng).columns(column)
        rows.append(row)
    return pd.DataFrame(rows)


def _check_lengths(truth: pd.DataFrame, planted: Mapping[str, Matrix]) -> None:
    lengths = truth["matrix_id"].map({name: matrix.length for name, matrix in planted.items()})
    wrong = truth[truth["end"] - truth["start"] != lengths]
    if len(wrong):
        row = wrong.iloc[0]
        raise InputError(
            f"the planted instance at {row.chrom}:{row.start}-{row.end} differs in length from its "
            f"matrix {row.matrix_id}: truth and matrices come from different simulations or JASPAR "
            "releases; remove the folder of the run's simulation and run again"
        )


def _instances_in(
    windows: pd.DataFrame, length: int, truth: pd.DataFrame
) -> Iterator[tuple[int, int, Any]]:
    """Yield (row, first base in the window, instance) for each instance that overlaps a window."""
    ordered = truth.sort_values(["chrom", "start", "end"], kind="stable")
    groups = {
        str(chrom): (part["start"].to_numpy(), list(part.itertuples(index=False)))
        for chrom, part in ordered.groupby("chrom")
    }
    longest = int((truth["end"] - truth["start"]).max()) if len(truth) else 0
    for row, (chrom, start) in enumerate(zip(windows["chrom"], windows["start"], strict=True)):
        starts, instances = groups.get(str(chrom), (np.zeros(0), []))
        first, stop = np.searchsorted(starts, [start - longest + 1, start + length])
        for instance in instances[first:stop]:
            if instance.end > start:
                yield row, int(instance.start - start), instance
