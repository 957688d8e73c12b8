"""Embeddings of all single mutants of a sequence by the ConvNet, without a pass for each.

A substitution changes the scores of the windows of a filter that hold its position, as many as the
filter is wide, and each by the difference of two weights. The global maximum is the largest of the
changed scores, of those before and of those behind them, and the latter two are running maxima. So
the scores of one pass give the features of all mutants.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tfmoe.models.backbones.convnet import ConvNet
from tfmoe.models.encoding import one_hot
from tfmoe.models.expert import Expert


def has_quick_mutants(expert: nn.Module) -> bool:
    """Tell whether `embed_mutants` works for a network."""
    return isinstance(expert, Expert) and isinstance(expert.backbone, ConvNet)


def embed_mutants(expert: Expert, windows: Tensor) -> Tensor:
    """Return the embeddings of all mutants of N windows.

    Parameters
    ----------
    expert
        Its backbone is a ConvNet.
    windows
        uint8 (N, L) codes.

    Returns
    -------
    Tensor
        float32 (N, 4, L, E): with each of the four bases at each position.
    """
    if not isinstance(expert.backbone, ConvNet):
        raise TypeError(f"{type(expert.backbone).__name__} is no ConvNet")
    features = mutate_convnet(expert.backbone, one_hot(windows))
    embeddings: Tensor = expert.norm(expert.projection(features))
    return embeddings


def mutate_convnet(backbone: ConvNet, inputs: Tensor) -> Tensor:
    """Return the features (N, 4, L, F) of all mutants of one-hot sequences (N, 4, L)."""
    length = inputs.shape[2]
    weight = backbone.convolution.weight
    width = weight.shape[2]
    # along the sequence, as all that follows is
    scores = backbone.convolution(backbone.padding(inputs)).contiguous()
    # positions of a filter from its last: the mutated base lies there in the first changed window
    filters = weight.flip(2).permute(2, 0, 1).contiguous()  # (width, filters, 4)
    best = scores.new_full((), -torch.inf)
    gained = scores.new_zeros(())
    for step in range(width):
        old = scores[:, :, step : step + length]
        # score without the base that is there, and with each of the four: (N, 4, filters, L)
        new = (old - filters[step] @ inputs).unsqueeze(1) + filters[step].t().unsqueeze(2)
        best = torch.maximum(best, new)
        if backbone.average is not None:
            gained = gained + backbone.activation(new) - backbone.activation(old).unsqueeze(1)
    around = torch.maximum(*_best_around(scores, length, width))
    features: Tensor = backbone.activation(torch.maximum(best, around.unsqueeze(1)))
    if backbone.average is not None:
        total = backbone.activation(scores).sum(2, keepdim=True).unsqueeze(1)
        features = torch.cat([features, (total + gained) / scores.shape[2]], dim=2)
    return features.transpose(2, 3)


def _best_around(scores: Tensor, length: int, width: int) -> tuple[Tensor, Tensor]:
    """Return the best scores (N, filters, L) before and behind those that a position changes."""
    nothing = scores.new_full((*scores.shape[:2], 1), -torch.inf)
    before = torch.cat([nothing, scores[:, :, : length - 1].cummax(2).values], 2)
    behind = scores[:, :, width:].flip(2).cummax(2).values.flip(2)
    return before, torch.cat([behind, nothing], 2)
