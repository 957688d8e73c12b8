"""Measure the recovery of planted motifs in a simulated run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import Codes
from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import Kind
from tfmoe.data.datasets import read_sequences
from tfmoe.jaspar.scanning import base_composition, hits_at, log_odds, threshold_at
from tfmoe.motifs.confirmation import rate_with_interval
from tfmoe.motifs.match_run import read_motifs
from tfmoe.motifs.matching import MATCH_COLUMNS
from tfmoe.motifs.patterns import Matrix4

if TYPE_CHECKING:
    import pandas as pd

TRUTH_COLUMNS = ("chrom", "start", "end", "factor", "matrix_id")
RECOVERY_COLUMNS = (
    "experiment",
    "factor",
    "model",
    "planted_matrix",
    "n_patterns",
    "pattern",
    "rank",
    "q",
    "recovered",
    "instances",
    "instances_hit",
    "share_hit",
    "share_hit_low",
    "share_hit_high",
)


@dataclass(frozen=True, eq=False)
class Positives:
    """Positive windows of one experiment.

    Attributes
    ----------
    table
        ``chrom`` and ``start`` (0-based) of the N windows.
    codes
        Uint8 of shape (N, L).
    """

    table: pd.DataFrame
    codes: Codes


def recover_run(
    searched: Mapping[tuple[str, str], tuple[Pathlike, Pathlike]],
    sequences: Mapping[str, Pathlike],
    factors: Mapping[str, str],
    truth: Pathlike,
    matches: Pathlike,
    fdr: float,
    hit_p_value: float,
) -> pd.DataFrame:
    """Read the files of a simulated run and return its `recovery_table`.

    Parameters
    ----------
    searched
        Paths of ``patterns.tsv`` and ``motifs.meme`` by (experiment, model).
    sequences
        Paths of the sequences by experiment.
    factors
        Factor by experiment.
    truth, matches
        Paths of the planted instances and of ``motifs/jaspar.tsv``.
    fdr
        False discovery rate at which a match counts.
    hit_p_value
        Largest p-value of a hit.
    """
    positives = {}
    for experiment, path in sequences.items():
        kept = read_sequences(path, kinds=[Kind.PEAK])
        positives[experiment] = Positives(kept.table, kept.windows)
    return recovery_table(
        {pair: read_motifs(*paths) for pair, paths in searched.items()},
        positives,
        factors,
        read_tsv(truth, TRUTH_COLUMNS),
        read_tsv(matches, MATCH_COLUMNS),
        fdr,
        hit_p_value,
    )


def planted_in_windows(positives: Positives, truth: pd.DataFrame, factor: str) -> pd.DataFrame:
    """List a factor's planted instances that lie entirely within a positive window.

    Returns
    -------
    DataFrame
        ``window`` (row of the window), ``first`` and ``last`` (0-based, half-open, relative to the
        window) and ``instance`` (row of the truth). An instance in two windows is listed twice.
    """
    length = positives.codes.shape[1]
    windows = positives.table[["chrom", "start"]].reset_index(drop=True)
    windows["window"] = np.arange(len(windows))
    planted = truth.loc[truth["factor"] == factor, ["chrom", "start", "end"]]
    planted = planted.rename(columns={"start": "first", "end": "last"})
    planted["instance"] = planted.index
    pairs = windows.merge(planted, on="chrom")
    for column in ("first", "last"):
        pairs[column] -= pairs["start"]
    inside = (pairs["first"] >= 0) & (pairs["last"] <= length)
    chosen: pd.DataFrame = pairs.loc[inside, ["window", "first", "last", "instance"]]
    return chosen.reset_index(drop=True)


def count_recovered(
    motif: Matrix4, positives: Positives, planted: pd.DataFrame, p_value: float
) -> tuple[int, int]:
    """Count planted instances, in total and recovered by a motif.

    An instance is recovered if a hit of the motif overlaps at least half of the shorter of the two.

    Parameters
    ----------
    motif
        Probabilities (4, W).
    positives, planted
        The windows, and their `planted_in_windows`.
    p_value
        Threshold for a hit; see `tfmoe.jaspar.scanning.threshold_at`.
    """
    background = base_composition(positives.codes)
    pwm = log_odds(motif, background)
    hits = hits_at(positives.codes, pwm, threshold_at(pwm, p_value, background))
    width = motif.shape[1]
    by_window: dict[int, NDArray[np.int64]] = {
        row: hits.start[hits.row == row] for row in np.unique(hits.row)
    }
    covered: dict[int, bool] = {}
    for window, first, last, instance in planted.itertuples(index=False):
        starts = by_window.get(window, np.zeros(0, dtype=np.int64))
        overlap = np.minimum(starts + width, last) - np.maximum(starts, first)
        found = bool((overlap * 2 >= min(width, last - first)).any())
        covered[instance] = covered.get(instance, False) or found
    return len(covered), sum(covered.values())


def recovery_table(
    motifs: Mapping[tuple[str, str], Mapping[str, Matrix4]],
    positives: Mapping[str, Positives],
    factors: Mapping[str, str],
    truth: pd.DataFrame,
    matches: pd.DataFrame,
    fdr: float,
    p_value: float,
) -> pd.DataFrame:
    """Compare the motifs of a run with the planted ones.

    Parameters
    ----------
    motifs
        By (experiment, model), the probabilities (4, W) of each pattern, most seqlets first.
    positives
        Positive windows by experiment.
    factors
        Factor by experiment.
    truth
        Planted instances, with `TRUTH_COLUMNS`.
    matches
        ``motifs/jaspar.tsv``.
    fdr
        A motif is recovered if a pattern matches the planted matrix at joint q < `fdr`.
    p_value
        Threshold for a hit.

    Returns
    -------
    DataFrame
        `RECOVERY_COLUMNS`, one row per experiment and model whose factor was planted. `pattern` is
        the pattern with the best match to the planted matrix, or the first pattern if none matches.
        The instances are those of the factor that lie entirely within the experiment's positive
        windows.
    """
    import pandas as pd

    rows: list[Sequence[object]] = []
    for (experiment, model), patterns in motifs.items():
        factor = factors[experiment]
        planted_ids = sorted(truth.loc[truth["factor"] == factor, "matrix_id"].unique())
        if not planted_ids:
            continue
        own = matches[
            (matches["experiment"] == experiment)
            & (matches["model"] == model)
            & matches["matrix_id"].isin(planted_ids)
        ].sort_values(["p", "rank"], kind="stable")
        best = own.iloc[0] if len(own) else None
        name = best["pattern"] if best is not None else next(iter(patterns), None)
        planted = planted_in_windows(positives[experiment], truth, factor)
        total = planted["instance"].nunique()
        hit = 0
        if name is not None:
            total, hit = count_recovered(patterns[name], positives[experiment], planted, p_value)
        rows.append(
            (
                experiment,
                factor,
                model,
                ";".join(planted_ids),
                len(patterns),
                name,
                best["rank"] if best is not None else None,
                best["q"] if best is not None else np.nan,
                bool(best is not None and best["q"] < fdr),
                total,
                hit,
                *rate_with_interval(hit, total),
            )
        )
    return pd.DataFrame(rows, columns=list(RECOVERY_COLUMNS))
