"""Sentences on models that learn from few peaks of a new factor."""

from __future__ import annotations

from collections.abc import Sequence

from tfmoe.core.text import interval, plural
from tfmoe.core.vocabulary import ALL_PEAKS, FINE_TUNED, SCRATCH
from tfmoe.evaluation.few_peaks import Crossover

_SUBJECTS = {
    SCRATCH: "A gapped k-mer model trained from scratch catches",
    FINE_TUNED: "A fine-tuned pooled network catches",
}


def crossover_sentences(crossovers: Sequence[Crossover]) -> str:
    """Return at how many peaks each rival catches up with the adapted mixture; empty without one.

    Parameters
    ----------
    crossovers
        See `tfmoe.evaluation.few_peaks.find_crossovers`.
    """
    if not crossovers:
        return ""
    start = "To catch up with the adapted mixture means to have at least its mean AUROC. "
    return start + " ".join(map(_sentence, crossovers))


def _sentence(found: Crossover) -> str:
    peaks = "all peaks" if found.peaks == ALL_PEAKS else f"{found.peaks} peaks"
    difference = interval(found.difference, found.low, found.high, sign=True)
    over = f"over {plural(found.factors, 'factor')}"
    if found.reached:
        return (
            f"{_SUBJECTS[found.rival]} up at {peaks}; the difference, mixture minus rival, is "
            f"{difference} there, {over}."
        )
    return (
        f"{_SUBJECTS[found.rival]} up at no number of peaks; the smallest difference, mixture "
        f"minus rival, is {difference}, with {peaks} and {over}."
    )
