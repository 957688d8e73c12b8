"""Quality measures of attribution maps, and their table with one row per method and measure.

=================== ==============================================================================
faithfulness        Spearman's correlation with in-silico mutagenesis at the observed bases,
                    ``spearman`` of `tfmoe.attribution.faithfulness`
auprc, hit_rate     localisation, see `tfmoe.attribution.localisation`
deletion, insertion areas under the curves of `tfmoe.attribution.curves`; smaller deletion is better
stability_shifts    correlation between the maps of a window and of the window shifted by 1 to 3
                    bases
stability_seeds     correlation between the maps of two training seeds, mean over pairs
likeness            correlation with the map of the plain gradient; it measures how much a method
                    changes the map, not whether the change is an improvement
seconds             time per sequence and network of the method alone; smaller is better (only in
                    the attribution study, because it depends on the machine)
=================== ==============================================================================

This module does not import torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfmoe.attribution.estimates import Estimate, Values, bootstrap
from tfmoe.attribution.method_names import BASELINE
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
"""Labels of the measures by which maps are compared."""

Measured = Mapping[str, Mapping[str, Values]]
"""By measure and method, one value per sequence, (N,), on the same sequences for all methods."""


def quality_table(
    measured: Measured, labels: Mapping[str, str], resamples: int, seed: int
) -> pd.DataFrame:
    """Summarise the values of all sequences in one row per measure and method.

    Parameters
    ----------
    measured
        The values; NaN values are ignored.
    labels
        Constant columns, such as the experiment and the model.
    resamples, seed
        Number of resamples and seed of the bootstrap over sequences.

    Returns
    -------
    pandas.DataFrame
        The labels; ``method``; ``measure``; ``n_sequences`` with a value; the mean ``value``, and
        ``gain``, the mean of the paired differences from the plain gradient, each with the bounds
        ``_low`` and ``_high`` of its 95 % interval. ``gain`` is empty for the gradient itself, and
        if the gradient is missing. A single value, such as the time, has no interval.
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
    """Return the mean of the values (N,), ignoring NaN, and its interval over sequences."""
    known = values[~np.isnan(values)]
    if len(known) == 1:
        return Estimate(float(known[0]), np.nan, np.nan)
    return bootstrap(known, np.mean, resamples, generator(seed, "bootstrap", *purpose))
