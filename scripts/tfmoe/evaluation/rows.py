"""Helpers for the rows of the tables of tests: shared columns, result fields and notes."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from tfmoe.evaluation.panel import SCOPE_COLUMNS, Panel

HEAD_COLUMNS = (*SCOPE_COLUMNS, "models", "sets", "seeds")


def head_values(panel: Panel) -> dict[str, Any]:
    """Return the values of `HEAD_COLUMNS` for a panel."""
    sizes = {"models": len(panel.models), "sets": len(panel.sets), "seeds": panel.seeds}
    return panel.keys | sizes


def field_names(*results: type) -> tuple[str, ...]:
    """Return the names of the fields of result dataclasses."""
    return tuple(field.name for result in results for field in fields(result))


def missing_values(*results: type) -> dict[str, Any]:
    """Return NaN for each field of result dataclasses."""
    return dict.fromkeys(field_names(*results), np.nan)


def field_values(*results: Any) -> dict[str, Any]:
    """Return the fields of results as numbers, also where they are arrays of one value."""
    values = {key: value for result in results for key, value in asdict(result).items()}
    return {key: value if isinstance(value, int) else float(value) for key, value in values.items()}


def join_notes(*notes: str) -> str:
    """Join the notes that are not empty."""
    return "; ".join(note for note in notes if note)
