"""What the motifs of filters match, in one table; this module needs no torch."""

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


# what is told of a match, by the name of its column in the table of matches
_TOLD = {
    "matrix_id": "matrix",
    "name": "name",
    "rank": "rank",
    "q": "q",
    "independent": "independent",
}


@dataclass(frozen=True)
class Subject:
    """One pair of experiment and model, with the experiment's row of the table."""

    experiment: str
    factor: str
    role: str
    family: str
    model: str


@dataclass(frozen=True, eq=False)
class ReadFilters:
    """The motifs of one network's filters.

    Attributes
    ----------
    subject
        Whose they are.
    table
        The content of ``filters.tsv``, `FILTER_COLUMNS`.
    motifs
        Probabilities (4, W) by filter.
    """

    subject: Subject
    table: pd.DataFrame
    motifs: dict[str, Matrix4]


def filter_table(filters: Sequence[ReadFilters], matches: pd.DataFrame) -> pd.DataFrame:
    """List all filters with the best of all matrices, and of the own and the family's ones.

    Parameters
    ----------
    filters
        The filters of all networks.
    matches
        Their rows of `tfmoe.motifs.matching.match_table`.

    Returns
    -------
    DataFrame
        `MATCHED_COLUMNS`, filters of a network by falling ``correlation``; ``family_*`` is missing
        where the factor has no such matrix.
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
        told = {column: f"{prefix}_{short}" for column, short in _TOLD.items()}
        table = table.merge(rows[[*keys, *told]].rename(columns=told), "left", on=keys)
    return table[list(MATCHED_COLUMNS)]
