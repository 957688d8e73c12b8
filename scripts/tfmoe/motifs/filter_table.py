"""Table of filter motifs and their matches in JASPAR; this module does not import torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from tfmoe.motifs.confirmation import Confirmation
from tfmoe.motifs.patterns import Matrix4

if TYPE_CHECKING:
    import pandas as pd

FILTER_COLUMNS = (
    "filter",
    "n_sites",
    "consensus",
    "width",
    "information",
    "correlation",
    *(field.name for field in fields(Confirmation)),
)
MATCHED_COLUMNS = (
    "experiment",
    "factor",
    "model",
    *FILTER_COLUMNS,
    "best_matrix",
    "best_name",
    "best_q",
    "family_matrix",
    "family_name",
    "family_rank",
    "family_q",
    "family_independent",
)

# columns copied from the table of matches, with their short names
_MATCH_FIELDS = {
    "matrix_id": "matrix",
    "name": "name",
    "rank": "rank",
    "q": "q",
    "independent": "independent",
}


@dataclass(frozen=True)
class Subject:
    """One pair of experiment and model, with columns of the experiment table."""

    experiment: str
    factor: str
    role: str
    family: str
    model: str


@dataclass(frozen=True, eq=False)
class ReadFilters:
    """Motifs of the filters of one network.

    Attributes
    ----------
    subject
        The experiment and model.
    table
        Content of ``filters.tsv``, `FILTER_COLUMNS`.
    motifs
        Probabilities (4, W) by filter.
    """

    subject: Subject
    table: pd.DataFrame
    motifs: dict[str, Matrix4]


def filter_table(filters: Sequence[ReadFilters], matches: pd.DataFrame) -> pd.DataFrame:
    """List all filters with their best match overall and within the factor's family.

    Parameters
    ----------
    filters
        Filter motifs of all networks.
    matches
        Their rows of `tfmoe.motifs.matching.match_table`.

    Returns
    -------
    DataFrame
        `MATCHED_COLUMNS`; within a network, filters are sorted by ``correlation`` in descending
        order. ``family_*`` includes the factor's own matrix, and is missing if neither factor nor
        family has a matrix.
    """
    import pandas as pd

    parts = [
        item.table.sort_values("correlation", ascending=False, kind="stable").assign(
            experiment=item.subject.experiment,
            factor=item.subject.factor,
            model=item.subject.model,
        )
        for item in filters
        if len(item.table)
    ]
    if not parts:
        return pd.DataFrame(columns=list(MATCHED_COLUMNS))
    table = pd.concat(parts, ignore_index=True)
    keys = ["experiment", "model", "filter"]
    named = matches.rename(columns={"pattern": "filter"})
    chosen = {
        "best": named[named["rank"] == 1],
        "family": named[named["is_family"].astype(bool)].drop_duplicates(keys),
    }
    for prefix, rows in chosen.items():
        renamed = {column: f"{prefix}_{short}" for column, short in _MATCH_FIELDS.items()}
        table = table.merge(rows[[*keys, *renamed]].rename(columns=renamed), "left", on=keys)
    return table[list(MATCHED_COLUMNS)]
