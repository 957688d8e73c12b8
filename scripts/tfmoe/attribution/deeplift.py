"""DeepLIFT's rescale rule (Shrikumar et al. 2017, arXiv 1704.02685) for the layers of our networks.

A sequence and its reference are passed together. In the backward pass, each nonlinear layer is
replaced by a linear map from the difference of its inputs to the difference of its outputs. The
products of these maps, the multipliers, map the difference of the sequences to the difference of
the logits, so the contributions sum to the difference of the logits.

- Elementwise functions (ReLU, SiLU, exponential, sigmoid): slope of the secant, or of the tangent
  if the inputs are equal.
- Maximum: the difference of the maxima is assigned to the position of the larger maximum, in the
  sequence where it occurs.
- LayerNorm is the product of the centred values, which are linear, and the inverse standard
  deviation. The difference of a product ab is mean(b) times the difference of a plus mean(a) times
  the difference of b, with means over the sequence and its reference. The inverse standard
  deviation is a function of the variance, and squares are products as well. Squeeze-and-excitation
  is also a product.
- Gate: its weights are fixed at the weights for the sequence.

captum and tangermeme implement only the first two rules, for a list of module types, and use the
gradient elsewhere: through the LayerNorm of an expert, their contributions do not sum to the
difference of the logits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool1d

from tfmoe.attribution.gradients import differentiate
from tfmoe.attribution.references import (
    BLOCK,
    DifferenceMaps,
    draw_references,
    hypothetical_contributions,
)
from tfmoe.core.errors import ConfigError
from tfmoe.models.backbones.explainn import Exponential, UnitLinear
from tfmoe.models.backbones.legnet import SqueezeExcitation
from tfmoe.models.encoding import one_hot
from tfmoe.models.layers import StandardisedFilters
from tfmoe.models.moe import Mixture

SAME = 1e-6  # inputs that differ by at most this have no stable secant in float32
LINEAR = (
    nn.Linear, nn.Conv1d, StandardisedFilters, UnitLinear, nn.ConstantPad1d, nn.AvgPool1d,
    nn.Flatten, nn.Dropout, nn.Identity, nn.BatchNorm1d,
)  # fmt: skip
Rule = Callable[[Any, Tensor, Tensor], Tensor]


def deeplift(
    model: nn.Module, windows: Tensor, shuffles: int, batch_size: int, rng: np.random.Generator
) -> DifferenceMaps:
    """Compute DeepLIFT contributions of N windows as means over references.

    The mean over shuffled references is the estimate of DeepSHAP (Lundberg and Lee 2017, arXiv
    1705.07874).

    Parameters
    ----------
    model
        Maps one-hot float32 (B, 4, L) to logits (B,). Every module needs a rule, and the first
        dimension of every module's input is the batch.
    windows
        uint8 (N, L) codes.
    shuffles
        Number of references per window, as in `draw_references`.
    batch_size
        Sequences and references per pass.
    rng
        Draws the references.

    Raises
    ------
    ConfigError
        If the model has a module without a rule.
    """
    network = FixedGate(model) if isinstance(model, Mixture) else model
    check_rules(network)
    count, length = windows.shape
    maps = torch.zeros((count, 4, length), device=windows.device)
    differences = torch.zeros(count, device=windows.device)
    with rescaled(network):
        for start in range(0, count, BLOCK):
            part = slice(start, start + BLOCK)
            references = draw_references(windows[part], shuffles, rng)
            inputs = one_hot(windows[part]).unsqueeze(1).expand_as(references)
            # (N R, 2, 4, L), sequence and reference alternate
            pairs = torch.stack([inputs, references], 2).flatten(0, 1)
            size = max(1, batch_size // 2)
            found = [
                _explain_pairs(network, pairs[first : first + size].flatten(0, 1))
                for first in range(0, len(pairs), size)
            ]
            each = references.shape[:2]
            contributions = torch.cat([values for values, _ in found])
            maps[part] = contributions.view(*each, 4, length).mean(1)
            differences[part] = torch.cat([gaps for _, gaps in found]).view(each).mean(1)
    return DifferenceMaps(maps, differences)


def _explain_pairs(model: nn.Module, pairs: Tensor) -> tuple[Tensor, Tensor]:
    """Return hypothetical contributions (P, 4, L) and differences (P,) of pairs (2 P, 4, L)."""
    logits, multipliers = differentiate(model, pairs)
    contributions = hypothetical_contributions(multipliers[0::2], pairs[1::2])
    return contributions, logits[0::2] - logits[1::2]


class FixedGate(nn.Module):
    """A mixture that applies the gate weights of each sequence to its reference as well.

    Parameters
    ----------
    mixture
        The mixture. In its input, sequences and references alternate.
    """

    def __init__(self, mixture: Mixture) -> None:
        super().__init__()
        self.mixture = mixture

    def forward(self, pairs: Tensor) -> Tensor:
        """Return the logits (2 P,) of pairs (2 P, 4, L)."""
        head = self.mixture.head
        outputs = self.mixture.run_experts(pairs)
        weights = head.weigh(outputs).detach()[0::2].repeat_interleave(2, 0)
        return self.mixture.reduce(head.combine(outputs, weights))


def check_rules(model: nn.Module) -> None:
    """Check that every module has a rule.

    Raises
    ------
    ConfigError
        If a module has no rule; the message names the first such module.
    """
    if isinstance(model, FixedGate):
        if model.mixture.head.options.normalise:
            raise ConfigError(
                "attribution.methods: DeepLIFT has no rule for the normalised embeddings of a "
                "mixture (mixture.normalise); use `integrated_gradients_n<k>_...` instead"
            )
        model = model.mixture.experts
    for name, module in model.named_modules():
        leaf = next(module.children(), None) is None
        if leaf and not isinstance(module, LINEAR) and _rule_for(module) is None:
            raise ConfigError(
                f"attribution.methods: DeepLIFT has no rule for {type(module).__name__} "
                f"({name or 'the network itself'}); use `integrated_gradients_n<k>_...` instead"
            )


@contextmanager
def rescaled(model: nn.Module) -> Iterator[None]:
    """Make the gradients of a model multipliers; rows 2 i and 2 i + 1 of its input are a pair."""
    handles = [
        module.register_forward_hook(_hook(rule))
        for module in model.modules()
        if (rule := _rule_for(module)) is not None
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _rule_for(module: nn.Module) -> Rule | None:
    return next((rule for kind, rule in RULES.items() if isinstance(module, kind)), None)


def _hook(rule: Rule) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]:
    """Return a hook that keeps a module's output but replaces its gradient by that of a rule."""

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        if not output.requires_grad:
            return output
        linear = rule(module, inputs[0], output)
        return linear + (output - linear).detach()

    return hook


def _means(values: Tensor) -> Tensor:
    """Replace both values of each pair by their mean."""
    values = values.detach()
    return ((values[0::2] + values[1::2]) / 2).repeat_interleave(2, 0)


def _secant(_: nn.Module, values: Tensor, output: Tensor) -> Tensor:
    (tangent,) = torch.autograd.grad(output.sum(), values, retain_graph=True)
    inputs, outputs = (part.detach()[0::2] - part.detach()[1::2] for part in (values, output))
    same = inputs.abs() <= SAME
    slopes = torch.where(same, tangent[0::2], outputs / inputs.masked_fill(same, 1))
    return values * slopes.repeat_interleave(2, 0)


def _maximum(module: nn.MaxPool1d, values: Tensor, _: Tensor) -> Tensor:
    best, positions = max_pool1d(
        values.detach(), module.kernel_size, module.stride, module.padding, module.dilation,
        module.ceil_mode, return_indices=True,
    )  # fmt: skip
    larger = best[0::2] >= best[1::2]
    chosen = torch.where(larger, positions[0::2], positions[1::2])
    picked = values.gather(2, chosen.repeat_interleave(2, 0))
    inputs = picked.detach()[0::2] - picked.detach()[1::2]
    same = inputs.abs() <= SAME
    slopes = torch.where(same, 1.0, (best[0::2] - best[1::2]) / inputs.masked_fill(same, 1))
    return picked * slopes.repeat_interleave(2, 0)


def _layer_norm(module: nn.LayerNorm, values: Tensor, _: Tensor) -> Tensor:
    centred = values - values.mean(-1, keepdim=True)
    mean = _means(centred)
    spread = (centred.detach().square().mean(-1, keepdim=True) + module.eps).sqrt()
    product, total = spread[0::2] * spread[1::2], spread[0::2] + spread[1::2]
    # secant of 1 / s with s^2 = v + eps: 1 / s - 1 / t = -(v - w) / (s t (s + t))
    slope = (-1 / (product * total)).repeat_interleave(2, 0)
    inverse = slope * (2 * mean * centred).mean(-1, keepdim=True)
    scaled: Tensor = centred * _means(1 / spread) + mean * inverse
    return scaled if module.weight is None else scaled * module.weight


def _product(module: SqueezeExcitation, values: Tensor, _: Tensor) -> Tensor:
    weights: Tensor = module.weigh(values)
    return values * _means(weights) + weights * _means(values)


RULES: dict[type[nn.Module], Rule] = {
    **dict.fromkeys(
        (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.GELU, nn.Softplus, nn.Sigmoid, nn.Tanh,
         Exponential),
        _secant,
    ),
    nn.MaxPool1d: _maximum,
    nn.LayerNorm: _layer_norm,
    SqueezeExcitation: _product,
}  # fmt: skip
