"""Benchmark: error rates of the tests on equal models, and their power.

Needs tfmoe's environment only. It simulates runs whose AUROCs vary like those of a real run, whose
`evaluation` folder it reads: metrics.tsv, comparisons.tsv and trials.tsv.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from running import SCRIPTS, say

sys.path.insert(0, str(SCRIPTS))

from tfmoe.core.config import schema_defaults
from tfmoe.core.files import read_tsv
from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import MIXTURE, is_expert, kind_order
from tfmoe.evaluation.null import (
    ALIKE,
    AS_FOUND,
    DELONG,
    PUBLISHED,
    TypicalSet,
    design_rows,
    estimate_panel_design,
    find_typical_set,
    reject_on_one_set,
)
from tfmoe.evaluation.panel import ALL, make_panels
from tfmoe.evaluation.rejections import margin_rates, rejection_rates
from tfmoe.evaluation.settings import EvaluationSettings
from tfmoe.evaluation.simulated_aurocs import Design, logit_means

SEEDS = 5
MODELS = 4
NULL_SETS, POWER_SETS = (6, 20), (6, 9, 20)
DIFFERENCES = (0.01, 0.02, 0.03)
TRIALS = (20, 30, 100)
AVERAGES = ("mean_of_experts", "mean_of_pool", "pooled_ensemble", "pooled")
COLUMNS = ("run", "rivals", "role", "models_vary", "sets", "seeds", "test", "true_auroc",
           "true_difference", "sd_set", "sd_set_model", "sd_model_seed", "sd_residual", "repeats",
           "rejected", "rejected_pairs", "note")  # fmt: skip


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("evaluation", type=Path, nargs="+", help="folder `evaluation` of a run")
    parser.add_argument("--names", nargs="+", help="names of the runs; default: their folders")
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", type=Path, help="TSV to which the rates are written")
    options = parser.parse_args()
    names = options.names or [folder.resolve().parent.name for folder in options.evaluation]
    defaults = schema_defaults("evaluation")
    del defaults["recipes"]
    settings = EvaluationSettings(**(defaults | {"null_repeats": options.repeats}))
    rows = []
    for name, folder in zip(names, options.evaluation, strict=True):
        for row in run_rows(folder, settings, options.seed):
            rows.append({"run": name} | row)
            say("  ".join(f"{rows[-1][key]}" for key in COLUMNS if rows[-1].get(key) is not None))
    if options.table is not None:
        table = pd.DataFrame(rows, columns=COLUMNS)
        table.to_csv(options.table, sep="\t", index=False, float_format="%.5g")


def run_rows(folder: Path, settings: EvaluationSettings, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of one run: tests over sets, and the analysis as published."""
    metrics, comparisons, trials = (
        read_tsv(folder / f"{name}.tsv") for name in ("metrics", "comparisons", "trials")
    )
    first = min(set(metrics["negatives"]), key=kind_order)
    own = comparisons[(comparisons["subset"] == ALL) & (comparisons["negatives"] == first)]
    for rivals, family in families(metrics).items():
        for panel in make_panels(metrics, family, ()):
            if (panel.subset, panel.stratum, panel.negatives) != (ALL, ALL, first) or panel.fault:
                continue
            found = estimate_panel_design(panel, own, settings.alpha)
            kinds = {ALIKE: found.with_models_alike(MODELS), AS_FOUND: found}
            for kind, design in kinds.items():
                head = {"rivals": rivals, "role": panel.role, "models_vary": kind}
                rng = generator(seed, "null_simulation", rivals, panel.role, kind)
                yield from over_sets(design, head, settings, rng)
    published = [
        panel
        for panel in make_panels(metrics, [MIXTURE, "experts"], ())
        if (panel.subset, panel.stratum, panel.negatives) == (ALL, ALL, first)
    ]
    drawn = trials[trials["negatives"] == first]
    scored = find_typical_set(published, own, drawn, settings.alpha)
    if isinstance(scored, TypicalSet):
        yield from on_one_set(scored, settings, generator(seed, "null_simulation", PUBLISHED))


def families(metrics: pd.DataFrame) -> dict[str, list[str]]:
    """Return the mixture with three rivals each: single experts, as published, and averages."""
    models = sorted(set(metrics["model"]))
    experts = [model for model in models if is_expert(model)][: MODELS - 1]
    averages = [model for model in AVERAGES if model in models][: MODELS - 1]
    return {"experts": [MIXTURE, *experts], "averages": [MIXTURE, *averages]}


def over_sets(
    design: Design, head: dict[str, Any], settings: EvaluationSettings, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Yield the rates of the tests over sets, for equal models and for true differences."""
    for sets in NULL_SETS:
        for row in design_rows(design.with_sets(sets, SEEDS), head, settings, rng):
            yield row | {"rejected": row["false_positive_rate"]}
    for sets in POWER_SETS:
        sized = design.with_sets(sets, SEEDS)
        same = head | {"sets": sets, "seeds": SEEDS, "true_auroc": design.auroc}
        same |= {"repeats": settings.null_repeats}
        for difference in DIFFERENCES:
            means = logit_means(sized, difference, rng)
            if means is None:
                continue
            rates = rejection_rates(sized, means, settings.null_repeats, settings.alpha, rng)
            for test, rate in rates.any.items():
                row = {"test": test, "rejected": rate, "rejected_pairs": rates.pairs[test]}
                yield same | {"true_difference": difference} | row
        means = logit_means(sized, 0.0, rng)
        if means is not None:
            how = settings.null_repeats, settings.alpha, settings.margin, rng
            for test, rate in margin_rates(sized, means, *how).items():
                yield same | {"true_difference": 0.0, "test": test, "rejected": rate}


def on_one_set(
    scored: TypicalSet, settings: EvaluationSettings, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Yield the rates of the analysis as published, by number of trials, and of DeLong's test."""
    repeats, alpha = settings.null_repeats, settings.alpha
    head = {"sets": 1, "true_auroc": scored.auroc, "true_difference": 0.0, "repeats": repeats}
    for trials in TRIALS:
        anova, paired = reject_on_one_set(replace(scored, trials=trials), alpha, repeats, rng)
        yield head | {"test": f"{PUBLISHED}, {trials} trials", "rejected": anova.mean()}
    yield head | {"test": DELONG, "rejected": paired.mean()}


if __name__ == "__main__":
    main()
