"""Faithfulness: agreement of maps with in-silico mutagenesis.

The faithfulness of a sequence is Spearman's correlation between its map and centred in-silico
mutagenesis, in two variants:

- ``spearman``, the primary variant: over the observed bases at the L positions, the values that a
  logo shows.
- ``spearman_map``: over all 4 x L hypothetical contributions, which motif discovery uses. This
  variant favours corrected maps, because their columns sum to zero like those of the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from tfmoe.attribution.estimates import Values, bootstrap
from tfmoe.attribution.maps import Maps, at_observed_base
from tfmoe.attribution.method_names import BASELINE, REFERENCE
from tfmoe.core.dna import Codes
from tfmoe.core.seeds import generator

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-5  # values below this share of a sequence's maximum are rounding errors of float32
SMALLEST = 1e-6  # in logits; a reference whose values are all smaller is constant


@dataclass(frozen=True, eq=False)
class Correlations:
    """Agreement of one method with in-silico mutagenesis, one value per sequence.

    Attributes
    ----------
    observed, whole
        float64 (N,): Spearman's correlation at the observed bases and over the whole map. It is 0
        if the map is constant, such as the zero gradient of dead ReLUs: the map is uninformative,
        and omitting it would favour the method. It is NaN if the reference is constant.
    zero
        bool (N,): whether the whole map is zero.
    """

    observed: Values
    whole: Values
    zero: NDArray[np.bool_]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Bool (N,): whether the reference varies."""
        return ~np.isnan(self.observed)


def correlate(maps: Maps, reference: Maps, codes: Codes) -> Correlations:
    """Compare maps with centred in-silico mutagenesis, sequence by sequence.

    Parameters
    ----------
    maps, reference
        float32 (N, 4, L).
    codes
        uint8 (N, L).
    """
    dead = np.abs(reference).max(axis=(1, 2), initial=0) <= SMALLEST
    pairs = [
        (at_observed_base(maps, codes), at_observed_base(reference, codes)),
        (maps.reshape(len(maps), -1), reference.reshape(len(maps), -1)),
    ]
    observed, whole = (np.where(dead, np.nan, spearman(*pair)) for pair in pairs)
    zero: NDArray[np.bool_] = np.abs(maps).max(axis=(1, 2), initial=0) == 0
    return Correlations(observed, whole, zero)


def faithfulness_of(scores: Maps, reference: Maps) -> Values:
    """Correlate scores (N, L) at the observed bases with those of the reference: float64 (N,).

    As for ``observed`` of `Correlations`, the value is 0 for a constant map and NaN for a constant
    reference.
    """
    dead = np.abs(reference).max(axis=1, initial=0) <= SMALLEST
    values: Values = np.where(dead, np.nan, spearman(scores, reference))
    return values


def spearman(first: Maps, second: Maps) -> Values:
    """Correlate the ranks of the rows of two arrays (N, M); 0 if either row is constant.

    Values below `ROUNDING` times the maximum of their row count as zero, so that irrelevant
    positions are tied instead of ordered by rounding errors.
    """
    ranks = [_centred_ranks(values) for values in (first, second)]
    norms = [np.sqrt((rows**2).sum(axis=1)) for rows in ranks]
    product = (ranks[0] * ranks[1]).sum(axis=1)
    scale = norms[0] * norms[1]
    correlations: Values = np.zeros_like(product)
    np.divide(product, scale, out=correlations, where=scale > 0)
    return correlations


def faithfulness_table(
    maps: Mapping[str, Maps],
    reference: Maps,
    codes: Codes,
    labels: Mapping[str, str],
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Summarise faithfulness on N sequences in one row per method.

    Parameters
    ----------
    maps
        float32 (N, 4, L) by method; in-silico mutagenesis itself gets no row.
    reference
        float32 (N, 4, L): centred in-silico mutagenesis.
    codes
        uint8 (N, L).
    labels
        Constant columns, such as the experiment and the model.
    resamples, seed
        Number of resamples and seed of the bootstrap over sequences.

    Returns
    -------
    pandas.DataFrame
        The labels; ``method``; ``n_sequences`` used; ``n_zero``, the number of these with a zero
        map; ``n_constant``, the number of sequences omitted because their reference is constant;
        the medians ``spearman`` and ``spearman_map``; and ``gain``, the mean of the paired
        differences in ``spearman`` from the plain gradient. Each statistic has the bounds ``_low``
        and ``_high`` of its 95 % interval. ``gain`` is empty for the gradient itself, and if the
        gradient is missing.
    """
    import pandas as pd

    found = {
        name: correlate(values, reference, codes)
        for name, values in maps.items()
        if name != REFERENCE
    }
    rows = []
    for name, correlations in found.items():
        usable = correlations.usable
        row: dict[str, str | int | float] = {
            **labels,
            "method": name,
            "n_sequences": int(usable.sum()),
            "n_zero": int((correlations.zero & usable).sum()),
            "n_constant": int((~usable).sum()),
        }
        observed, whole = correlations.observed[usable], correlations.whole[usable]
        for column, values, statistic in (
            ("spearman", observed, np.median),
            ("spearman_map", whole, np.median),
            ("gain", paired_gain(name, observed, found, usable), np.mean),
        ):
            rng = generator(seed, "bootstrap", *labels.values())
            row |= bootstrap(values, statistic, resamples, rng).columns(column)
        rows.append(row)
    return pd.DataFrame(rows)


def paired_gain(
    name: str, values: Values, found: Mapping[str, Correlations], usable: NDArray[np.bool_]
) -> Values:
    """Return the differences from the plain gradient on the same sequences; empty without it."""
    if name == BASELINE or BASELINE not in found:
        return np.zeros(0)
    return values - found[BASELINE].observed[usable]


def _centred_ranks(values: Maps) -> Values:
    largest = np.abs(values).max(axis=1, keepdims=True, initial=0)
    settled = np.where(np.abs(values) > ROUNDING * largest, values, 0)
    ranks: Values = rankdata(settled, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    return ranks
