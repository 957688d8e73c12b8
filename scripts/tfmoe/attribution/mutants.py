"""Embed all single mutants of a sequence with the ConvNet in one pass instead of one per mutant.

A substitution changes a filter's scores at the positions where the filter covers the mutated base,
as many as the filter is wide, each by the difference of two weights. The global maximum of a mutant
is the largest of the changed scores, the scores before them and the scores after them. Running
maxima give the latter two, so the scores of one pass yield the features of all mutants.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tfmoe.models.backbones.convnet import ConvNet
from tfmoe.models.encoding import one_hot
from tfmoe.models.expert import Expert


def has_fast_mutants(expert: nn.Module) -> bool:
    """Return whether `embed_mutants` supports a network."""
    return isinstance(expert, Expert) and isinstance(expert.backbone, ConvNet)


def embed_mutants(expert: Expert, windows: Tensor) -> Tensor:
    """Return the embeddings of all single mutants of N windows.

    Parameters
    ----------
    expert
        Expert with a ConvNet backbone.
    windows
        uint8 (N, L) codes.

    Returns
    -------
    Tensor
        float32 (N, 4, L, E): embedding with each of the four bases at each position.
    """
    if not isinstance(expert.backbone, ConvNet):
        raise TypeError(f"the backbone is a {type(expert.backbone).__name__}, expected a ConvNet")
    features = mutate_convnet(expert.backbone, one_hot(windows))
    embeddings: Tensor = expert.norm(expert.projection(features))
    return embeddings


def mutate_convnet(backbone: ConvNet, inputs: Tensor) -> Tensor:
    """Return the features (N, 4, L, F) of all single mutants of one-hot sequences (N, 4, L)."""
    length = inputs.shape[2]
    weight = backbone.convolution.weight
    width = weight.shape[2]
    # contiguous along the sequence, as in the operations below
    scores = backbone.convolution(backbone.padding(inputs)).contiguous()
    # reverse the filters: the first changed score has the mutated base at the filter's last
    # position
    filters = weight.flip(2).permute(2, 0, 1).contiguous()  # (width, filters, 4)
    best = scores.new_full((), -torch.inf)
    gained = scores.new_zeros(())
    for step in range(width):
        old = scores[:, :, step : step + length]
        # replace the weight of the observed base by that of each base: (N, 4, filters, L)
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
    """Return the best scores (N, filters, L) before and after those changed by each position."""
    nothing = scores.new_full((*scores.shape[:2], 1), -torch.inf)
    before = torch.cat([nothing, scores[:, :, : length - 1].cummax(2).values], 2)
    after = scores[:, :, width:].flip(2).cummax(2).values.flip(2)
    return before, torch.cat([after, nothing], 2)
