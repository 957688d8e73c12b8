"""Logits of the conditioned mixture alone, by the few models that it needs for a factor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from tfmoe.core.sliding import Windows
from tfmoe.models.conditioned.columns import ConditionedModels
from tfmoe.models.conditioned.evidence import Evidence
from tfmoe.models.conditioned.library import kmer_logits
from tfmoe.models.conditioned.scores import Floats, MemberScores, kind_scores
from tfmoe.models.prediction import Scores, predict
from tfmoe.models.seed_scores import SeedModels


def factor_logits(
    conditioned: ConditionedModels,
    evidence: Evidence,
    networks: Sequence[SeedModels],
    windows: Windows,
    batch_size: int,
    device: torch.device,
) -> Scores:
    """Score windows by the conditioned mixture.

    Only generalists and the experts of the factor and of those that resemble it are computed. The
    logits are those of `ConditionedModels.score`, which computes and returns all members.

    Parameters
    ----------
    conditioned
        The conditioned mixture.
    evidence
        What is known of the factor that is asked about.
    networks
        Networks and mixtures, by training seed.
    windows, batch_size, device
        As for `tfmoe.models.prediction.predict`.

    Returns
    -------
    ndarray
        float32 (n, seeds).
    """

    def score(network: torch.nn.Module) -> Floats:
        return predict(network, windows, batch_size, device).astype(np.float64)

    kmers = conditioned.kmers
    own = None if kmers is None else kmers.of_experts(evidence.specialists)
    scored = kmer_logits(own, windows)
    columns = []
    for models in networks:
        specialists = {
            name: score(network)
            for name, network in models.experts().items()
            if name in evidence.specialists
        }
        generalist = np.mean([score(network) for network in models.generalists()], axis=0)
        members = MemberScores(windows, specialists, generalist, scored.each, scored.pooled)
        kinds = kind_scores(members, conditioned.reference(models.seed), evidence)
        columns.append(conditioned.mixture.logits(kinds, evidence))
    return np.stack(columns, axis=1).astype(np.float32)
