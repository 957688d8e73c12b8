"""Measures of quality, and the table of them: one row a method and measure.

=================== ==============================================================================
faithfulness        Spearman's correlation with in-silico mutagenesis at the bases that are there,
                    as ``spearman`` of `tfmoe.attribution.faithfulness`
auprc, hit_rate     localisation, as in `tfmoe.attribution.localisation`
deletion, insertion areas of `tfmoe.attribution.curves`; deletion is better the smaller it is
stability_shifts    correlation of the maps of a window and of one 1 to 3 bases beside it
stability_seeds     correlation of the maps of two training seeds, mean over pairs
likeness            correlation with the map of the plain gradient: how much a method changes at
                    all, and nothing of whether that is for the better
seconds             a sequence and network, of the method by itself; smaller is better
=================== ==============================================================================

This module needs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfmoe.attribution.estimates import Estimate, Values, bootstrap
from tfmoe.attribution.faithfulness import BASELINE
from tfmoe.core.seeds import generator

if TYPE_CHECKING:
    import pandas as pd

SECONDS, STABILITY = "seconds", "stability_seeds"
SMALLER_IS_BETTER = ("deletion", SECONDS)
MEASURES = {
    "faithfulness": "faithfulness",
    "auprc": "localisation (AUPRC)",
    "hit_rate": "localisation (hit rate)",
    "insertion": "insertion",
    "deletion": "deletion",
    "stability_shifts": "stability under shifts",
    STABILITY: "stability over seeds",
}
"""What a map is judged by, in words."""

Measured = Mapping[str, Mapping[str, Values]]
"""By measure and method a value a sequence, (N,), of the same sequences for all methods."""


def quality_table(
    measured: Measured, labels: Mapping[str, str], resamples: int, seed: int
) -> pd.DataFrame:
    """Summarise values a sequence in one row a measure and method.

    Parameters
    ----------
    measured
        The values; those that are NaN do not count.
    labels
        Columns that are the same in each row, such as the experiment and the model.
    resamples, seed
        Of the bootstrap over sequences.

    Returns
    -------
    pandas.DataFrame
        The labels; ``method``, ``measure``, ``n_sequences`` that count; the mean ``value`` and
        ``gain``, the mean of the paired differences to the plain gradient (empty for itself, and
        without it), each with ``_low`` and ``_high`` (95 %). A single value, as the seconds are,
        has no interval.
    """
    import pandas as pd

    rows = []
    for measure, by_method in measured.items():
        base = by_method.get(BASELINE)
        for method, values in by_method.items():
            gains = values - base if base is not None and method != BASELINE else np.zeros(0)
            row: dict[str, str | int | float] = {
                **labels,
                "method": method,
                "measure": measure,
                "n_sequences": int((~np.isnan(values)).sum()),
            }
            for column, sample in (("value", values), ("gain", gains)):
                row |= estimate(sample, resamples, seed, *labels.values()).columns(column)
            rows.append(row)
    return pd.DataFrame(rows)


def estimate(values: Values, resamples: int, seed: int, *purpose: str) -> Estimate:
    """Return the mean of the values (N,) that are not NaN and its interval over sequences."""
    known = values[~np.isnan(values)]
    if len(known) == 1:
        return Estimate(float(known[0]), np.nan, np.nan)
    return bootstrap(known, np.mean, resamples, generator(seed, "bootstrap", *purpose))
