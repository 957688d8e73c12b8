"""Decisions about the inputs that a methods section has to name: formats, names, matrices.

The first job of a run collects them and writes `results/<run>/inputs.tsv`. Readers create decisions
without the name of the experiment, which `of_experiment` adds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields, replace

import pandas as pd

from tfmoe.core.files import Pathlike, write_tsv

# subjects of decisions, the values of the column `what`
FORMAT = "format"
COORDINATES = "coordinates"
SUMMIT = "summit"
STRENGTH = "strength"
STRONGEST = "strongest peaks"
CHROMOSOME_NAMES = "chromosome names"
SEQUENCES = "genome sequences"
FACTOR = "factor"
MATRIX = "matrix"
FAMILY = "family"
NONE = "-"


@dataclass(frozen=True)
class Decision:
    """One decision about an input.

    Attributes
    ----------
    what
        Subject of the decision, such as `FORMAT`.
    decision
        The decision, such as ``narrowPeak`` or ``MA0147.4 (MYC)``.
    source
        Reason for it, such as ``header``, ``column format of the experiment table`` or ``HGNC
        alias symbol``.
    experiment
        Experiment that it concerns, ``-`` for the whole run.
    file
        File that it concerns, ``-`` for none.
    """

    what: str
    decision: str
    source: str
    experiment: str = NONE
    file: str = NONE

    def of_experiment(self, experiment: str) -> Decision:
        """Return the same decision with the name of the experiment that it concerns."""
        return replace(self, experiment=experiment)


COLUMNS = ("experiment", "file", "what", "decision", "source")


def decision_table(decisions: Iterable[Decision]) -> pd.DataFrame:
    """Return decisions as a table with `COLUMNS`, one row per decision, in the given order."""
    names = [field.name for field in fields(Decision)]
    rows = [astuple(decision) for decision in decisions]
    return pd.DataFrame(rows, columns=names, dtype="str")[list(COLUMNS)]


def write_decisions(decisions: Iterable[Decision], path: Pathlike) -> None:
    """Write decisions as TSV with `COLUMNS`."""
    write_tsv(decision_table(decisions), path)
