"""The library of scores that an adapted mixture weighs anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tfmoe.core.sliding import Windows, window_rows
from tfmoe.jaspar.bank import scan_bank
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.scanning import Weights, log_odds
from tfmoe.models.conditioned.adaptation import BANK, KINDS, LIBRARY, Library
from tfmoe.models.conditioned.evidence import Evidence
from tfmoe.models.conditioned.model import ConditionedMixture
from tfmoe.models.conditioned.scores import (
    Floats,
    Member,
    MemberScores,
    Scaled,
    kind_scores,
    matrix_hits,
)
from tfmoe.models.gkm_features import count_gapped_kmers


@dataclass(frozen=True)
class MatrixBank:
    """Log-odds of all matrices of a release but those of the factor that is asked about."""

    weights: tuple[Weights, ...]

    @classmethod
    def without(cls, evidence: Evidence, matrices: Sequence[Matrix], window: int) -> MatrixBank:
        """Gather the matrices that are no longer than the window and not the factor's own."""
        own = {matrix.matrix_id for matrix in evidence.matrices}
        return cls(
            tuple(
                log_odds(matrix.probabilities)
                for matrix in matrices
                if matrix.matrix_id not in own and matrix.length <= window
            )
        )

    def scores(self, codes: Windows, background: Windows) -> Floats:
        """Return standardised best hits, (n, matrices)."""
        found = Scaled(
            scan_bank(codes, self.weights).astype(np.float64),
            scan_bank(background, self.weights).astype(np.float64),
        )
        return found.standardised().windows


def build_library(
    scores: MemberScores,
    background: MemberScores,
    mixture: ConditionedMixture,
    evidence: Evidence,
    bank: MatrixBank,
    kmer: tuple[int, int],
) -> Library:
    """Gather the library of one factor for windows.

    Parameters
    ----------
    scores, background
        Scores of the n windows and of the background windows by all members.
    mixture
        The conditioned mixture.
    evidence
        What is known of the factor.
    bank
        All other matrices.
    kmer
        Length of the gapped k-mers and number of their informative positions.
    """
    kinds = kind_scores(scores, background, evidence)
    blocks = {
        KINDS: np.stack([kinds[kind] for kind in Member if kind in kinds], axis=1),
        LIBRARY: _each_member(scores, background, evidence),
        BANK: bank.scores(scores.codes, background.codes),
    }
    counts = count_gapped_kmers(window_rows(scores.codes), *kmer)
    return Library(mixture.logits(kinds, evidence), blocks, counts)


def _each_member(scores: MemberScores, background: MemberScores, evidence: Evidence) -> Floats:
    """Return the standardised scores of each expert, k-mer model, generalist and own matrix."""
    columns = [
        *_columns(scores.networks, background.networks),
        Scaled(scores.generalist, background.generalist),
        *_columns(scores.kmers, background.kmers),
    ]
    if scores.pooled_kmers is not None and background.pooled_kmers is not None:
        columns.append(Scaled(scores.pooled_kmers, background.pooled_kmers))
    parts = [np.stack([column.standardised().windows for column in columns], axis=1)]
    if evidence.matrices:
        parts.append(matrix_hits(scores.codes, background.codes, evidence).standardised().windows)
    return np.concatenate(parts, axis=1)


def _columns(scores: Mapping[str, Floats], background: Mapping[str, Floats]) -> list[Scaled]:
    return [Scaled(values, background[name]) for name, values in scores.items()]
