"""Sequences on the device: bytes become one-hot there, a batch at a time, on either strand."""

from __future__ import annotations

import torch
from torch import Tensor


def one_hot(codes: Tensor) -> Tensor:
    """Encode codes as one-hot on the device the codes are on.

    Parameters
    ----------
    codes
        Shape (B, L), uint8: A, C, G, T = 0..3; anything above is an unknown base.

    Returns
    -------
    Tensor
        Shape (B, 4, L), float32; an unknown base is 0.25 in each of the four rows.
    """
    bases = torch.arange(4, dtype=codes.dtype, device=codes.device).view(1, 4, 1)
    encoded = (codes.unsqueeze(1) == bases).to(torch.float32)
    unknown = codes > 3
    if bool(unknown.any()):
        encoded += 0.25 * unknown.unsqueeze(1)
    return encoded


def reverse_complement(sequences: Tensor) -> Tensor:
    """Return the other strand of one-hot sequences (B, 4, L), rows in the order A, C, G, T."""
    return sequences.flip(1, 2)


def both_strands(sequences: Tensor) -> Tensor:
    """Stack sequences (B, 4, L) and their other strands as one batch (2 B, 4, L)."""
    return torch.cat([sequences, reverse_complement(sequences)])


def average_strands(values: Tensor) -> Tensor:
    """Average values (2 B, ...) computed on `both_strands` to (B, ...)."""
    forward, reverse = values.chunk(2)
    return (forward + reverse) / 2
