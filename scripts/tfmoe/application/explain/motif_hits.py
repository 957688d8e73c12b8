"""Hits of matrices in an explained window, with the contribution that the map has under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tfmoe.jaspar.scanning import UNIFORM, hits_at, log_odds, p_values
from tfmoe.motifs.patterns import information

if TYPE_CHECKING:
    from tfmoe.application.explain.run import Explanation
    from tfmoe.jaspar.matrices import Matrix

P_VALUE = 1e-4
"""Largest p-value of a hit, per placement and strand."""
MOST = 5
"""Largest number of JASPAR's hits."""
LEAST_SUPPORT = 0.1
"""Least support of JASPAR's hits, relative to the largest support of any hit."""
OWN, JASPAR = "factor", "jaspar"
COLUMNS = (
    "chrom", "start", "end", "name", "score", "strand", "matrix_id", "p_value", "support", "source",
)  # fmt: skip
# A matrix whose best placement scores less is not considered. Under a uniform background a score
# of s bits has a p-value of at most 2^-s, so this leaves out matrices of little information only.
_LOWEST = 5.0


@dataclass(frozen=True)
class MotifHit:
    """A placement of a matrix.

    Attributes
    ----------
    matrix_id, name
        Id and name of the matrix.
    start, end
        0-based bases of the window, in reading direction.
    forward
        Whether the matrix reads in the direction of the window.
    score
        Bits.
    p_value
        Probability of this score for a random placement on one strand, uniform background.
    support
        Contributions of the bases, in units of the logit, each times the information content of
        its position of the matrix relative to 2 bits. It is large if the map shows the motif.
    source
        `OWN` for matrices of the factor asked about, otherwise `JASPAR`.
    """

    matrix_id: str
    name: str
    start: int
    end: int
    forward: bool
    score: float
    p_value: float
    support: float
    source: str

    @property
    def rank(self) -> float:
        """Support times -log10 of the p-value; hits are chosen by it."""
        return abs(self.support) * -float(np.log10(max(self.p_value, 1e-300)))

    def overlaps(self, other: MotifHit) -> bool:
        """Return whether two hits share a base."""
        return self.start < other.end and other.start < self.end


def find_hits(
    explanation: Explanation, own: Sequence[Matrix], jaspar: Sequence[Matrix], most: int = MOST
) -> list[MotifHit]:
    """Find the hits to show.

    Parameters
    ----------
    explanation
        The explained window.
    own
        Matrices of the factor asked about; all their hits without overlap are returned, and the
        best placement of each, whatever its p-value, because the score of the matrix is made of it.
    jaspar
        Other matrices, of which those in `own` are left out; their best hits without overlap are
        returned, unless the map is nearly flat there (`LEAST_SUPPORT`).
    most
        Largest number of JASPAR's hits.

    Returns
    -------
    list
        Hits with a p-value of at most `P_VALUE`, except for best placements; the factor's first,
        then JASPAR's, by start. Hits of one source do not overlap each other: of overlapping ones,
        the highest rank is kept.
    """
    known = {matrix.matrix_id for matrix in own}
    found = _hits(explanation, own, OWN)
    others = _hits(explanation, [one for one in jaspar if one.matrix_id not in known], JASPAR)
    least = LEAST_SUPPORT * max((abs(hit.support) for hit in (*found, *others)), default=0.0)
    supported = [hit for hit in others if abs(hit.support) >= least]
    return [*_choose(found, None), *_choose(supported, most)]


def hit_table(explanation: Explanation, hits: Sequence[MotifHit]) -> pd.DataFrame:
    """Return hits as a table with `COLUMNS`: BED6 with genome coordinates and strand, and more."""
    stretch = explanation.stretch
    rows = []
    for hit in hits:
        positions = stretch.positions[hit.start : hit.end]
        strand = "+" if hit.forward == (stretch.strand == "+") else "-"
        place = (stretch.name, int(positions.min()), int(positions.max()) + 1, hit.name, hit.score)
        rows.append((*place, strand, hit.matrix_id, hit.p_value, hit.support, hit.source))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _hits(explanation: Explanation, matrices: Sequence[Matrix], source: str) -> list[MotifHit]:
    contributions = explanation.observed(explanation.total)
    codes = explanation.stretch.core[None]
    found = []
    for matrix in matrices:
        if matrix.length > codes.shape[1]:
            continue
        pwm = log_odds(matrix.probabilities)
        placed = hits_at(codes, pwm, -np.inf if source == OWN else _LOWEST)
        if not len(placed.start):
            continue
        tails = p_values(pwm, placed.score)
        shown = tails <= P_VALUE
        if source == OWN:
            shown[placed.score.argmax()] = True
        weights = information(matrix.probabilities, np.array(UNIFORM)) / 2
        for index in np.flatnonzero(shown):
            start, forward = int(placed.start[index]), bool(placed.strand[index] > 0)
            end = start + matrix.length
            support = float(contributions[start:end] @ (weights if forward else weights[::-1]))
            numbers = (float(placed.score[index]), float(tails[index]), support)
            name = matrix.name or matrix.matrix_id
            found.append(MotifHit(matrix.matrix_id, name, start, end, forward, *numbers, source))
    return found


def _choose(hits: list[MotifHit], most: int | None) -> list[MotifHit]:
    chosen: list[MotifHit] = []
    for hit in sorted(hits, key=lambda hit: (-hit.rank, hit.p_value, hit.matrix_id, hit.start)):
        if len(chosen) == most:
            break
        if not any(hit.overlaps(other) for other in chosen):
            chosen.append(hit)
    return sorted(chosen, key=lambda hit: hit.start)
