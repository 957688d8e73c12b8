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
        part = slice(start, start + batch_size)
        gradients[part] = gradient_batch(model, windows[part])
    return gradients


def gradient_batch(model: nn.Module, windows: Tensor) -> Tensor:
    """Return the gradients float32 (B, 4, L) of one pass over codes uint8 (B, L)."""
    return differentiate(model, one_hot(windows))[1]


def differentiate(model: nn.Module, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Compute logits and their gradients in one pass.

    Parameters
    ----------
    model
        Takes float32 (B, 4, L), gives logits (B,); rows must not mix.
    inputs
        float32 (B, 4, L); not changed.

    Returns
    -------
    tuple
        Logits (B,) and gradients (B, 4, L), zero where the output does not depend on the input.

    Raises
    ------
    ValueError
        If the model gives something else.
    """
    inputs = inputs.detach().requires_grad_(True)
    with torch.enable_grad():
        logits = check_logits(model(inputs), len(inputs))
        gradient = None
        if logits.requires_grad:  # otherwise a constant: no path from the input
            # one sum for the batch: row i of the gradient is that of logit i, as rows do not mix
            (gradient,) = torch.autograd.grad(logits.sum(), inputs, allow_unused=True)
    return logits.detach(), torch.zeros_like(inputs) if gradient is None else gradient


def check_logits(logits: Tensor, rows: int) -> Tensor:
    """Return `logits` if there is one for each of `rows` inputs, else raise a `ValueError`."""
    if logits.shape != (rows,):
        raise ValueError(f"the model gave {tuple(logits.shape)} for {rows} inputs, not ({rows},)")
    return logits


def logits_of(model: nn.Module, inputs: Tensor, batch_size: int) -> Tensor:
    """Return the logits (M,) of inputs float32 (M, 4, L), without their gradients."""
    parts = [inputs[start : start + batch_size] for start in range(0, len(inputs), batch_size)]
    with torch.no_grad():
        return torch.cat([check_logits(model(part), len(part)) for part in parts])
