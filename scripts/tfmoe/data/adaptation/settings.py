"""Settings of the sets of few peaks; rules import them, so this module needs no package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MIN_PEAKS = 5
"""Fewest peaks that a mixture is adapted to; the schema has the same bound."""
MAX_PEAKS = 300
"""Number of peaks of a user's file that a model is adapted to by default, the strongest."""


@dataclass(frozen=True)
class AdaptationSettings:
    """The keys of the config's section `adaptation` that the sets depend on."""

    peaks: Sequence[int]
    draws: int
    negatives: float
    all_peaks: bool
    max_peaks: int | None
