"""Effects of variants on a score: the logit of the new allele minus that of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.application.model.model import Model, Query
from tfmoe.application.variants.windows import Change, allele_windows
from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.models.prediction import Scores

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AlleleEffects:
    """Scores of the two alleles of n variants.

    Attributes
    ----------
    ref, alt
        Logits of the alleles, float32 (n, seeds).
    """

    ref: Scores
    alt: Scores

    @property
    def by_seed(self) -> Floats:
        """Effects, float64 (n, seeds)."""
        return self.alt.astype(np.float64) - self.ref.astype(np.float64)

    @property
    def effect(self) -> Floats:
        """Mean effects over the training seeds, float64 (n,)."""
        mean: Floats = self.by_seed.mean(axis=1)
        return mean

    @property
    def sd(self) -> Floats:
        """Standard deviations of the effects over the training seeds; NaN for a single seed."""
        if self.ref.shape[1] < 2:
            return np.full(len(self.ref), np.nan)
        spread: Floats = self.by_seed.std(axis=1, ddof=1)
        return spread

    @property
    def ref_logit(self) -> Floats:
        """Mean logits of the reference alleles over the training seeds, float64 (n,)."""
        mean: Floats = self.ref.astype(np.float64).mean(axis=1)
        return mean

    @property
    def alt_logit(self) -> Floats:
        """Mean logits of the new alleles over the training seeds, float64 (n,)."""
        mean: Floats = self.alt.astype(np.float64).mean(axis=1)
        return mean


@dataclass(frozen=True)
class SlidEffects:
    """Effects of n variants in windows at several offsets.

    Attributes
    ----------
    centred
        Effects in the centred windows.
    largest
        Of each variant's mean effects over seeds, one per offset, that with the largest absolute
        value, with its sign; float64 (n,).
    mean
        Their mean over the offsets, float64 (n,).
    """

    centred: AlleleEffects
    largest: Floats
    mean: Floats


def score_alleles(model: Model, ref_codes: Codes, alt_codes: Codes, query: Query) -> AlleleEffects:
    """Score pairs of windows that differ by a variant.

    Both alleles are scored in batches of the same shape, in the same order, so that exchanged
    arguments yield effects of exactly the opposite sign.

    Parameters
    ----------
    model
        The trained mixture.
    ref_codes, alt_codes
        Windows of the reference and of the new alleles, uint8 (n, L), as `tfmoe.core.dna` encodes
        them.
    query
        The factor that is asked about, from ``model.query``.

    Raises
    ------
    InputError
        If the two differ in shape.
    """
    if ref_codes.shape != alt_codes.shape:
        raise InputError(
            f"alleles: found windows of shape {ref_codes.shape} and {alt_codes.shape}, expected "
            "the same shape for both"
        )
    return AlleleEffects(model.logits(ref_codes, query), model.logits(alt_codes, query))


def score_changes(
    model: Model, contexts: Codes, changes: Sequence[Change], query: Query, offsets: Sequence[int]
) -> SlidEffects:
    """Score variants in windows at several offsets; 0 is the first of them.

    Parameters
    ----------
    model, query
        As for `score_alleles`.
    contexts, changes
        As for `tfmoe.application.variants.windows.allele_windows`.
    offsets
        Offsets in bases, starting with 0.
    """
    found = [
        score_alleles(model, *allele_windows(contexts, changes, model.window, offset), query)
        for offset in offsets
    ]
    effects = np.stack([one.effect for one in found])
    largest = np.abs(effects).argmax(axis=0)
    at_largest = np.take_along_axis(effects, largest[None, :], axis=0)[0]
    return SlidEffects(found[0], at_largest, effects.mean(axis=0))
