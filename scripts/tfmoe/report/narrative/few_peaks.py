"""Sentences on models that learn from few peaks of a new factor."""

from __future__ import annotations

from collections.abc import Sequence

from tfmoe.core.text import capitalise, interval, plural
from tfmoe.core.vocabulary import ALL_PEAKS, FINE_TUNED, SCRATCH
from tfmoe.evaluation.few_peaks import Crossover

_SUBJECTS = {
    SCRATCH: "a gapped k-mer model trained from scratch",
    FINE_TUNED: "a fine-tuned pooled network",
}


def crossover_sentences(crossovers: Sequence[Crossover]) -> str:
    """Return at how many peaks each rival reaches the adapted mixture; empty without a rival.

    Parameters
    ----------
    crossovers
        See `tfmoe.evaluation.few_peaks.find_crossovers`.
    """
    return " ".join(map(_sentences, crossovers))


def _sentences(found: Crossover) -> str:
    peaks = "all peaks" if found.peaks == ALL_PEAKS else f"{found.peaks} peaks"
    rival = _SUBJECTS[found.rival]
    result = (
        f"With {peaks}, {rival} first reaches the mean AUROC of the adapted mixture."
        if found.reached
        else f"{capitalise(rival)} has a lower mean AUROC than the adapted mixture at each number "
        f"of peaks; with {peaks}, it comes closest."
    )
    difference = interval(found.difference, found.low, found.high, sign=True)
    included = found.low <= 0 <= found.high
    doubt = ", so the difference may be chance" if included else ""
    return (
        f"{result} The mixture minus that model is {difference} there, over "
        f"{plural(found.factors, 'factor')}{doubt}."
    )
