"""Gradients of the logit with respect to the one-hot input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tfmoe.models.encoding import one_hot


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Keep a model in evaluation mode without gradients on its weights; restore it afterwards.

    Omitting the gradients on the weights saves about a third of a backward pass.
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
        Maps one-hot float32 (B, 4, L) to logits (B,); on the device of `windows`.
    windows
        uint8 (M, L) codes.
    batch_size
        Windows per pass; it limits memory.

    Returns
    -------
    Tensor
        float32 (M, 4, L); zero if the output does not depend on the input.
    """
    rows, length = windows.shape
    gradients = torch.zeros((rows, 4, length), device=windows.device)
    for start in range(0, rows, batch_size):
        part = slice(start, start + batch_size)
        gradients[part] = gradient_batch(model, windows[part])
    return gradients


def gradient_batch(model: nn.Module, windows: Tensor) -> Tensor:
    """Return the gradients float32 (B, 4, L) at codes uint8 (B, L), in one pass."""
    return differentiate(model, one_hot(windows))[1]


def differentiate(model: nn.Module, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Compute logits and their gradients in one pass.

    Parameters
    ----------
    model
        Maps float32 (B, 4, L) to logits (B,); each logit depends on its own row only.
    inputs
        float32 (B, 4, L); left unchanged.

    Returns
    -------
    tuple
        Logits (B,) and gradients (B, 4, L), which are zero if the output does not depend on the
        input.

    Raises
    ------
    ValueError
        If the model returns another shape.
    """
    inputs = inputs.detach().requires_grad_(True)
    with torch.enable_grad():
        logits = check_logits(model(inputs), len(inputs))
        gradient = None
        if logits.requires_grad:  # otherwise the logits are constant
            # row i of the gradient of the sum is the gradient of logit i, since rows are
            # independent
            (gradient,) = torch.autograd.grad(logits.sum(), inputs, allow_unused=True)
    return logits.detach(), torch.zeros_like(inputs) if gradient is None else gradient


def check_logits(logits: Tensor, rows: int) -> Tensor:
    """Return `logits` if their shape is (rows,); otherwise raise a `ValueError`."""
    if logits.shape != (rows,):
        raise ValueError(f"the model returned shape {tuple(logits.shape)}, expected ({rows},)")
    return logits


def compute_logits(model: nn.Module, inputs: Tensor, batch_size: int) -> Tensor:
    """Return the logits (M,) of inputs float32 (M, 4, L), without gradients."""
    parts = [inputs[start : start + batch_size] for start in range(0, len(inputs), batch_size)]
    with torch.no_grad():
        return torch.cat([check_logits(model(part), len(part)) for part in parts])
