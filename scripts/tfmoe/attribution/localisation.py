"""Localisation: whether maps point at the positions where the factor's motif is.

A position's score is ``|map x input|``, the absolute contribution of the base that is there. In
each positive window the positions are, in a simulated run, where it is known what was planted,

- sites: those of high information content of planted instances of the factor's own motif that lie
  wholly in the window;
- left out: all other positions of planted instances, whosever they are, and chance hits in the
  background of any matrix that was planted, as a network may rightly point there;
- background: the rest.

Elsewhere the hits of the factor's own JASPAR matrix stand in for the truth, at a fixed rate of
false positives, in the windows that have exactly one place where it hits: its positions of high
information content are sites, its others are left out, and the rest of the window is background. A
network that points at another factor's motif there is told to be wrong, which holds down the
numbers of all methods alike.

AUPRC (average precision) and the hit rate at k are computed within each sequence and averaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfmoe.attribution.estimates import Values, bootstrap
from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.core.seeds import generator
from tfmoe.jaspar.matrices import Matrix, find_matrix
from tfmoe.jaspar.scanning import base_composition, hits_at, log_odds, scan, threshold_at

if TYPE_CHECKING:
    import pandas as pd

SITE, BACKGROUND, LEFT_OUT = 1, 0, -1
BASELINE = "gradient"
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
    """How well one method's maps find the sites, a value for each of M sequences with sites."""

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
        One row a planted instance: `TRUTH_COLUMNS`, 0-based half-open.
    matrices
        Those that the truth names, and any others.
    factor
        The factor whose motif counts.
    settings
        Bounds on information and chance hits.

    Returns
    -------
    numpy.ndarray
        int8 (N, L) of `SITE`, `BACKGROUND` and `LEFT_OUT`.

    Raises
    ------
    InputError
        If an instance is not as long as its matrix, or its matrix is not there.
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
    """Label each position of N windows by the one hit of the factor's own matrix.

    A hit is as in `chance_hits`. Hits of both strands at one place are one: the better. A window
    without a hit, or with hits at several places, is left out as a whole.

    Parameters
    ----------
    codes
        uint8 (N, L).
    matrix
        The factor's own.
    settings
        Bounds on information and hits.

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
    places = np.unique(np.stack([hits.row, hits.start], axis=1), axis=0)
    one = np.bincount(places[:, 0], minlength=len(codes)) == 1
    best = scan(codes, pwm)
    high = information(matrix.probabilities) >= settings.information
    for row in np.flatnonzero(one):
        columns = high[:: int(best.strand[row])]
        hit = slice(best.start[row], best.start[row] + matrix.length)
        labels[row] = BACKGROUND
        labels[row, hit] = np.where(columns, SITE, LEFT_OUT)
    return labels


def chance_hits(codes: Codes, matrices: Sequence[Matrix], p_value: float) -> NDArray[np.bool_]:
    """Mark positions that a hit of any matrix covers: bool (N, L) from codes (N, L).

    A hit is a placement, on either strand, whose log-odds score a random placement on sequence of
    the windows' own composition reaches with probability `p_value`. A matrix longer than the
    windows has none.
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
    """Measure how well scores (N, L) find the sites among labels (N, L).

    Only sequences that have both a site and background count; see `has_sites`.
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
    """Say which of N sequences have both a site and background: bool (N,)."""
    both: NDArray[np.bool_] = (labels == SITE).any(axis=1) & (labels == BACKGROUND).any(axis=1)
    return both


def prevalence(labels: Labels) -> float:
    """Return the mean share of sites among what counts of labels (N, L), over windows with sites.

    It is what a map at random reaches. NaN if no window has a site.
    """
    used = labels[has_sites(labels)]
    if len(used) == 0:
        return float("nan")
    return float(((used == SITE).sum(axis=1) / (used != LEFT_OUT).sum(axis=1)).mean())


def average_precision(scores: NDArray[np.float32], sites: NDArray[np.bool_]) -> float:
    """Return the area under the precision-recall curve as average precision, ties taken together.

    The same as scikit-learn's, without the checks that cost more than the sum itself here.
    """
    order = np.argsort(-scores, kind="stable")
    ordered, found = scores[order], np.cumsum(sites[order])
    last = np.append(np.flatnonzero(np.diff(ordered)), len(scores) - 1)  # the last of each tie
    recall = found[last] / found[-1]
    return float((np.diff(recall, prepend=0) * found[last] / (last + 1)).sum())


def hit_rate(scores: NDArray[np.float32], sites: NDArray[np.bool_], top: int) -> float:
    """Return the share of sites among the `top` highest scores.

    With fewer sites than `top`, that many highest scores are looked at. Ties at the last place
    count by their expectation, so a map of zeros gets the prevalence.
    """
    looked_at = min(top, int(sites.sum()))
    lowest = np.partition(scores, -looked_at)[-looked_at]
    above, tied = scores > lowest, scores == lowest
    share = (looked_at - above.sum()) / tied.sum()
    return float((sites[above].sum() + share * sites[tied].sum()) / looked_at)


def localisation_table(
    maps: Mapping[str, NDArray[np.float32]],
    labels: Labels,
    columns: Mapping[str, str],
    top: int,
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Summarise each method's localisation in one row.

    Parameters
    ----------
    maps
        By the method's name, contributions at the observed base, float32 (N, L).
    labels
        int8 (N, L), of `label_positions`.
    columns
        Columns that are the same in each row, such as the experiment and the model.
    top
        k of the hit rate.
    resamples, seed
        Of the bootstrap over sequences.

    Returns
    -------
    pandas.DataFrame
        The columns given; ``method``; ``n_sequences`` with sites; ``prevalence``, the mean share of
        sites (the AUPRC and hit rate of chance); ``top``; the means ``auprc`` and ``hit_rate``, and
        ``auprc_gain`` and ``hit_rate_gain``, means of the paired differences to the plain gradient
        (empty for itself, and without it), each with ``_low`` and ``_high`` (95 %).
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
            f"the planted instance at {row.chrom}:{row.start}-{row.end} is not as long as its "
            f"matrix {row.matrix_id}: the truth is of another simulation, or JASPAR release, than "
            "the rest; remove the folder of the run's simulation and run again"
        )


def _instances_in(
    windows: pd.DataFrame, length: int, truth: pd.DataFrame
) -> Iterator[tuple[int, int, Any]]:
    """Give (row, first base in the window, instance) of each instance that overlaps a window."""
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
