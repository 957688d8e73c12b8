"""Gradients of a model's logit with respect to its one-hot input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tfmoe.models.encoding import one_hot


@contextmanager
def explained(model: nn.Module) -> Iterator[None]:
    """Hold a model in evaluation mode with its weights out of the graph, then put it back.

    No gradient on the weights saves about a third of a backward pass.
    """
    modes = [(module, module.training) for module in model.modules()]
    flags = [(weight, weight.requires_grad) for weight in model.parameters()]
    model.eval()
    model.requires_grad_(False)
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
        for weight, flag in flags:
            weight.requires_grad_(flag)


def input_gradients(model: nn.Module, windows: Tensor, batch_size: int) -> Tensor:
    """Compute the gradient of the logit at each of M windows.

    Parameters
    ----------
    model
        Takes one-hot float32 (B, 4, L), gives logits (B,); on the device of `windows`.
    windows
        uint8 (M, L) codes.
    batch_size
        Windows a pass; it bounds the memory.

    Returns
    -------
    Tensor
        float32 (M, 4, L), zero where the output does not depend on the input.
    """
    rows, length = windows.shape
    gradients = torch.zeros((rows, 4, length), device=windows.device)
    for start in range(0, rows, batch_size):
        inputs = one_hot(windows[start : start + batch_size]).requires_grad_(True)
        with torch.enable_grad():
            logits = check_logits(model(inputs), len(inputs))
            if not logits.requires_grad:  # a constant: no path from the input
                continue
            # one sum for the batch: row i of the gradient is that of logit i, as rows do not mix
            (gradient,) = torch.autograd.grad(logits.sum(), inputs, allow_unused=True)
        if gradient is not None:
            gradients[start : start + batch_size] = gradient
    return gradients


def check_logits(logits: Tensor, rows: int) -> Tensor:
    """Return `logits` if there is one for each of `rows` inputs, else raise a `ValueError`."""
    if logits.shape != (rows,):
        raise ValueError(f"the model gave {tuple(logits.shape)} for {rows} inputs, not ({rows},)")
    return logits
