"""Attribution by a method's name: one interface to all methods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from tfmoe.attribution.gradients import explained, input_gradients
from tfmoe.attribution.ism import in_silico_mutagenesis
from tfmoe.attribution.maps import Maps, centre
from tfmoe.attribution.names import Method, check_flank, parse_method
from tfmoe.attribution.shiftsmooth import shiftsmooth
from tfmoe.core.dna import Codes


def attribute(
    model: nn.Module,
    codes: Codes,
    flank: int,
    method: str,
    batch_size: int,
    device: torch.device,
) -> Maps:
    """Attribute a model's logit to the bases of N windows.

    Parameters
    ----------
    model
        Takes one-hot float32 (B, 4, L), gives logits (B,). It is moved to `device`; its mode and
        its weights are left as they were.
    codes
        uint8 (N, flank + L + flank): each window with the real bases beside it, 4 where there are
        none.
    flank
        Bases beside the window on each side.
    method
        A name such as ``shiftsmooth_n5_corrected``; see `tfmoe.attribution.names`.
    batch_size
        Windows a pass; it bounds the memory.
    device
        Where to compute.

    Returns
    -------
    numpy.ndarray
        float32 (N, 4, L): hypothetical contributions, what each base would add at each position.

    Raises
    ------
    ConfigError
        If the method does not exist, or shifts by more bases than `flank`.
    """
    return attribute_all(model, codes, flank, [method], batch_size, device)[method]


def attribute_all(
    model: nn.Module,
    codes: Codes,
    flank: int,
    methods: Sequence[str],
    batch_size: int,
    device: torch.device,
) -> dict[str, Maps]:
    """Attribute by several methods, computing what they share once.

    The arguments and errors are those of `attribute`; a map and its corrected form share a pass.

    Returns
    -------
    dict
        Maps, float32 (N, 4, L), by the method's name, in the order given.
    """
    _check_codes(codes, flank)
    parsed = {name: parse_method(name) for name in methods}
    for name, method in parsed.items():
        check_flank(name, method, flank)
    model = model.to(device)
    on_device = torch.from_numpy(codes).to(device)
    raw: dict[Method, Maps] = {}
    with explained(model):
        for method in parsed.values():
            if method.uncorrected not in raw:
                found = _compute(model, on_device, flank, method.uncorrected, batch_size)
                raw[method.uncorrected] = found.cpu().numpy()
    return {
        name: raw[method] if method in raw else centre(raw[method.uncorrected])
        for name, method in parsed.items()
    }


def _compute(
    model: nn.Module, codes: Tensor, flank: int, method: Method, batch_size: int
) -> Tensor:
    if method.kind == "shiftsmooth":
        return shiftsmooth(model, codes, flank, method.shifts, batch_size)
    windows = codes[:, flank : codes.shape[1] - flank].contiguous()
    if method.kind == "ism":
        return in_silico_mutagenesis(model, windows, batch_size)
    return input_gradients(model, windows, batch_size)


def _check_codes(codes: Codes, flank: int) -> None:
    if codes.ndim != 2 or codes.dtype != np.uint8:
        raise ValueError(
            f"codes are {codes.dtype} {codes.shape}; expected uint8 (N, flank+L+flank)"
        )
    if flank < 0 or codes.shape[1] <= 2 * flank:
        raise ValueError(
            f"sequences of {codes.shape[1]} bases leave no window between flanks of {flank}"
        )
