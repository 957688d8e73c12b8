"""Scores of the members of the conditioned mixture, on one scale.

Every score is standardised by its mean and standard deviation on background windows: negatives of
the training factors from the split ``gate``. So one sequence that is scored alone gets the number
that it gets among thousands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.sliding import Windows, window_part
from tfmoe.jaspar.bank import scan_bank
from tfmoe.jaspar.scanning import log_odds
from tfmoe.models.conditioned.evidence import Evidence

Floats = NDArray[np.float64]


class Member(StrEnum):
    """Kinds of members of the conditioned mixture, in the order in which they are reported."""

    NETWORKS = "networks"
    KMERS = "kmers"
    MATRIX = "matrix"


@dataclass(frozen=True)
class MemberScores:
    """Scores of n windows by everything that does not depend on the factor asked about.

    Attributes
    ----------
    codes
        The windows, uint8 (n, L), or those of a long sequence.
    networks
        Logits (n,) of each expert.
    generalist
        Mean logits (n,) of the pooled networks.
    kmers
        Logits (n,) of each expert's gapped k-mer model; empty if the run fits none.
    pooled_kmers
        Logits (n,) of the gapped k-mer model of all training factors, or `None`.
    """

    codes: Windows
    networks: Mapping[str, Floats]
    generalist: Floats
    kmers: Mapping[str, Floats]
    pooled_kmers: Floats | None

    def part(self, first: int, last: int) -> MemberScores:
        """Return the scores of the windows with the numbers `first` to `last` - 1."""
        rows = slice(first, last)
        pooled = None if self.pooled_kmers is None else self.pooled_kmers[rows]
        return MemberScores(
            window_part(self.codes, first, last),
            {name: values[rows] for name, values in self.networks.items()},
            self.generalist[rows],
            {name: values[rows] for name, values in self.kmers.items()},
            pooled,
        )


@dataclass(frozen=True)
class Scaled:
    """Scores of windows and of the background windows, before or after standardisation."""

    windows: Floats
    background: Floats

    def standardised(self) -> Scaled:
        """Return both, with mean 0 and standard deviation 1 on the background windows."""
        mean, spread = self.background.mean(axis=0), self.background.std(axis=0)
        spread = np.where(spread > 0, spread, 1.0)
        return Scaled((self.windows - mean) / spread, (self.background - mean) / spread)

    def plus(self, other: Scaled, weight: float = 1.0) -> Scaled:
        """Return the sum, with a weight of the second."""
        return Scaled(
            self.windows + weight * other.windows, self.background + weight * other.background
        )


def kind_scores(
    scores: MemberScores, background: MemberScores, evidence: Evidence
) -> dict[Member, Floats]:
    """Return the standardised score (n,) of each kind of member for one factor.

    Networks and gapped k-mers work alike: the standardised score of the generalist, trained on all
    training factors, plus the weighted mean of the standardised scores of the specialists, each
    trained on a factor that is the one asked about or resembles it, times the largest of their
    weights; standardised again. The matrix is the mean over the factor's matrices of the best hit.

    Parameters
    ----------
    scores
        Scores of the windows.
    background
        Scores of the background windows by the same members.
    evidence
        What is known of the factor.

    Returns
    -------
    dict
        Kinds that cannot score, such as the matrix of a factor without one, are missing.
    """
    generalist = Scaled(scores.generalist, background.generalist)
    found = {
        Member.NETWORKS: _with_specialists(
            generalist, scores.networks, background.networks, evidence.specialists
        )
    }
    if scores.pooled_kmers is not None and background.pooled_kmers is not None:
        found[Member.KMERS] = _with_specialists(
            Scaled(scores.pooled_kmers, background.pooled_kmers),
            scores.kmers,
            background.kmers,
            evidence.specialists,
        )
    if evidence.matrices:
        hits = matrix_hits(scores.codes, background.codes, evidence).standardised()
        mean = Scaled(hits.windows.mean(axis=1), hits.background.mean(axis=1))
        found[Member.MATRIX] = mean.standardised().windows
    return found


def matrix_hits(codes: Windows, background: Windows, evidence: Evidence) -> Scaled:
    """Return the best hits in bits, (n, matrices), of the factor's matrices."""
    weights = [log_odds(matrix.probabilities) for matrix in evidence.matrices]
    return Scaled(
        scan_bank(codes, weights).astype(np.float64),
        scan_bank(background, weights).astype(np.float64),
    )


def _with_specialists(
    generalist: Scaled,
    windows: Mapping[str, Floats],
    background: Mapping[str, Floats],
    weights: Mapping[str, float],
) -> Floats:
    """Return the standardised sum of a generalist and the specialists of a factor."""
    total = generalist.standardised()
    used = {name: weight for name, weight in weights.items() if name in windows}
    # weights sum to the largest of them, so that two resembling experts count as one
    norm = max(used.values(), default=0.0) / max(sum(used.values()), 1e-12)
    for name, weight in used.items():
        specialist = Scaled(windows[name], background[name]).standardised()
        total = total.plus(specialist, weight * norm)
    return total.standardised().windows
