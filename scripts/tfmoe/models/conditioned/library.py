"""Scores of windows by all networks and gapped k-mer models of the conditioned mixture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from tfmoe.core.dna import Codes
from tfmoe.core.vocabulary import EXPERT, POOLED
from tfmoe.models.checkpoints import load_expert
from tfmoe.models.conditioned.scores import Floats, MemberScores
from tfmoe.models.gkm import GappedKmerModel
from tfmoe.models.prediction import Scores, predict


@dataclass(frozen=True)
class KmerModels:
    """The gapped k-mer models of a run.

    Attributes
    ----------
    specialists
        One model per expert.
    pooled
        The model of all training factors, and one without each of them, named as the pooled
        networks are.
    """

    specialists: GappedKmerModel
    pooled: GappedKmerModel


def kmer_scores(
    models: KmerModels | None, codes: Codes, generalist: str = POOLED
) -> tuple[dict[str, Floats], Floats | None]:
    """Return the logits (n,) of each expert's model and of the pooled one named `generalist`."""
    if models is None:
        return {}, None
    logits = models.specialists.score_all(codes).astype(np.float64)
    each = dict(zip(models.specialists.experts, logits.T, strict=True))
    return each, models.pooled.score(codes, generalist).astype(np.float64)


def scored_members(
    codes: Codes, columns: dict[str, Scores], generalist: Scores, kmers: KmerModels | None
) -> MemberScores:
    """Gather the scores of a seed's models.

    Parameters
    ----------
    codes
        The windows, uint8 (n, L).
    columns
        Logits (n,) by model; the experts of the run's own recipe have the prefix ``expert_``.
    generalist
        Mean logits (n,) of the pooled networks of the mixture's pool.
    kmers
        The gapped k-mer models, if there are any.
    """
    each, pooled = kmer_scores(kmers, codes)
    networks = {
        model.removeprefix(EXPERT): np.asarray(values, dtype=np.float64)
        for model, values in columns.items()
        if model.startswith(EXPERT)
    }
    return MemberScores(codes, networks, generalist.astype(np.float64), each, pooled)


def network_logits(folder: Path, codes: Codes, batch_size: int, device: torch.device) -> Floats:
    """Return the logits (n,) of one network."""
    return predict(load_expert(folder), codes, batch_size, device).astype(np.float64)
