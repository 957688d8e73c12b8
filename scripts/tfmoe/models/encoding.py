"""One-hot encoding and strands of sequences on the device, one batch at a time."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

# One-hot column of each code: four floats in the 16 bytes of one complex number, so that they are
# copied at once.
_COLUMNS = np.vstack([np.eye(4), np.full((1, 4), 0.25)]).astype(np.float32).view(np.complex128)


def one_hot(codes: Tensor) -> Tensor:
    """Encode codes as one-hot on the device of the codes.

    Parameters
    ----------
    codes
        Shape (B, L), uint8: A, C, G, T = 0..3; any larger code is an unknown base.

    Returns
    -------
    Tensor
        Shape (B, 4, L), float32; an unknown base is 0.25 in each of the four rows. The four rows of
        a base are adjacent in memory, the layout in which `tfmoe.models.layers` compute.
    """
    columns = torch.from_numpy(_COLUMNS).flatten().to(codes.device)
    chosen = columns.index_select(0, codes.clamp(max=4).flatten().int())
    return chosen.view(torch.float32).view(*codes.shape, 4).transpose(1, 2)


def reverse_complement(sequences: Tensor) -> Tensor:
    """Return the other strand of one-hot sequences (B, 4, L), rows in the order A, C, G, T."""
    return sequences.flip(1, 2)


def both_strands(sequences: Tensor) -> Tensor:
    """Stack sequences (B, 4, L) and their other strands as one batch (2 B, 4, L)."""
    # keeps the rows of a base adjacent in memory, if they are
    columns = sequences.transpose(1, 2)
    return torch.cat([columns, columns.flip(1, 2)]).transpose(1, 2)


def average_strands(values: Tensor) -> Tensor:
    """Average values (2 B, ...) computed on `both_strands` to (B, ...)."""
    forward, reverse = values.chunk(2)
    return (forward + reverse) / 2
