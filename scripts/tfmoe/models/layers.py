"""Padding, convolution, max pool and dropout of the backbones: torch's own, made quick on a CPU.

They compute what their parents do, and keep their attributes and weights. But torch's kernels for
one dimension walk along the sequence, one channel after the other, while those for images have a
layout in which the channels of a position lie side by side (``channels_last``) and are computed on
together. So a sequence passes here as an image of height 1 in that layout, which the layers between
(activations, dropout, sums) keep. A max pool takes a fifth of the time so, or less.

Attribution tools that look modules up by their type know the parents' rules: DeepLIFT of captum and
of tangermeme needs `MaxPool` named as one more type with the rule of `torch.nn.MaxPool1d`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import conv2d, max_pool2d


def convolve(
    sequences: Tensor, weight: Tensor, bias: Tensor | None, padding: int = 0, groups: int = 1
) -> Tensor:
    """Convolve with stride 1, as `torch.nn.functional.conv1d` does.

    Parameters
    ----------
    sequences
        Shape (B, C, L), in any layout.
    weight
        Shape (filters, C / groups, width).
    bias
        Shape (filters,).
    padding
        Columns of zeros on each side.
    groups
        Of channels, each with its own filters.

    Returns
    -------
    Tensor
        Shape (B, filters, L + 2 padding - width + 1), the channels of a position side by side.
    """
    filters = _as_image(weight)
    return conv2d(_as_image(sequences), filters, bias, 1, (0, padding), 1, groups).squeeze(2)


class Padding(nn.ConstantPad1d):
    """Columns of one value on each side, in the layout of the sequences."""

    def forward(self, sequences: Tensor) -> Tensor:
        """Return (B, C, columns + L + columns) of sequences (B, C, L)."""
        # torch gives back an image in the layout that it has, and sequences in the usual one
        return super().forward(sequences.unsqueeze(2)).squeeze(2)


class Convolution(nn.Conv1d):
    """A convolution of stride 1 along the sequence."""

    def __init__(
        self, channels: int, filters: int, width: int, padding: int = 0, groups: int = 1
    ) -> None:
        super().__init__(channels, filters, width, padding=padding, groups=groups)
        self._columns = padding

    def forward(self, sequences: Tensor) -> Tensor:
        """Return (B, filters, columns) of sequences (B, channels, L)."""
        return convolve(sequences, self.weight, self.bias, self._columns, self.groups)


class MaxPool(nn.MaxPool1d):
    """The maximum of neighbouring columns; windows do not overlap, and no column is left out.

    The last window takes what columns there are. Of equal maxima the first has the gradient.

    Parameters
    ----------
    width
        Columns of a window.
    """

    def __init__(self, width: int) -> None:
        super().__init__(width, ceil_mode=True)
        self._window = (1, width)

    def forward(self, activity: Tensor) -> Tensor:
        """Return (B, channels, ceil(L / width)) of activity (B, channels, L)."""
        pooled = max_pool2d(_as_image(activity), self._window, ceil_mode=True)
        if pooled.requires_grad:
            # what the layers after it hand back has the other layout: the pool would copy its
            # whole input to that one, and its gradient back
            pooled.register_hook(_side_by_side)  # type: ignore[no-untyped-call]
        return pooled.squeeze(2)


def best_scores(sequences: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Convolve with stride 1 and take the maximum over all columns, of equal ones the first.

    Values and gradients are those of `convolve` and a `MaxPool` as wide as its output. But of all
    windows that a filter scores, the maximum hands a gradient back to one, and the gradients here
    are computed from that one alone, in a small part of the time. They have none of their own.

    Parameters
    ----------
    sequences
        Shape (B, C, L), in any layout.
    weight
        Shape (filters, C, width).
    bias
        Shape (filters,).

    Returns
    -------
    Tensor
        Shape (B, filters).
    """
    best: Tensor = _BestScores.apply(sequences, weight, bias)  # type: ignore[no-untyped-call]
    return best


class _BestScores(torch.autograd.Function):
    """What `best_scores` computes, and its gradients."""

    @staticmethod
    def forward(ctx: Any, sequences: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        image = _as_image(sequences)
        scores = conv2d(image, _as_image(weight), bias)
        best, columns = max_pool2d(scores, (1, scores.shape[3]), return_indices=True)
        ctx.save_for_backward(image, weight, columns.flatten(1))
        return best.flatten(1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        image, weight, columns = ctx.saved_tensors
        to_sequences, to_weight, to_bias = ctx.needs_input_grad
        return (
            _spread(gradient, weight, columns, image.shape[3]) if to_sequences else None,
            _gather(gradient, image, columns, weight.shape[2]) if to_weight else None,
            gradient.sum(0) if to_bias else None,
        )


def _gather(gradient: Tensor, image: Tensor, columns: Tensor, width: int) -> Tensor:
    """Sum the windows of an image (B, C, 1, L), weighted by the gradients of their scores.

    The windows begin at `columns` (B, filters), as the gradients are arranged. The sums are those
    of the filters, (filters, C, width).
    """
    rows, channels, _, length = image.shape
    filters, size = gradient.shape[1], width * channels
    # all windows of the batch as rows of one matrix, which overlap in memory
    windows = image.as_strided((image.numel() - size + 1, size), (1, 1))
    first = torch.arange(0, image.numel(), length * channels, device=image.device)
    starts = torch.add(first, columns.t(), alpha=channels)
    chosen = windows.index_select(0, starts.flatten()).view(filters, rows, size)
    # in order, as a product of matrices takes three times as long with a transposed one
    sums = torch.bmm(gradient.t().contiguous().unsqueeze(1), chosen)
    return sums.view(filters, width, channels).transpose(1, 2)


def _spread(gradient: Tensor, weight: Tensor, columns: Tensor, length: int) -> Tensor:
    """Add up filters (filters, C, width) where they scored, times the gradients of their scores.

    They lie from `columns` (B, filters) on, as the gradients are arranged, in sequences (B, C, L).
    """
    rows, channels, size = len(gradient), weight.shape[1], weight[0].numel()
    spread = gradient.new_zeros(rows, length * channels)
    parts = gradient.unsqueeze(2) * weight.transpose(1, 2).flatten(1)
    places = (columns * channels).unsqueeze(2) + torch.arange(size, device=columns.device)
    spread.scatter_add_(1, places.flatten(1), parts.flatten(1))
    return spread.view(rows, length, channels).transpose(1, 2)


class Dropout(nn.Dropout):
    """Dropout that draws uniform numbers: a third of the time of torch's, which draws each bit.

    A step of ExplaiNN takes 15 % less time so; the few numbers of an embedding are not worth it.
    """

    def forward(self, values: Tensor) -> Tensor:
        """Return the values; in training, each is 0 with probability `p` or scaled up instead."""
        if not self.training:
            return values
        drawn = torch.rand_like(values, dtype=torch.float32)
        return values * drawn.ge_(self.p).mul_(1 / (1 - self.p)).to(values.dtype)


def _as_image(values: Tensor) -> Tensor:
    """Return (N, C, 1, L) of values (N, C, L), the channels of a position side by side."""
    return values.unsqueeze(2).contiguous(memory_format=torch.channels_last)


def _side_by_side(image: Tensor) -> Tensor:
    """Return an image (N, C, 1, L) in the layout ``channels_last``.

    Unlike `contiguous` it says so in the strides of an image of one column too.
    """
    _, channels, _, columns = image.shape
    values = image.squeeze(2).transpose(1, 2).contiguous()
    size = channels * columns
    return values.as_strided(image.shape, (size, 1, size, channels))
