"""In-silico mutagenesis: what each single substitution does to the logit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tfmoe.attribution.gradients import check_logits, logits_of
from tfmoe.attribution.mutants import embed_mutants, has_quick_mutants
from tfmoe.core.dna import UNKNOWN
from tfmoe.models.encoding import one_hot
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.moe import ExpertOutputs, Mixture

BLOCK = 64  # sequences whose substitutions are listed at a time: bounds the list, not the passes
QUICK_SIZE = 16  # windows whose memory one takes with all its mutants, computed quickly


def in_silico_mutagenesis(model: nn.Module, windows: Tensor, batch_size: int) -> Tensor:
    """Compute centred in-silico mutagenesis of N windows, with all substitutions of each.

    The value of base b at a position is the logit with b there, minus the mean of the logits with
    each of the four: the same centring as that of a corrected gradient, so that neither has an
    advantage when they are compared. An unknown base is replaced by each of the four.

    Parameters
    ----------
    model
        Takes one-hot float32 (B, 4, L), gives logits (B,).
    windows
        uint8 (N, L) codes.
    batch_size
        Substituted windows a pass.

    Returns
    -------
    Tensor
        float32 (N, 4, L).
    """
    rows, length = windows.shape
    maps = torch.empty((rows, 4, length), device=windows.device)
    with torch.no_grad():
        for start in range(0, rows, BLOCK):
            block = windows[start : start + BLOCK]
            maps[start : start + BLOCK] = _substitute(model, block, batch_size)
    centred: Tensor = maps - maps.mean(dim=1, keepdim=True)
    return centred


def reverse_complement(codes: Tensor) -> Tensor:
    """Return the other strand of codes uint8 (N, L)."""
    turned = codes.flip(1)
    return torch.where(turned < UNKNOWN, 3 - turned, turned)


def _substitute(model: nn.Module, windows: Tensor, batch_size: int) -> Tensor:
    """Return logits with each base at each position, float32 (N, 4, L), less a number a row."""
    if isinstance(model, StrandAveraged):
        forward, reverse = (
            _substitute(model.network, strand, batch_size)
            for strand in (windows, reverse_complement(windows))
        )
        return (forward + reverse.flip(1, 2)) / 2
    if isinstance(model, Expert) and has_quick_mutants(model):
        return _in_blocks(_substitute_quickly, model, windows, batch_size)
    if isinstance(model, Mixture) and all(has_quick_mutants(one) for one in model.experts):
        return _in_blocks(_substitute_in_mixture, model, windows, batch_size)
    return _substitute_one_by_one(model, windows, batch_size)


def _substitute_quickly(expert: Expert, windows: Tensor) -> Tensor:
    embeddings = embed_mutants(expert, windows).flatten(0, 2)
    return expert.classify(embeddings).view(-1, 4, windows.shape[1])


def _substitute_in_mixture(mixture: Mixture, windows: Tensor) -> Tensor:
    length, experts = windows.shape[1], [one for one in mixture.experts if isinstance(one, Expert)]
    embeddings = torch.stack([embed_mutants(one, windows) for one in experts], 3)
    if mixture.averages_strands:
        turned = reverse_complement(windows)
        other = torch.stack([embed_mutants(one, turned) for one in experts], 3)
        embeddings = torch.cat([embeddings, other.flip(1, 2)])
    embeddings = embeddings.flatten(0, 2)
    logits = [one.classify(embeddings[:, column]) for column, one in enumerate(experts)]
    outputs = ExpertOutputs(embeddings, torch.stack(logits, 1))
    return mixture.reduce(mixture.head(outputs)).view(-1, 4, length)


def _in_blocks(
    substitute: Callable[[Any, Tensor], Tensor], model: nn.Module, windows: Tensor, batch_size: int
) -> Tensor:
    """Substitute in as many sequences a pass as take the memory of a batch."""
    size = max(1, batch_size // QUICK_SIZE)
    starts = range(0, len(windows), size)
    return torch.cat([substitute(model, windows[start : start + size]) for start in starts])


def _substitute_one_by_one(model: nn.Module, windows: Tensor, batch_size: int) -> Tensor:
    own = logits_of(model, one_hot(windows), batch_size)
    bases = torch.arange(4, dtype=windows.dtype, device=windows.device)[None, :, None]
    different = windows[:, None, :] != bases
    row, base, position = torch.nonzero(different, as_tuple=True)
    changes = torch.zeros(different.shape, device=windows.device)
    for start in range(0, len(row), batch_size):
        part = slice(start, start + batch_size)
        mutated = windows[row[part]]  # indexing copies
        mutated[torch.arange(len(mutated), device=windows.device), position[part]] = base[part].to(
            windows.dtype
        )
        logits = check_logits(model(one_hot(mutated)), len(mutated))
        changes[row[part], base[part], position[part]] = logits - own[row[part]]
    return changes
