"""Scores of windows by all networks and gapped k-mer models of the conditioned mixture."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from tfmoe.core.dna import Codes
from tfmoe.core.sliding import Windows
from tfmoe.core.vocabulary import EXPERT, POOLED
from tfmoe.models.checkpoints import load_expert
from tfmoe.models.conditioned.scores import Floats, MemberScores
from tfmoe.models.gkm import GappedKmerModel
from tfmoe.models.prediction import Scores, predict


@dataclass(frozen=True)
class KmerLogits:
    """Logits of n windows by the gapped k-mer models.

    Attributes
    ----------
    each
        Logits (n,) of each expert's model; empty if the run fits none.
    pooled
        Logits (n,) of a pooled model, or `None`.
    """

    each: dict[str, Floats]
    pooled: Floats | None


@dataclass(frozen=True)
class KmerModels:
    """The gapped k-mer models of a run.

    Attributes
    ----------
    specialists
        One model per expert.
    pooled
        The model of all training factors, and one without each of them, named as the pooled
        networks are. Its words are those of `specialists`.
    """

    specialists: GappedKmerModel
    pooled: GappedKmerModel

    def logits(self, codes: Windows, generalist: str = POOLED) -> KmerLogits:
        """Return the logits of windows by each expert's model and the pooled one `generalist`."""
        index = self.pooled.experts.index(generalist)
        joined = self.specialists.joined(self.pooled.select([index]))
        logits = joined.score_all(codes).astype(np.float64).T
        each = dict(zip(self.specialists.experts, logits, strict=False))
        return KmerLogits(each, logits[-1])

    def of_experts(self, names: Collection[str]) -> KmerModels:
        """Return the models of some experts, and all pooled ones."""
        chosen = [index for index, name in enumerate(self.specialists.experts) if name in names]
        return KmerModels(self.specialists.select(chosen), self.pooled)

    def baseline(self, logits: KmerLogits, own: str | None) -> Scores:
        """Return the scores (n,) of the model ``gkm``, as `GappedKmerModel.score` does."""
        if own is not None:
            return logits.each[own].astype(np.float32)
        stacked = np.stack(list(logits.each.values()), axis=1).astype(np.float32)
        mean: Scores = self.specialists.standardise(stacked).mean(axis=1)
        return mean


def kmer_logits(models: KmerModels | None, codes: Windows, generalist: str = POOLED) -> KmerLogits:
    """Return the logits of windows by the models, or none if there are no models."""
    return KmerLogits({}, None) if models is None else models.logits(codes, generalist)


def scored_members(
    codes: Windows, columns: dict[str, Scores], generalist: Scores, kmers: KmerLogits
) -> MemberScores:
    """Gather the scores of a seed's models.

    Parameters
    ----------
    codes
        The windows, uint8 (n, L), or those of a long sequence.
    columns
        Logits (n,) by model; the experts of the run's own recipe have the prefix ``expert_``.
    generalist
        Mean logits (n,) of the pooled networks of the mixture's pool.
    kmers
        Logits of the gapped k-mer models.
    """
    networks = {
        model.removeprefix(EXPERT): np.asarray(values, dtype=np.float64)
        for model, values in columns.items()
        if model.startswith(EXPERT)
    }
    return MemberScores(codes, networks, generalist.astype(np.float64), kmers.each, kmers.pooled)


def network_logits(folder: Path, codes: Codes, batch_size: int, device: torch.device) -> Floats:
    """Return the logits (n,) of one network."""
    return predict(load_expert(folder), codes, batch_size, device).astype(np.float64)
