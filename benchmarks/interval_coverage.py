"""Benchmark: coverage of the intervals of AUROC and AUPRC.

Needs tfmoe's environment only. It draws sets whose true AUROC and AUPRC are known, and counts how
often the intervals of `evaluation/metrics.tsv` and percentile intervals of the same resamples
contain the truth.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from running import SCRIPTS, say
from scipy.stats import norm

sys.path.insert(0, str(SCRIPTS))

from tfmoe.core.seeds import generator
from tfmoe.evaluation.bootstrap import (
    average_precision,
    bootstrap_blocks,
    bootstrap_ranking,
    logit_interval,
)
from tfmoe.evaluation.delong import auroc

Floats = NDArray[np.float64]
AUROCS = (0.6, 0.8, 0.95)
POSITIVES = (20, 50, 200, 1000)
RATIOS = (1, 10)
BLOCKS = (12, 30, 100)
PER_BLOCK = 5
"""Positives, and negatives, per block."""
SHARED = 0.3
"""Share of the variance of scores that all sequences of one class in a block have in common."""
RESAMPLES = 1000
ALPHA = 0.05
COLUMNS = ("measure", "n_pos", "n_neg", "truth", "mean", "method", "simulations", "coverage",
           "above", "below", "width")  # fmt: skip


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=1000, help="sets of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", type=Path, help="TSV to which the coverage is written")
    options = parser.parse_args()
    rows = []
    for row in coverage_rows(options.simulations, options.seed):
        rows.append(row)
        say("  ".join(f"{row[key]:.4g}" if isinstance(row[key], float) else str(row[key])
                      for key in COLUMNS))  # fmt: skip
    if options.table is not None:
        table = pd.DataFrame(rows, columns=COLUMNS)
        table.to_csv(options.table, sep="\t", index=False, float_format="%.4f")


def coverage_rows(simulations: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the coverage of both kinds of intervals on sets of each kind."""
    for positives in POSITIVES:
        for ratio in RATIOS:
            for area in AUROCS:
                rng = generator(seed, "coverage", str(positives), str(ratio), str(area))
                drawn = [by_sequence(positives, ratio, area, rng) for _ in range(simulations)]
                sizes = {"n_pos": positives, "n_neg": positives * ratio}
                truth = {"auroc": area, "auprc": true_auprc(area, ratio)}
                for measure, value in truth.items():
                    yield from summarise([one[measure] for one in drawn], value, measure, sizes)
    for number in BLOCKS:
        for area in AUROCS:
            rng = generator(seed, "coverage", "blocks", str(number), str(area))
            found = [by_block(number, area, rng) for _ in range(simulations)]
            sizes = dict.fromkeys(("n_pos", "n_neg"), number * PER_BLOCK)
            yield from summarise(found, area, f"auroc, {number} blocks", sizes)


def by_sequence(
    positives: int, ratio: int, area: float, rng: np.random.Generator
) -> dict[str, dict[str, Floats]]:
    """Return estimate and interval of each method, (3,), for both measures on one set."""
    scores = (
        rng.normal(separation(area), 1, (1, positives)),
        rng.normal(0, 1, (1, positives * ratio)),
    )
    drawn = bootstrap_ranking(*scores, RESAMPLES, rng)
    return {
        "auroc": both(auroc(*scores), drawn.auroc, positives),
        "auprc": both(average_precision(*scores), drawn.auprc, positives),
    }


def by_block(number: int, area: float, rng: np.random.Generator) -> dict[str, Floats]:
    """Return estimate and interval by blocks of each method, (3,), for the AUROC of one set."""
    blocks = np.repeat(np.arange(number), 2 * PER_BLOCK)
    positive = np.tile(np.arange(2 * PER_BLOCK) < PER_BLOCK, number)
    common = rng.normal(0, SHARED**0.5, (2, number))
    noise = rng.normal(0, (1 - SHARED) ** 0.5, positive.size)
    scores = (noise + common[positive.astype(int), blocks] + separation(area) * positive)[None]
    drawn = bootstrap_blocks(scores, positive, blocks, RESAMPLES, rng)
    return both(auroc(scores[:, positive], scores[:, ~positive]), drawn, number)


def both(estimate: Floats, resampled: Floats, replicates: int) -> dict[str, Floats]:
    """Return estimate, lower and upper bound by method."""
    bounds = {
        "percentile": np.nanquantile(resampled, [ALPHA / 2, 1 - ALPHA / 2], axis=-1),
        "logit": logit_interval(estimate, resampled, replicates, ALPHA),
    }
    return {method: np.r_[estimate, found[0], found[1]] for method, found in bounds.items()}


def summarise(
    drawn: list[dict[str, Floats]], truth: float, measure: str, sizes: dict[str, int]
) -> Iterator[dict[str, Any]]:
    """Yield a row per method: coverage, and the shares of intervals above and below the truth."""
    for method in drawn[0]:
        mean, low, high = np.array([one[method] for one in drawn]).T
        above, below = float(np.mean(low > truth)), float(np.mean(high < truth))
        head = {"measure": measure, **sizes, "truth": truth, "mean": float(mean.mean())}
        found = {"coverage": 1 - above - below, "above": above, "below": below}
        yield (
            head
            | {"method": method, "simulations": len(drawn)}
            | found
            | {"width": float(np.mean(high - low))}
        )


def separation(area: float) -> float:
    """Return the difference of the means of two normal distributions with this AUROC."""
    return float(np.sqrt(2) * norm.ppf(area))


def true_auprc(area: float, ratio: int) -> float:
    """Return the mean precision at the scores of positives, for infinitely many sequences."""
    score = np.linspace(-9, 9 + separation(area), 200_001)
    recall, called = norm.sf(score, separation(area)), norm.sf(score)
    precision = recall / np.maximum(recall + ratio * called, 1e-300)
    return float(np.trapezoid(norm.pdf(score, separation(area)) * precision, score))


if __name__ == "__main__":
    main()
