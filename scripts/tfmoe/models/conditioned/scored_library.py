"""The library of scores that an adapted mixture weighs anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tfmoe.core.dna import Codes
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


@dataclass(frozen=True, eq=False)
class MatrixBank:
    """All matrices of a release but those of the factor that is asked about.

    Attributes
    ----------
    names
        Their ids.
    weights
        Their log-odds.
    background
        The background windows, uint8 (m, L).
    """

    names: tuple[str, ...]
    weights: tuple[Weights, ...]
    background: Codes

    @classmethod
    def without(
        cls, evidence: Evidence, matrices: Sequence[Matrix], background: Codes
    ) -> MatrixBank:
        """Gather the matrices that are no longer than the window and not the factor's own."""
        own = {matrix.matrix_id for matrix in evidence.matrices}
        window = background.shape[1]
        kept = [one for one in matrices if one.matrix_id not in own and one.length <= window]
        return cls(
            tuple(matrix.matrix_id for matrix in kept),
            tuple(log_odds(matrix.probabilities) for matrix in kept),
            background,
        )

    @cached_property
    def reference(self) -> Floats:
        """Best hits in the background windows, (m, matrices)."""
        return scan_bank(self.background, self.weights).astype(np.float64)

    def scores(self, codes: Windows) -> Floats:
        """Return standardised best hits, (n, matrices)."""
        found = Scaled(scan_bank(codes, self.weights).astype(np.float64), self.reference)
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
    hits = bank.scores(scores.codes)
    zero_shot, blocks = score_blocks(scores, background, mixture, evidence, hits)
    counts = count_gapped_kmers(window_rows(scores.codes), *kmer)
    return Library(zero_shot, blocks, counts)


def score_blocks(
    scores: MemberScores,
    background: MemberScores,
    mixture: ConditionedMixture,
    evidence: Evidence,
    hits: Floats,
) -> tuple[Floats, dict[str, Floats]]:
    """Return the logits (n,) of the mixture without peaks, and the blocks of the library.

    Parameters
    ----------
    scores, background, mixture, evidence
        As for `build_library`.
    hits
        Standardised best hits of the bank, (n, matrices).
    """
    kinds = kind_scores(scores, background, evidence)
    blocks = {
        KINDS: np.stack([kinds[kind] for kind in Member if kind in kinds], axis=1),
        LIBRARY: _each_member(scores, background, evidence),
        BANK: hits,
    }
    return mixture.logits(kinds, evidence), blocks


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
