"""Names of models and sets in words, numbers as text, and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.core.vocabulary import EXPERT, is_expert

_MODELS = {
    "moe": "the mixture",
    "best_expert": "the best single expert",
    "mean_of_experts": "the mean of the experts",
    "mean_of_pool": "the mean of all networks that are mixed",
    "pooled": "the pooled network",
    "pooled_ensemble": "the mean of as many pooled networks as are mixed",
    "gkm": "the gapped k-mer model",
    "background_vs_shuffle": "a network that never saw a peak",
    "pwm": "the factor's own JASPAR matrix",
}
_STRATA = {
    "within_family": "DNA-binding family seen in training",
    "cross_family": "DNA-binding family not seen in training",
    "general_factor": "general factors",
    "no_own_motif": "factors without a motif of their own",
}


def name(model: str) -> str:
    """Return a model's name in words; what is not known keeps its own."""
    if is_expert(model):
        return f"expert {model.removeprefix(EXPERT)}"
    return _MODELS.get(model, f"`{model}`")


def stratum_name(stratum: str) -> str:
    """Return what kind of factors an OOD stratum holds."""
    return _STRATA.get(stratum, stratum.replace("_", " "))


def plural(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def join(parts: Sequence[str]) -> str:
    """Join words with commas and an `and`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def probability(value: float) -> str:
    """Return a p-value to two digits; one too small for a float is said to be so."""
    return "p < 1e-300" if value == 0 else f"p = {value:.2g}"


def difference(row: Any) -> str:
    """Return a difference of AUROCs with its interval."""
    return f"{row.difference:+.3f} ({row.low:+.3f} to {row.high:+.3f})"


def or_dash(value: float, form: str) -> str:
    """Return a number as text; a dash for NaN."""
    return "-" if np.isnan(value) else format(value, form)


def percent(share: float) -> str:
    """Return a share in percent, to one digit behind the point."""
    return f"{100 * share:.1f} %"


def reason(note: str) -> str:
    """Return why a test was skipped, from the note of its row."""
    return note.removeprefix("skipped: ").removeprefix("not tested: ")


def rows(table: pd.DataFrame) -> list[Any]:
    """Return the rows as named tuples; a note that a file left empty is text again."""
    return list((table.fillna({"note": ""}) if "note" in table else table).itertuples())


def bullets(lines: Iterable[str]) -> str:
    """Return a list; empty if nothing is to be listed."""
    return "\n".join(f"- {line}" for line in lines)


def table(header: list[str], cells: list[list[str]]) -> str:
    """Return a table; empty without rows."""
    if not cells:
        return ""
    lines = [header, ["---"] * len(header), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
