"""Embeddings and logits of networks on all windows of a long sequence.

If a backbone begins with a convolution and a pool, the windows share the convolution, exactly: each
gets the scores that it gets alone, with its own padding, up to rounding. All that follows the pool
is computed by the network's own code, for batches of windows. Other backbones read one window after
the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from tfmoe.core.sliding import SlidingWindows
from tfmoe.models.encoding import one_hot
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.first_layer import BeginsWithPool, Pooled
from tfmoe.models.moe import ExpertOutputs, Mixture
from tfmoe.models.sliding.shared_filters import SharedFilters

# The first layer is computed for a chunk of windows at once: enough that the placements at its ends
# hardly count, and few enough that the chunk takes tens of megabytes at most.
_MOST_WINDOWS = 4096
_MOST_FLOATS = 1 << 22
_MOST_BASES = 1 << 16
# The other layers take at least this many numbers at once.
_LEAST_FLOATS = 1 << 17


class SlidingExpert:
    """An expert that embeds the windows of a sequence.

    Parameters
    ----------
    expert
        The expert, in evaluation mode on the device.
    window
        Length L of the windows, in bases.
    batch_size
        Windows per batch of the layers that follow the first one; it bounds the memory.
    device
        The device.
    """

    def __init__(self, expert: Expert, window: int, batch_size: int, device: torch.device) -> None:
        self._expert, self._device, self._batch_size = expert, device, batch_size
        self._filters: SharedFilters | None = None
        if isinstance(expert.backbone, BeginsWithPool):
            layer = expert.backbone.first_layer()
            if layer.weight.shape[2] <= window:
                self._filters = SharedFilters(layer, window)
                least = _LEAST_FLOATS // self._filters.floats_per_window
                self._batch_size = max(batch_size, min(least, _MOST_WINDOWS))

    def chunk(self, stride: int) -> int:
        """Return the number of windows to embed at once."""
        if self._filters is None:
            return self._batch_size
        fitting = min(_MOST_FLOATS // self._filters.floats_per_window, _MOST_BASES // stride)
        return max(min(fitting, _MOST_WINDOWS), 1)

    def outputs(self, windows: SlidingWindows) -> tuple[Tensor, Tensor]:
        """Return the embeddings (N, E) and the logits (N,) of all windows, on one strand."""
        parts = list(self._embed(windows))
        embeddings = parts[0] if len(parts) == 1 else torch.cat(parts)
        return embeddings, self._expert.classify(embeddings)

    def _embed(self, windows: SlidingWindows) -> Iterator[Tensor]:
        backbone = self._expert.backbone
        if self._filters is None or not isinstance(backbone, BeginsWithPool):
            for batch in _one_hot_rows(windows, self._batch_size, self._device):
                yield self._expert.embed(batch)
            return
        pooled = self._filters.pooled(windows)
        averages = pooled.averages
        for begin in range(0, len(windows), self._batch_size):
            end = begin + self._batch_size
            part = Pooled(
                pooled.maxima[begin:end].to(self._device),
                None if averages is None else averages[begin:end].to(self._device),
            )
            yield self._expert.embed_features(backbone.read_pooled(part))


def sliding_logits(
    network: nn.Module, windows: SlidingWindows, batch_size: int, device: torch.device
) -> Iterator[Tensor]:
    """Yield the logits of all windows, some at a time.

    Parameters
    ----------
    network
        An expert, one that is averaged over strands, or any module that maps one-hot (B, 4, L) to
        logits (B,), in evaluation mode on the device. Only experts share work between windows.
    windows
        The windows.
    batch_size, device
        As for `SlidingExpert`.
    """
    expert = network.network if isinstance(network, StrandAveraged) else network
    if not isinstance(expert, Expert):
        for batch in _one_hot_rows(windows, batch_size, device):
            yield network(batch)
        return
    averages = isinstance(network, StrandAveraged)
    sliding = SlidingExpert(expert, windows.window, batch_size, device)
    for part in _chunks(windows, sliding.chunk(windows.stride)):
        logits = sliding.outputs(part)[1]
        if averages:
            logits = (logits + sliding.outputs(part.other_strand())[1].flip(0)) / 2
        yield logits


def sliding_outputs(
    mixture: Mixture, windows: SlidingWindows, batch_size: int, device: torch.device
) -> Iterator[ExpertOutputs]:
    """Yield the outputs of a mixture's experts, as `Mixture.run_experts` returns them, in parts.

    Parameters
    ----------
    mixture
        In evaluation mode on the device.
    windows, batch_size, device
        As for `sliding_logits`.

    Raises
    ------
    TypeError
        As for `Mixture.networks`.
    """
    experts = [
        SlidingExpert(expert, windows.window, batch_size, device) for expert in mixture.networks()
    ]
    size = min(expert.chunk(windows.stride) for expert in experts)
    for part in _chunks(windows, size):
        strands = [part, part.other_strand()] if mixture.averages_strands else [part]
        shape = len(strands) * len(part), len(experts)
        # filled in place, as by `Mixture.run_experts`
        embeddings = torch.empty((*shape, mixture.embedding), device=device)
        logits = torch.empty(shape, device=device)
        for strand, read in enumerate(strands):
            rows = slice(strand * len(part), (strand + 1) * len(part))
            for place, expert in enumerate(experts):
                embedded, classified = expert.outputs(read)
                # the windows of the other strand come from the last to the first
                embeddings[rows, place] = embedded.flip(0) if strand else embedded
                logits[rows, place] = classified.flip(0) if strand else classified
        yield ExpertOutputs(embeddings, logits)


def _one_hot_rows(
    windows: SlidingWindows, batch_size: int, device: torch.device
) -> Iterator[Tensor]:
    rows = windows.rows()
    for begin in range(0, len(rows), batch_size):
        codes = np.ascontiguousarray(rows[begin : begin + batch_size])
        yield one_hot(torch.from_numpy(codes).to(device))


def _chunks(windows: SlidingWindows, size: int) -> Iterator[SlidingWindows]:
    for first in range(0, len(windows), size):
        yield windows.part(first, first + size)
