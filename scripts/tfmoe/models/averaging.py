"""Moving average of a network's weights; the averaged weights are validated and kept."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import Tensor, nn


class MovingAverage:
    """Plain mean of the weights at first, then an exponential moving average.

    At step t (from 0) the average keeps the share min(decay, t / (t + 1)) of itself, so that the
    untrained weights do not linger in the average of a short training.

    Parameters
    ----------
    network
        The network in training, on the device on which it stays.
    decay
        Largest share that the average keeps of itself. With 0 the average is the current weights.

    Attributes
    ----------
    network
        A copy of the network with the averaged weights.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = deepcopy(network).requires_grad_(False)
        self._decay = decay
        self._steps = 0
        self._averages, self._values = [], []
        self._copies: list[tuple[Tensor, Tensor]] = []
        values = _state(network)
        for name, average in _state(self.network).items():
            if average.is_floating_point():
                self._averages.append(average)
                self._values.append(values[name])
            else:  # a counter, which is copied
                self._copies.append((average, values[name]))

    @torch.no_grad()
    def update(self) -> None:
        """Add the current weights to the average."""
        kept = min(self._decay, self._steps / (self._steps + 1))
        # one call for all tensors, as in torch.optim.swa_utils, whose AveragedModel takes twenty
        # times as long for the paper's network
        torch._foreach_lerp_(self._averages, self._values, 1 - kept)
        for average, value in self._copies:
            average.copy_(value)
        self._steps += 1

    def load(self, weights: Mapping[str, Tensor], steps: int) -> None:
        """Continue from an average over `steps` steps."""
        self.network.load_state_dict(dict(weights))
        self._steps = steps


def _state(network: nn.Module) -> dict[str, Tensor]:
    """Return the network's own tensors by name, not copies."""
    state: dict[str, Tensor] = network.state_dict()
    return state
