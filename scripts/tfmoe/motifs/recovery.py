"""Recovery of planted motifs: whether the search of a simulated run finds what was put there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import Codes
from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.data.datasets import read_sequences
from tfmoe.jaspar.scanning import base_composition, hits_at, log_odds, threshold_at
from tfmoe.motifs.confirmation import rate_with_interval
from tfmoe.motifs.match_run import read_motifs
from tfmoe.motifs.matching import MATCH_COLUMNS
from tfmoe.motifs.patterns import Matrix4
from tfmoe.motifs.settings import MotifSettings

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
    """The positive windows of one experiment.

    Attributes
    ----------
    table
        ``chrom`` and ``start`` (0-based) of each of N windows.
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
    settings: MotifSettings,
) -> pd.DataFrame:
    """Read a simulated run's files and return `recovery_table` of them.

    Parameters
    ----------
    searched
        ``patterns.tsv`` and ``motifs.meme`` of each (experiment, model).
    sequences
        The sequence set of each experiment.
    factors
        Factor of each experiment.
    truth, matches
        The planted instances, and ``motifs/jaspar.tsv``.
    settings
        See the section `motifs` of the config.
    """
    positives = {}
    for experiment, path in sequences.items():
        kept = read_sequences(path, kinds=["peak"])
        positives[experiment] = Positives(kept.table, kept.windows)
    return recovery_table(
        {pair: read_motifs(*paths) for pair, paths in searched.items()},
        positives,
        factors,
        read_tsv(truth, TRUTH_COLUMNS),
        read_tsv(matches, MATCH_COLUMNS),
        settings.fdr,
        settings.hit_p_value,
    )


def planted_in(positives: Positives, truth: pd.DataFrame, factor: str) -> pd.DataFrame:
    """List a factor's planted instances that lie wholly in a positive window.

    Returns
    -------
    DataFrame
        ``window`` (row of the window), ``first`` and ``last`` (0-based, half-open, in the window)
        and ``instance`` (row of the truth). An instance in two windows is listed twice.
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


def count_hit(
    motif: Matrix4, positives: Positives, planted: pd.DataFrame, p_value: float
) -> tuple[int, int]:
    """Count planted instances, and those that a motif's hits cover by half of either's length.

    Parameters
    ----------
    motif
        Probabilities (4, W).
    positives, planted
        The windows, and `planted_in` of them.
    p_value
        Threshold of a hit; see `tfmoe.jaspar.scanning.threshold_at`.
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
    """Compare a run's motifs with what was planted.

    Parameters
    ----------
    motifs
        For each (experiment, model) the probabilities (4, W) by pattern, most seqlets first.
    positives
        By experiment.
    factors
        Factor of each experiment.
    truth
        The planted instances, with `TRUTH_COLUMNS`.
    matches
        ``motifs/jaspar.tsv``.
    fdr
        A motif is recovered if it matches the planted matrix at joint q < `fdr`.
    p_value
        Threshold of a hit.

    Returns
    -------
    DataFrame
        `RECOVERY_COLUMNS`, a row for each experiment and model whose factor was planted. `pattern`
        is the one that matches the planted matrix best, or the first one if none matches; the
        instances are those of the factor that lie wholly in the experiment's positive windows.
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
        planted = planted_in(positives[experiment], truth, factor)
        total = planted["instance"].nunique()
        hit = 0
        if name is not None:
            total, hit = count_hit(patterns[name], positives[experiment], planted, p_value)
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
