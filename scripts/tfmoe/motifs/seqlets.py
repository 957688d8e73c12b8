"""Locate the seqlets of each pattern: genome coordinates (BED) and distance from the summit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, atomic_path
from tfmoe.motifs.patterns import Pattern

if TYPE_CHECKING:
    import pandas as pd

WINDOW_COLUMNS = ("name", "chrom", "start")
BED_COLUMNS = (
    "chrom",
    "start",
    "end",
    "pattern",
    "score",
    "strand",
    "sequence",
    "offset",
    "contribution",
)
_NO_CHROMOSOME = "."  # chromosome of ready sequences


@dataclass(frozen=True)
class Centrality:
    """Distance of a pattern's seqlets from the centre of their windows, where the summits are.

    Attributes
    ----------
    position
        Median position of the motif's centre relative to the window's centre, bp.
    distance
        Median distance between the two centres, bp.
    expected_distance
        Expected distance of uniformly distributed seqlets: half of their reach.
    centrality_p
        One-sided p-value of a binomial test for more than half of the seqlets in the inner half of
        their reach. Seqlets of one sequence are not independent, but few sequences have two.
    """

    position: float
    distance: float
    expected_distance: float
    centrality_p: float


def centrality(pattern: Pattern, length: int) -> Centrality:
    """Measure how central a pattern's seqlets are in sequences of `length` bases."""
    from scipy.stats import binomtest

    positions = pattern.seqlets.start + (pattern.width - length) / 2
    half = pattern.seqlets.reach / 2
    inner = int((np.abs(positions) <= half).sum())
    return Centrality(
        float(np.median(positions)),
        float(np.median(np.abs(positions))),
        half,
        float(binomtest(inner, len(positions), 0.5, alternative="greater").pvalue),
    )


def seqlet_table(
    patterns: Sequence[Pattern], searched: Sequence[str], windows: pd.DataFrame
) -> pd.DataFrame:
    """List the genome coordinates of the motif in each seqlet.

    Parameters
    ----------
    patterns
        The patterns of one discovery.
    searched
        Names of the sequences, in the order of the search.
    windows
        `WINDOW_COLUMNS` of at least these sequences: name, chromosome and start (0-based).

    Returns
    -------
    DataFrame
        `BED_COLUMNS`, 0-based and half-open, sorted by chromosome, start and pattern. For a
        sequence without coordinates ``chrom`` is its name, and ``start`` counts from its first
        base. ``contribution`` is summed over the motif's bases (logits), and ``score`` is 1000
        times its ratio to the pattern's largest contribution, or 0 if it is negative. ``offset`` is
        the 0-based position of the motif in its sequence. ``strand`` refers to the orientation of
        the pattern in the MEME file.

    Raises
    ------
    InputError
        If a sequence is missing from `windows`.
    """
    import pandas as pd

    known = windows.set_index("name")
    missing = [name for name in searched if name not in known.index]
    if missing:
        raise InputError(
            f"the maps contain the sequence {missing[0]}, which is not among the experiment's "
            "sequences; remove the maps and run again"
        )
    chosen = known.loc[list(searched)]
    chroms, origins = chosen["chrom"].to_numpy(), chosen["start"].to_numpy(dtype=np.int64)
    ready = chroms == _NO_CHROMOSOME
    chroms, origins = np.where(ready, searched, chroms), np.where(ready, 0, origins)
    parts = []
    for pattern in patterns:
        found = pattern.seqlets
        first = origins[found.row] + found.start
        parts.append(
            pd.DataFrame(
                {
                    "chrom": chroms[found.row],
                    "start": first,
                    "end": first + pattern.width,
                    "pattern": pattern.name,
                    "score": _scores(found.contribution),
                    "strand": np.where(found.strand > 0, "+", "-"),
                    "sequence": np.asarray(searched, dtype=object)[found.row],
                    "offset": found.start,
                    "contribution": found.contribution,
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=list(BED_COLUMNS))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["chrom", "start", "pattern", "offset"], ignore_index=True)


def write_bed(table: pd.DataFrame, path: Pathlike) -> None:
    """Write a `seqlet_table` as BED6 with three additional columns and without a header."""
    with atomic_path(path) as temporary:
        table.to_csv(
            temporary,
            sep="\t",
            header=False,
            index=False,
            float_format="%.6g",
            lineterminator="\n",
        )


def read_bed(path: Pathlike) -> pd.DataFrame:
    """Read a BED file written by `write_bed`.

    Raises
    ------
    InputError
        If the file is missing or has another number of columns.
    """
    import pandas as pd

    kinds = {"chrom": "str", "pattern": "str", "sequence": "str"}
    try:
        table = pd.read_csv(path, sep="\t", header=None, keep_default_na=False)
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    except pd.errors.EmptyDataError:
        return pd.DataFrame(columns=list(BED_COLUMNS))
    if table.shape[1] != len(BED_COLUMNS):
        raise InputError(
            f"{path}: found {table.shape[1]} columns, expected {len(BED_COLUMNS)}: "
            f"{', '.join(BED_COLUMNS)}; remove it and run again"
        )
    return table.set_axis(list(BED_COLUMNS), axis=1).astype(kinds)


def _scores(contribution: NDArray[np.float64]) -> NDArray[np.int64]:
    largest = contribution.max(initial=0)
    if largest <= 0:
        return np.zeros(len(contribution), dtype=np.int64)
    scores: NDArray[np.int64] = np.rint(1000 * np.clip(contribution / largest, 0, 1)).astype(int)
    return scores
