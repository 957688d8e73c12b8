"""A mixture adapted to one factor, of all training seeds, applied to any number of windows.

Its logits are those of `tfmoe.models.conditioned.adaptation.AdaptedMixture`. Windows are scored in
pieces, and without a table of their gapped k-mers, which would take gigabytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.sliding import window_rows
from tfmoe.models.conditioned.adaptation import (
    AdaptedMixture,
    Library,
    adapt,
    held_out_logits,
    kmer_covariance,
    prior_covariance,
)
from tfmoe.models.conditioned.columns import ConditionedModels
from tfmoe.models.conditioned.evidence import Evidence
from tfmoe.models.conditioned.scored_library import MatrixBank, score_blocks
from tfmoe.models.conditioned.scores import Floats, MemberScores
from tfmoe.models.gkm_features import count_gapped_kmers, score_gapped_kmers

# windows scored at once: the bank's scores of one piece take some 30 MB
_PIECE = 4096
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class AdaptedMixtures:
    """The mixtures of all training seeds, adapted to a factor.

    Attributes
    ----------
    evidence
        What was known of the factor.
    by_seed
        The mixture of each training seed.
    kmer
        Length of the gapped k-mers and number of their informative positions.
    bank
        The matrices of the release without the factor's own.
    """

    evidence: Evidence
    by_seed: Mapping[int, AdaptedMixture]
    kmer: tuple[int, int]
    bank: MatrixBank

    def logits(
        self, members: Mapping[int, MemberScores], models: ConditionedModels
    ) -> dict[int, Floats]:
        """Return logits (n,) of windows, by training seed.

        Parameters
        ----------
        members
            Scores of the same n windows by all members, by training seed.
        models
            The conditioned mixture.
        """
        number = len(next(iter(members.values())).codes)
        found = {seed: np.empty(number) for seed in self.by_seed}
        for start in range(0, number, _PIECE):
            end = min(start + _PIECE, number)
            parts = {seed: scores.part(start, end) for seed, scores in members.items()}
            for seed, logits in self._score_piece(parts, models).items():
                found[seed][start:end] = logits
        return found

    def _score_piece(
        self, members: Mapping[int, MemberScores], models: ConditionedModels
    ) -> dict[int, Floats]:
        codes = next(iter(members.values())).codes
        # neither depends on the seed of the networks
        hits = self.bank.scores(codes)
        weights = np.stack([one.kmers for one in self.by_seed.values()]).astype(np.float32)
        kmers = score_gapped_kmers(codes, *self.kmer, weights).astype(np.float64)
        found = {}
        for column, (seed, adapted) in enumerate(self.by_seed.items()):
            zero_shot, blocks = score_blocks(
                members[seed], models.reference(seed), models.mixture, self.evidence, hits
            )
            found[seed] = adapted.add(zero_shot, blocks, kmers[:, column])
        return found


@dataclass(frozen=True)
class FittedMixtures:
    """Mixtures adapted to a factor, and their cross-validation.

    Attributes
    ----------
    mixtures
        The mixtures.
    held_out
        Mean logits (n,) over the seeds, each by mixtures that were fitted without the window and
        those that overlap it.
    """

    mixtures: AdaptedMixtures
    held_out: Floats


def fit_mixtures(
    members: Mapping[int, MemberScores],
    labels: Flags,
    groups: NDArray[np.int64],
    evidence: Evidence,
    models: ConditionedModels,
    kmer: tuple[int, int],
    folds_seed: int,
) -> FittedMixtures:
    """Adapt the mixture of each training seed to labelled windows of a factor.

    Parameters
    ----------
    members
        Scores of the n windows by all members, by training seed.
    labels
        bool (n,): peaks of the factor, and negatives.
    groups
        int64 (n,): `tfmoe.models.conditioned.folds.overlap_groups` of the windows.
    evidence
        What is known of the factor.
    models
        The conditioned mixture.
    kmer
        Length of the gapped k-mers and number of their informative positions.
    folds_seed
        Seed of the folds of the cross-validation, which are the same for all training seeds.

    Raises
    ------
    InputError
        If there are fewer than `tfmoe.data.adaptation.settings.MIN_PEAKS` peaks, or no negatives.
    """
    bank = MatrixBank.without(evidence, models.tables.matrices, models.background.codes)
    codes = next(iter(members.values())).codes
    # these do not depend on the seed of the networks
    hits, counts = bank.scores(codes), count_gapped_kmers(window_rows(codes), *kmer)
    shared = kmer_covariance(counts)
    fitted, held_out = {}, []
    for seed, scores in members.items():
        own = score_blocks(scores, models.reference(seed), models.mixture, evidence, hits)
        library = Library(*own, counts)
        kernel = prior_covariance(library, shared)
        fitted[seed] = adapt(library, labels, kernel)
        rng = np.random.default_rng(folds_seed)
        # the intercept makes them comparable with the mixture's logits
        without = held_out_logits(library, labels, groups, rng, kernel)
        held_out.append(without + fitted[seed].intercept)
    mixtures = AdaptedMixtures(evidence, fitted, kmer, bank)
    return FittedMixtures(mixtures, np.mean(held_out, axis=0))
