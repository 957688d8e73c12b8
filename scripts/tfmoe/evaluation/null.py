"""How often a test calls models different that are equally good: a simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from tfmoe.evaluation.anova import one_way
from tfmoe.evaluation.bootstrap import bootstrap_auroc
from tfmoe.evaluation.delong import delong, paired_test

MODELS = 4
CLASS_SIZE = 500
AUROC = 0.75
CORRELATION = 0.5
"""The design that was published: four models, sets of 500 positives and 500 negatives."""


def simulate_null(
    trials: int, alpha: float, repeats: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Apply the ANOVA as published, and DeLong's paired test, to models of equal true AUROC.

    Scores are normal, positives shifted so that every model's true AUROC is `AUROC`; any two models
    correlate by `CORRELATION` within a class, as networks scored on the same sequences do.

    Parameters
    ----------
    trials
        Bootstrap trials a model in the ANOVA.
    alpha
        Level of the tests.
    repeats
        Number of simulated sets.
    rng
        Source of the draws.

    Returns
    -------
    DataFrame
        One row a test: its false-positive rate and that rate's standard error.
    """
    shift = float(np.sqrt(2) * norm.ppf(AUROC))
    rejected = np.zeros((2, repeats))
    for repeat in range(repeats):
        noise = rng.normal(size=(MODELS + 1, 2 * CLASS_SIZE))
        scores = np.sqrt(CORRELATION) * noise[0] + np.sqrt(1 - CORRELATION) * noise[1:]
        positives, negatives = scores[:, :CLASS_SIZE] + shift, scores[:, CLASS_SIZE:]
        drawn = [
            bootstrap_auroc(positives[model, None], negatives[model, None], trials, rng)[0]
            for model in range(MODELS)
        ]
        rejected[0, repeat] = one_way(np.array(drawn)).p < alpha
        rejected[1, repeat] = paired_test(delong(positives, negatives), 0, 1, alpha).p < alpha
    rates = rejected.mean(axis=1)
    return pd.DataFrame(
        {
            "test": ["anova_as_published", "delong"],
            "models": [MODELS, 2],
            "n_pos": CLASS_SIZE,
            "n_neg": CLASS_SIZE,
            "true_auroc": AUROC,
            "correlation": CORRELATION,
            "trials": [trials, 1],
            "alpha": alpha,
            "repeats": repeats,
            "false_positive_rate": rates,
            "standard_error": np.sqrt(rates * (1 - rates) / repeats),
        }
    )
