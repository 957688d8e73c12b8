"""Sentences on the AUROC to expect on a factor without peaks."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tfmoe.core.text import capitalise, decimals, percent, plural
from tfmoe.evaluation.expectation import CONFIDENCE


def expectation_sentences(expected: pd.DataFrame) -> str:
    """Return the prediction interval of a new factor's AUROC, its coverage and its reservations.

    Parameters
    ----------
    expected
        ``evaluation/expected.tsv``, of one row.
    """
    row: Any = next(expected.itertuples())
    if pd.isna(row.low):
        return f"No AUROC is predicted for a factor without peaks: {row.note}."
    sentences = [
        f"For a factor without peaks, expect an AUROC of {decimals(row.low, 2)} to "
        f"{decimals(row.high, 2)} from the conditioned mixture ({percent(row.level, 0)} prediction "
        f"interval, centre {decimals(row.estimate, 2)}, from "
        f"{plural(row.factors, 'training factor')} left out one by one)."
    ]
    if row.sets:
        sentences.append(
            f"Of {plural(row.sets, 'unseen set')}, {row.covered} lie in this interval "
            f"({percent(row.coverage, 0)}; {percent(CONFIDENCE, 0)} interval "
            f"{percent(row.coverage_low, 0)} to {percent(row.coverage_high, 0)})."
        )
    sentences.append(f"{capitalise(row.note)}.")
    return " ".join(sentences)
