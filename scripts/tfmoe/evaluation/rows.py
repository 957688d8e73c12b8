"""What the tables of the tests over sets have in common."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from tfmoe.evaluation.panel import Panel

SCOPE_COLUMNS = ("role", "negatives", "subset", "stratum")
HEAD_COLUMNS = (*SCOPE_COLUMNS, "models", "sets", "seeds")


def head(panel: Panel) -> dict[str, Any]:
    """Return the values of `HEAD_COLUMNS`."""
    sizes = {"models": len(panel.models), "sets": len(panel.sets), "seeds": panel.seeds}
    return panel.keys | sizes


def names(*results: type) -> tuple[str, ...]:
    """Return the columns that dataclasses of results fill."""
    return tuple(field.name for result in results for field in fields(result))


def empty(*results: type) -> dict[str, Any]:
    """Return NaN for each field of dataclasses of results."""
    return dict.fromkeys(names(*results), np.nan)


def filled(*results: Any) -> dict[str, Any]:
    """Return the fields of results, numbers as such and not as arrays of one."""
    values = {key: value for result in results for key, value in asdict(result).items()}
    return {key: value if isinstance(value, int) else float(value) for key, value in values.items()}


def join_notes(*notes: str) -> str:
    """Return the notes that are not empty, in one line."""
    return "; ".join(note for note in notes if note)
