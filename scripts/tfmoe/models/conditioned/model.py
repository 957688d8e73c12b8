"""The fitted conditioned mixture: its gate, its calibration and its background windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.files import (
    Pathlike,
    read_json,
    read_parquet,
    write_json,
    write_parquet,
)
from tfmoe.models.calibration import Calibration
from tfmoe.models.conditioned.evidence import Evidence
from tfmoe.models.conditioned.gate import Gate, combine
from tfmoe.models.conditioned.scores import Floats, Member, MemberScores, kind_scores

CONFIG = "config.json"
BACKGROUND = "background.parquet"
SEQUENCE = "sequence"
"""Column of `BACKGROUND` with the windows; the others are logits."""
REMEDY = "remove its folder"
KNOWN, UNSEEN = "known", "unseen"
WITHOUT_MATRIX = "_without_matrix"


@dataclass(frozen=True)
class ConditionedMixture:
    """The gate and the calibration of the mixture that knows which factor it is asked about.

    Attributes
    ----------
    gate
        Weights of the kinds of members.
    calibrations
        Scale and offset that turn the combined score into a logit: for factors with an expert of
        their own (`KNOWN`) and for others (`UNSEEN`), each also for factors without a matrix.
    experts
        Factor of each expert.
    """

    gate: Gate
    calibrations: Mapping[str, Calibration]
    experts: Mapping[str, str]

    def logits(self, kinds: Mapping[Member, Floats], evidence: Evidence) -> Floats:
        """Return calibrated logits (n,) from standardised scores of each kind for one factor."""
        known = 1.0 in evidence.specialists.values()
        name = calibration_name(known, Member.MATRIX in kinds)
        calibration = self.calibrations[name]
        return calibration.scale * combine(kinds, self.gate.weights) + calibration.offset

    def score(self, members: MemberScores, background: MemberScores, evidence: Evidence) -> Floats:
        """Return calibrated logits (n,) of windows for one factor."""
        return self.logits(kind_scores(members, background, evidence), evidence)


def calibration_name(known: bool, matrix: bool) -> str:
    """Return the name of the calibration of a factor."""
    return (KNOWN if known else UNSEEN) + ("" if matrix else WITHOUT_MATRIX)


def write_conditioned(
    mixture: ConditionedMixture, background: pd.DataFrame, folder: Pathlike
) -> None:
    """Write the mixture and the scores of its background windows.

    Parameters
    ----------
    mixture
        The fitted mixture.
    background
        One row per background window: ``sequence``, and one column per model and seed.
    folder
        Output folder: ``config.json`` and ``background.parquet``.
    """
    gate = asdict(mixture.gate) | {"weights": dict(mixture.gate.weights)}
    for key in ("difference", "low", "high"):
        gate[key] = None if np.isnan(gate[key]) else gate[key]
    content = {
        "gate": gate,
        "calibrations": {name: asdict(found) for name, found in mixture.calibrations.items()},
        "experts": dict(mixture.experts),
    }
    write_json(content, Path(folder) / CONFIG)
    write_parquet(background, Path(folder) / BACKGROUND)


def load_conditioned(folder: Pathlike) -> tuple[ConditionedMixture, pd.DataFrame]:
    """Load what `write_conditioned` wrote.

    Raises
    ------
    InputError
        If a file is missing or damaged, or lacks a part.
    """
    path = Path(folder) / CONFIG
    content = read_json(path, REMEDY)
    background = read_parquet(Path(folder) / BACKGROUND)
    if SEQUENCE not in background:
        raise InputError(
            f"{Path(folder) / BACKGROUND}: the column {SEQUENCE} is missing; {REMEDY} and run again"
        )
    try:
        gate = _read_gate(content["gate"])
        calibrations = {name: Calibration(**content["calibrations"][name]) for name in _CALIBRATED}
        return ConditionedMixture(gate, calibrations, dict(content["experts"])), background
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: found other content than a conditioned mixture ({error}); {REMEDY} and run "
            "again"
        ) from None


def _read_gate(content: Mapping[str, Any]) -> Gate:
    weights = {kind: float(content["weights"][kind]) for kind in Member}
    numbers = {key: np.nan if content[key] is None else float(content[key]) for key in _NUMBERS}
    return Gate(weights, bool(content["fitted"]), **numbers)


_NUMBERS = ("difference", "low", "high")
_CALIBRATED = tuple(
    calibration_name(known, matrix) for known in (True, False) for matrix in (True, False)
)
