"""Members and mixtures as plain torch modules, for tangermeme, captum and tf-modisco."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from tfmoe.application.model.query import seed_mean
from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.core.errors import InputError
from tfmoe.models.checkpoints import load_expert, load_mixture
from tfmoe.models.layers import MaxPool

if TYPE_CHECKING:
    from tfmoe.application.model.model import Model, Query


class SingleTarget(nn.Module):
    """A network with one target per sequence.

    Its pools are torch's own, with the same values: tangermeme's DeepLIFT knows no subclasses. It
    has no rule for the layer normalisation of the embedding either, and warns about that.

    Parameters
    ----------
    network
        Maps one-hot sequences, float32 (B, 4, L), to logits (B,). Its pools are replaced.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        _replace_pools(network)
        self.network = network

    def forward(self, sequences: Tensor) -> Tensor:
        """Return logits (B, 1) of sequences (B, 4, L)."""
        logits: Tensor = self.network(sequences)
        return logits.unsqueeze(1)


def _replace_pools(network: nn.Module) -> None:
    for parent in list(network.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, MaxPool):
                pool = nn.MaxPool1d(layer.kernel_size, ceil_mode=layer.ceil_mode)
                setattr(parent, name, pool)


class Answer(nn.Module):
    """The answer of a mixture to a query: the mean of its calibrated logits over the seeds.

    K-mers and matrices have no gradients, so this module has none. It serves methods that compare
    sequences: in-silico mutagenesis, marginalisation, ablation.

    Parameters
    ----------
    model
        The mixture.
    query
        The question, from `Model.query`.
    """

    def __init__(self, model: Model, query: Query) -> None:
        super().__init__()
        self.model = model
        self.query = query

    @torch.no_grad()
    def forward(self, sequences: Tensor) -> Tensor:
        """Return logits (B, 1) of one-hot sequences (B, 4, L).

        A column that is not one-hot, such as 0.25 in each row, is an unknown base.
        """
        logits = self.model.logits(decode_one_hot(sequences), self.query)
        return torch.from_numpy(seed_mean(logits)).unsqueeze(1).to(sequences.device)


def decode_one_hot(sequences: Tensor) -> Codes:
    """Return the codes, uint8 (B, L), of one-hot sequences (B, 4, L)."""
    largest, codes = sequences.max(dim=1)
    return torch.where(largest == 1, codes, UNKNOWN).to(torch.uint8).cpu().numpy()


def network_module(model: Model, name: str, seed: int) -> nn.Module:
    """Return a network or the mixture that learns of no factor, in evaluation mode.

    Parameters
    ----------
    model
        The model that it belongs to.
    name
        ``moe``, a network such as ``pooled``, in the mixture's pool or outside of it, or the name
        of one in tables, such as ``expert_CTCF``.
    seed
        The training seed.

    Raises
    ------
    InputError
        If there is no network of this name, or no such seed.
    """
    checkpoints = model.checkpoints(seed)
    recipe = checkpoints.recipes[0]
    outside = dict(zip(model.manifest.outside_pool, checkpoints.pooled, strict=True))
    folders = recipe.pool | outside
    members = {own: member for member, own in recipe.models.experts.items()}
    if name == recipe.models.mixture:
        return SingleTarget(load_mixture(recipe.mixture, recipe.pool)).to(model.device).eval()
    member = members.get(name, name)
    if member not in folders:
        known = ", ".join([recipe.models.mixture, *folders])
        raise InputError(f"{model.folder}: found no network {name}, expected one of {known}")
    return SingleTarget(load_expert(folders[member])).to(model.device).eval()
