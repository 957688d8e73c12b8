"""In-silico mutagenesis: the change of the logit for every single-base substitution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tfmoe.attribution.gradients import check_logits, compute_logits
from tfmoe.attribution.mutants import embed_mutants, has_fast_mutants
from tfmoe.core.dna import UNKNOWN
from tfmoe.models.encoding import one_hot
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.moe import ExpertOutputs, Mixture

BLOCK = 64  # sequences whose substitutions are listed at once; independent of the batch size
QUICK_SIZE = 16  # memory of one sequence with all its mutants on the fast path, in windows


def in_silico_mutagenesis(model: nn.Module, windows: Tensor, batch_size: int) -> Tensor:
    """Compute centred in-silico mutagenesis of N windows with all single-base substitutions.

    The value of base b at a position is the logit with b at this position minus the mean logit over
    the four bases. Corrected gradients are centred in the same way, so that neither has an
    advantage in a comparison. An unknown base is replaced by each of the four bases.

    Parameters
    ----------
    model
        Maps one-hot float32 (B, 4, L) to logits (B,).
    windows
        uint8 (N, L) codes.
    batch_size
        Mutated windows per pass.

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
    """Return the reverse complement of codes uint8 (N, L)."""
    turned = codes.flip(1)
    return torch.where(turned < UNKNOWN, 3 - turned, turned)


def _substitute(model: nn.Module, windows: Tensor, batch_size: int) -> Tensor:
    """Return the logits of all mutants, float32 (N, 4, L), up to a constant per sequence."""
    if isinstance(model, StrandAveraged):
        forward, reverse = (
            _substitute(model.network, strand, batch_size)
            for strand in (windows, reverse_complement(windows))
        )
        return (forward + reverse.flip(1, 2)) / 2
    if isinstance(model, Expert) and has_fast_mutants(model):
        return _in_blocks(_substitute_fast, model, windows, batch_size)
    if isinstance(model, Mixture) and all(has_fast_mutants(one) for one in model.experts):
        return _in_blocks(_substitute_in_mixture, model, windows, batch_size)
    return _substitute_one_by_one(model, windows, batch_size)


def _substitute_fast(expert: Expert, windows: Tensor) -> Tensor:
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
    """Process as many sequences per pass as fit into the memory of one batch."""
    size = max(1, batch_size // QUICK_SIZE)
    starts = range(0, len(windows), size)
    return torch.cat([substitute(model, windows[start : start + size]) for start in starts])


def _substitute_one_by_one(model: nn.Module, windows: Tensor, batch_size: int) -> Tensor:
    observed = compute_logits(model, one_hot(windows), batch_size)
    bases = torch.arange(4, dtype=windows.dtype, device=windows.device)[None, :, None]
    different = windows[:, None, :] != bases
    row, base, position = torch.nonzero(different, as_tuple=True)
    changes = torch.zeros(different.shape, device=windows.device)
    for start in range(0, len(row), batch_size):
        part = slice(start, start + batch_size)
        mutated = windows[row[part]]  # a copy
        mutated[torch.arange(len(mutated), device=windows.device), position[part]] = base[part].to(
            windows.dtype
        )
        logits = check_logits(model(one_hot(mutated)), len(mutated))
        changes[row[part], base[part], position[part]] = logits - observed[row[part]]
    return changes
