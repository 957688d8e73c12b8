"""Rows of the table of metrics: every model and seed on one set."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.seeds import generator
from tfmoe.evaluation.above_background import ABOVE_BACKGROUND
from tfmoe.evaluation.bootstrap import (
    average_precision,
    bootstrap_blocks,
    bootstrap_ranking,
    chromosome_blocks,
    logit_interval,
)
from tfmoe.evaluation.delong import auroc
from tfmoe.evaluation.metrics import calibration_metrics, find_caution, find_fault, rank_metrics
from tfmoe.evaluation.pooled_calibration import are_logits
from tfmoe.evaluation.scored_sets import SET_COLUMNS, ScoredSet, class_sizes
from tfmoe.evaluation.settings import ScoringSettings

Floats = NDArray[np.float64]

METRIC_COLUMNS = (
    "model",
    *SET_COLUMNS,
    "seed",
    "n_pos",
    "n_neg",
    "prevalence",
    "auroc",
    "auroc_low",
    "auroc_high",
    "auroc_block_low",
    "auroc_block_high",
    "blocks",
    ABOVE_BACKGROUND,
    "auprc",
    "auprc_low",
    "auprc_high",
    "auprc_1to10",
    "auprc_1to100",
    "auprc_1to1000",
    "recall_at_fdr10",
    "recall_at_fdr50",
    "brier",
    "ece",
    "ece_expected",
    "calibration_slope",
    "note",
)
FEW_BLOCKS = 10
"""Blocks with positives, and blocks with negatives, that an interval by blocks needs.

With ten of each, a resample lacks a class with a probability below 1 in 10,000 (exp(-10) per
class).
"""


@dataclass(frozen=True)
class _Blocks:
    """Fixed-length blocks of chromosomes that contain the sequences of a set.

    Attributes
    ----------
    of_sequence
        int64, (N,): block of each sequence, 0 to `number` - 1; all 0 without coordinates.
    number
        Number of blocks; 0 without coordinates.
    replicates
        Number of blocks with sequences of the scarcer class.
    fault
        The reason why no interval is possible, or an empty string.
    """

    of_sequence: NDArray[np.int64]
    number: int
    replicates: int
    fault: str


def score_set(scored: ScoredSet, settings: ScoringSettings, seed: int) -> list[dict[str, Any]]:
    """Compute the metrics of each model and seed on one set.

    Parameters
    ----------
    scored
        The set.
    settings
        The settings.
    seed
        The run's seed.

    Returns
    -------
    list of dict
        One row of `METRIC_COLUMNS` per model and seed; ``note`` gives the reason for missing
        values.
    """
    positive = scored.positive
    blocks = _find_blocks(scored, settings.block_length)
    faults = [scored.fault or find_fault(row, positive) for row in scored.scores]
    usable = [row for row, fault in enumerate(faults) if not fault]
    measured = iter(_measure_auroc(scored, usable, blocks, settings, seed))
    rows = []
    for scores, column, fault in zip(scored.scores, scored.columns, faults, strict=True):
        row: dict[str, Any] = dict.fromkeys(METRIC_COLUMNS, np.nan)
        row |= {**scored.keys, "model": column.model, "seed": column.seed, "note": fault}
        row |= class_sizes(positive)
        row["prevalence"] = positive.mean() if positive.size else np.nan
        if not fault:
            others, notes = _other_metrics(
                column.model, scored.keys["role"], scores, positive, settings
            )
            notes += [blocks.fault] if blocks.fault else []
            row |= {**next(measured), **others, "blocks": blocks.number, "note": "; ".join(notes)}
        rows.append(row)
    return rows


def _find_blocks(scored: ScoredSet, length: int) -> _Blocks:
    if not scored.positive.size or (scored.start < 0).any():
        nowhere = np.zeros(scored.positive.size, dtype=np.int64)
        return _Blocks(nowhere, 0, 0, "no coordinates, so no interval by stretches of chromosome")
    blocks = chromosome_blocks(scored.chrom, scored.start, length)
    number = int(blocks.max()) + 1
    held = {
        "positives": np.unique(blocks[scored.positive]).size,
        "negatives": np.unique(blocks[~scored.positive]).size,
    }
    scarce = min(held, key=lambda name: held[name])
    fault = ""
    if held[scarce] < FEW_BLOCKS:
        fault = (
            f"{scarce} in {held[scarce]} stretches of chromosome only, fewer than {FEW_BLOCKS}, so "
            "no interval by these"
        )
    return _Blocks(blocks, number, held[scarce], fault)


def _measure_auroc(
    scored: ScoredSet,
    usable: list[int],
    blocks: _Blocks,
    settings: ScoringSettings,
    seed: int,
) -> list[dict[str, float]]:
    """Return the AUROC and the intervals of each usable row of scores."""
    if not usable:
        return []
    scores, positive = scored.scores[usable], scored.positive
    split = scores[:, positive], scores[:, ~positive]
    # seeds do not depend on the subset: a subset with all sequences has the same draws
    purpose = scored.keys["experiment"], scored.keys["negatives"]
    number = settings.bootstrap_resamples
    drawn = bootstrap_ranking(*split, number, generator(seed, "bootstrap", *purpose))
    measured = {"auroc": auroc(*split), "auprc": average_precision(*split)}
    fewest = int(min(positive.sum(), (~positive).sum()))
    resampled = {"auroc": (drawn.auroc, fewest), "auprc": (drawn.auprc, fewest)}
    if not blocks.fault:
        rng = generator(seed, "blocks", *purpose)
        by_block = bootstrap_blocks(scores, positive, blocks.of_sequence, number, rng)
        resampled["auroc_block"] = (by_block, blocks.replicates)
    columns = {"auroc": measured["auroc"]}
    for name, (values, replicates) in resampled.items():
        columns[f"{name}_low"], columns[f"{name}_high"] = logit_interval(
            measured[name.removesuffix("_block")], values, replicates, settings.alpha
        )
    return [
        {name: float(values[row]) for name, values in columns.items()} for row in range(len(usable))
    ]


def _other_metrics(
    model: str,
    role: str,
    scores: Floats,
    positive: NDArray[np.bool_],
    settings: ScoringSettings,
) -> tuple[dict[str, Any], list[str]]:
    """Return the metrics that need no resamples, and notes about them."""
    row: dict[str, Any] = asdict(rank_metrics(scores, positive))
    caution = find_caution(scores, positive)
    notes = [caution] if caution else []
    if not are_logits(model, role):
        notes.append("scores are no probabilities: no Brier score and no calibration")
        return row, notes
    row |= asdict(calibration_metrics(scores, positive, settings.calibration_bins))
    if np.isnan(row["calibration_slope"]):
        notes.append("the classes do not overlap in score: no calibration slope")
    return row, notes
