"""Predictions: logits and gate weights of sequences, computed batch by batch on the device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tfmoe.core.dna import Codes
from tfmoe.core.sliding import SlidingWindows, Windows
from tfmoe.models.encoding import one_hot
from tfmoe.models.moe import ExpertOutputs, Mixture
from tfmoe.models.sliding.networks import sliding_logits, sliding_outputs

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class MixturePredictions:
    """Predictions of a mixture and its experts for N sequences.

    Attributes
    ----------
    mixture
        Logits, float32 (N,).
    experts
        Each expert's own logits, float32 (N, n), columns in the order of the mixture's experts.
    gate
        Gate weights, float32 (N, n).
    """

    mixture: Scores
    experts: Scores
    gate: Scores


def batches(codes: Codes, batch_size: int, device: torch.device) -> Iterator[Tensor]:
    """Yield codes (N, L) in order as one-hot batches (B, 4, L), made on the device."""
    for start in range(0, len(codes), batch_size):
        batch = np.ascontiguousarray(codes[start : start + batch_size])
        yield one_hot(torch.from_numpy(batch).to(device))


def predict(model: nn.Module, codes: Windows, batch_size: int, device: torch.device) -> Scores:
    """Return a model's logits.

    Parameters
    ----------
    model
        Maps one-hot (B, 4, L) to logits (B,). It is moved to `device` and to evaluation mode.
    codes
        Shape (N, L), uint8, or the windows of a long sequence, which share work
        (`tfmoe.models.sliding`).
    batch_size
        Sequences per batch; it bounds the memory.
    device
        Device to compute on.

    Returns
    -------
    ndarray
        Shape (N,), float32.
    """
    model.to(device).eval()
    with torch.inference_mode():
        logits = (
            sliding_logits(model, codes, batch_size, device)
            if isinstance(codes, SlidingWindows)
            else (model(batch) for batch in batches(codes, batch_size, device))
        )
        parts = [values.cpu().numpy() for values in logits]
    return np.concatenate([np.zeros(0, dtype=np.float32), *parts])


def predict_mixture(
    mixture: Mixture, codes: Windows, batch_size: int, device: torch.device
) -> MixturePredictions:
    """Return logits and gate weights of a mixture and its experts, in one pass per expert.

    Parameters and shapes are as for `predict`; the memory is bounded by the batch. For a fine-tuned
    mixture, the experts' logits are those of its own, fine-tuned experts.
    """
    mixture.to(device).eval()
    experts = len(mixture.expert_names)
    parts = []
    with torch.inference_mode():
        for outputs in _expert_outputs(mixture, codes, batch_size, device):
            weights = mixture.head.weigh(outputs)
            logits = mixture.reduce(mixture.head.combine(outputs, weights)).unsqueeze(1)
            columns = [logits, mixture.reduce(outputs.logits), mixture.reduce(weights)]
            parts.append(torch.cat(columns, dim=1).cpu().numpy())
    table = np.concatenate([np.zeros((0, 1 + 2 * experts), dtype=np.float32), *parts])
    return MixturePredictions(table[:, 0], table[:, 1 : 1 + experts], table[:, 1 + experts :])


def _expert_outputs(
    mixture: Mixture, codes: Windows, batch_size: int, device: torch.device
) -> Iterator[ExpertOutputs]:
    if isinstance(codes, SlidingWindows):
        return sliding_outputs(mixture, codes, batch_size, device)
    return (mixture.run_experts(batch) for batch in batches(codes, batch_size, device))
