"""Faithfulness: how well a map orders the positions as in-silico mutagenesis does.

The measure of a sequence is Spearman's correlation between its map and centred in-silico
mutagenesis, in two readings:

- ``spearman``, the primary one: over the L positions, at the base that is there. It is what a
  reader of a logo sees.
- ``spearman_map``: over all 4 x L hypothetical contributions, which is what motif discovery reads.
  Columns that sum to zero, as those of the reference do, favour a corrected map here.
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
from tfmoe.core.dna import Codes
from tfmoe.core.seeds import generator

if TYPE_CHECKING:
    import pandas as pd

BASELINE = "gradient"
ROUNDING = 1e-5  # share of a sequence's largest value below which a value is float32's rounding
SMALLEST = 1e-6  # in logits: a reference that nowhere changes more than this is constant


@dataclass(frozen=True, eq=False)
class Correlations:
    """How one method's maps agree with in-silico mutagenesis, a value a sequence.

    Attributes
    ----------
    observed, whole
        float64 (N,): Spearman's correlation at the observed base and over the whole map. It is 0
        where the method's values are all equal (such as the zero gradient of dead ReLUs): such a
        map says nothing, and leaving it out would favour the method. NaN where the reference is
        constant, as there is nothing to be faithful to.
    zero
        bool (N,): whether the whole map is zero.
    """

    observed: Values
    whole: Values
    zero: NDArray[np.bool_]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Bool (N,): where the reference is not constant."""
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
    """Compare scores (N, L) at the observed bases with those of the reference: float64 (N,).

    As ``observed`` of `Correlations`: 0 where a map says nothing, NaN where the reference does not.
    """
    dead = np.abs(reference).max(axis=1, initial=0) <= SMALLEST
    values: Values = np.where(dead, np.nan, spearman(scores, reference))
    return values


def spearman(first: Maps, second: Maps) -> Values:
    """Correlate the ranks of each row of two arrays (N, M); 0 where either row is constant.

    What is below `ROUNDING` of a row's largest value counts as zero, so that positions which do not
    matter are tied and not ordered by rounding errors.
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
    """Summarise each method's faithfulness on N sequences in one row.

    Parameters
    ----------
    maps
        float32 (N, 4, L) by the method's name; in-silico mutagenesis itself gets no row.
    reference
        float32 (N, 4, L): centred in-silico mutagenesis.
    codes
        uint8 (N, L).
    labels
        Columns that are the same in each row, such as the experiment and the model.
    resamples, seed
        Of the bootstrap over sequences.

    Returns
    -------
    pandas.DataFrame
        The labels; ``method``; ``n_sequences`` that count; ``n_zero``, those of them whose map is
        zero; ``n_constant``, sequences left out because the reference is constant; the medians
        ``spearman`` and ``spearman_map`` and ``gain``, the mean of the paired differences of
        ``spearman`` to the plain gradient, each with ``_low`` and ``_high`` (95 %). ``gain`` is
        empty for the gradient, and when it is not among the methods.
    """
    import pandas as pd

    found = {
        name: correlate(values, reference, codes) for name, values in maps.items() if name != "ism"
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
    """Return values minus the plain gradient's on the same sequences, or nothing without one."""
    if name == BASELINE or BASELINE not in found:
        return np.zeros(0)
    return values - found[BASELINE].observed[usable]


def _centred_ranks(values: Maps) -> Values:
    largest = np.abs(values).max(axis=1, keepdims=True, initial=0)
    settled = np.where(np.abs(values) > ROUNDING * largest, values, 0)
    ranks: Values = rankdata(settled, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    return ranks
