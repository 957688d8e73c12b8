"""Common interface to all attribution methods, which are selected by name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from tfmoe.attribution.deeplift import deeplift
from tfmoe.attribution.gradients import frozen, input_gradients
from tfmoe.attribution.integrated import MOST_DOUBLINGS, integrated_gradients, smoothgrad
from tfmoe.attribution.ism import in_silico_mutagenesis
from tfmoe.attribution.maps import Maps, centre
from tfmoe.attribution.method_names import Method, check_flank, parse_method
from tfmoe.attribution.references import TOLERANCE, DifferenceMaps
from tfmoe.attribution.shiftsmooth import shiftsmooth
from tfmoe.core.dna import Codes, one_hot, reverse_complement
from tfmoe.core.errors import TrainingError
from tfmoe.core.seeds import generator
from tfmoe.models.expert import StrandAveraged
from tfmoe.models.moe import Mixture
from tfmoe.models.prediction import predict_mixture

logger = logging.getLogger(__name__)

RULE_TOLERANCE = 0.01
"""Relative error that DeepLIFT may have; its rules are exact."""
DETERMINISTIC = ("gradient", "shiftsmooth", "ism")
"""Kinds that draw neither noise nor references."""


@dataclass(frozen=True, eq=False)
class Attributions:
    """Maps of N windows and their completeness, by method.

    Attributes
    ----------
    maps
        float32 (N, 4, L).
    errors
        Deviation of the summed contributions from the differences of the logits, relative to
        these; see `tfmoe.attribution.references.DifferenceMaps.relative_error`. For the mean over
        strands and the sum over experts, the largest. NaN for methods without references.
    """

    maps: dict[str, Maps]
    errors: dict[str, float]


def attribute(
    model: nn.Module,
    codes: Codes,
    flank: int,
    method: str,
    batch_size: int,
    device: torch.device,
    seed: int = 0,
    name: str = "the network",
) -> Maps:
    """Attribute a model's logit to the bases of N windows.

    Parameters
    ----------
    model
        Maps one-hot float32 (B, 4, L) to logits (B,). It is moved to `device`; its mode and its
        weights are restored afterwards.
    codes
        uint8 (N, flank + L + flank): each window with its flanking bases, 4 where there is none.
    flank
        Number of flanking bases on each side.
    method
        A name such as ``shiftsmooth_n5_corrected``; see `tfmoe.attribution.method_names`.
    batch_size
        Windows per pass; it limits memory.
    device
        Device for the computation.
    seed
        Seed of the noise of SmoothGrad and of shuffled references.
    name
        Name of the model in messages.

    Returns
    -------
    numpy.ndarray
        float32 (N, 4, L): hypothetical contributions, the contribution that each base would make at
        each position. For gradient x input: the contribution of the observed base, and zero for the
        other three.

    Raises
    ------
    ConfigError
        If the method does not exist, shifts by more bases than `flank`, or has no rule for a layer
        of the model.
    TrainingError
        If DeepLIFT's contributions do not sum to the differences of the logits.
    """
    return attribute_all(model, codes, flank, [method], batch_size, device, seed, name)[method]


def attribute_all(
    model: nn.Module,
    codes: Codes,
    flank: int,
    methods: Sequence[str],
    batch_size: int,
    device: torch.device,
    seed: int = 0,
    name: str = "the network",
) -> dict[str, Maps]:
    """Attribute by several methods, which share intermediate results.

    Arguments and errors are those of `attribute`. A map, its corrected form and its product with
    the input share their passes, as do the map of one strand and the mean over both strands.

    Returns
    -------
    dict
        Maps, float32 (N, 4, L), by method, in the given order.
    """
    return attribute_and_check(
        model, codes, flank, methods, batch_size, device, seed=seed, name=name
    ).maps


def attribute_and_check(
    model: nn.Module,
    codes: Codes,
    flank: int,
    methods: Sequence[str],
    batch_size: int,
    device: torch.device,
    *,
    seed: int = 0,
    name: str = "the network",
) -> Attributions:
    """Attribute by several methods as `attribute_all`, and return how far the maps are complete."""
    _check_codes(codes, flank)
    parsed = {method: parse_method(method) for method in methods}
    for method, known in parsed.items():
        check_flank(method, known, flank)
    wanted = list(parsed.values())
    explainer = _Explainer(model.to(device), codes, flank, batch_size, device, seed, name, wanted)
    with frozen(model):
        maps = {method: explainer.explain(known) for method, known in parsed.items()}
    errors = {method: explainer.error(known) for method, known in parsed.items()}
    return Attributions(maps, errors)


def attribute_experts(
    mixture: Mixture,
    codes: Codes,
    flank: int,
    method: str,
    batch_size: int,
    device: torch.device,
    seed: int = 0,
    name: str = "the network",
) -> dict[str, Maps]:
    """Attribute the experts of a mixture, each weighted by the gate.

    The arguments are those of `attribute`, with a method without ``_gated``. The sum of the
    returned maps is the map of the method with ``_gated``.

    Returns
    -------
    dict
        Maps, float32 (N, 4, L), of the logit of each expert times its gate weight, by expert.
    """
    _check_codes(codes, flank)
    known = parse_method(method)
    check_flank(method, known, flank)
    explainer = _Explainer(mixture.to(device), codes, flank, batch_size, device, seed, name)
    with frozen(mixture):
        maps = explainer.explain_experts(known)
    return dict(zip(mixture.expert_names, maps, strict=True))


@dataclass(eq=False)
class _Explainer:
    """Computes and caches the maps of one model on one set of sequences.

    If several n of ShiftSmooth are `wanted`, the gradients of the largest n are used for all.
    """

    model: nn.Module
    codes: Codes
    flank: int
    batch_size: int
    device: torch.device
    seed: int
    name: str
    wanted: Sequence[Method] = ()
    found: dict[Method, Maps] = field(default_factory=dict)
    errors: dict[Method, float] = field(default_factory=dict)

    def error(self, method: Method) -> float:
        """Return the error of the maps of an explained method, see `Attributions.errors`."""
        plain = method.uncorrected
        if plain in self.errors:
            return self.errors[plain]
        if plain.both_strands:
            one = replace(plain, both_strands=False)
            return max(self.error(one), self._reverse.error(one))
        if plain.gated:
            one = replace(plain, gated=False)
            if not isinstance(self.model, Mixture):
                return self.error(one)
            return max(expert.error(one) for expert in self._experts)
        return float("nan")

    def explain(self, method: Method) -> Maps:
        """Return the maps of a method, derived from maps of simpler methods where possible."""
        if method not in self.found:
            self.found[method] = self._explain(method)
        return self.found[method]

    def explain_experts(self, method: Method) -> list[Maps]:
        """Return the maps of a mixture's experts, each multiplied by its gate weight."""
        experts, mixture = self._experts, self._mixture
        weights = predict_mixture(mixture, self._windows, self.batch_size, self.device).gate
        return [
            expert.explain(method) * weights[:, column, None, None]
            for column, expert in enumerate(experts)
        ]

    def _explain(self, method: Method) -> Maps:
        if method.kind == "gradient_x_input":
            product: Maps = self.explain(replace(method, kind="gradient")) * one_hot(self._windows)
            return product
        if method != method.uncorrected:
            return centre(self.explain(method.uncorrected))
        if method.both_strands:
            one = replace(method, both_strands=False)
            if self._averages_strands and method.kind in DETERMINISTIC:
                return self.explain(one)  # the map of the other strand is its reverse complement
            turned = self._reverse.explain(one)[:, ::-1, ::-1]
            return (self.explain(one) + turned) / np.float32(2)
        if method.gated:
            one = replace(method, gated=False)
            if not isinstance(self.model, Mixture):
                return self.explain(one)
            total: Maps = np.sum(self.explain_experts(one), axis=0, dtype=np.float32)
            return total
        if method.kind == "shiftsmooth":
            self.found |= self._smooth(method)
            return self.found[method]
        return self._compute(method).cpu().numpy()

    def _smooth(self, method: Method) -> dict[Method, Maps]:
        """Compute ShiftSmooth for this n and for all wanted n with the same fill and kernel."""
        kernel = ("shiftsmooth", method.fill, method.triangular)
        same = [one for one in self.wanted if (one.kind, one.fill, one.triangular) == kernel]
        sizes = sorted({method.number, *(one.number for one in same)})
        codes = torch.from_numpy(self.codes).to(self.device)
        shape = (self.flank, sizes, self.batch_size, method.fill, method.triangular)
        maps = shiftsmooth(self.model, codes, *shape)
        return {
            replace(method, number=size): part.cpu().numpy()
            for size, part in zip(sizes, maps, strict=True)
        }

    def _compute(self, method: Method) -> Tensor:
        model, size = self.model, self.batch_size
        windows = torch.from_numpy(self._windows).to(self.device)
        if method.kind == "ism":
            return in_silico_mutagenesis(model, windows, size)
        rng = generator(self.seed, "attribution", method.kind)
        if method.kind == "smoothgrad":
            return smoothgrad(model, windows, method.number, size, rng)
        if method.kind == "integrated_gradients":
            found = integrated_gradients(model, windows, method.number, method.shuffles, size, rng)
        elif method.kind == "deeplift":
            found = deeplift(model, windows, method.shuffles, size, rng)
        else:
            return input_gradients(model, windows, size)
        self._check_sums(method, found, windows)
        return found.maps

    def _check_sums(self, method: Method, found: DifferenceMaps, windows: Tensor) -> None:
        """Check that contributions sum to the logit differences, and keep their error."""
        error = self.errors[method] = found.relative_error(windows)
        finding = (
            f"{self.name}: the contributions of {method.kind} deviate by {100 * error:.3g} % from "
            "the differences between the logits of sequences and references"
        )
        if method.kind == "deeplift" and not error <= RULE_TOLERANCE:
            raise TrainingError(
                f"{finding}; the network has an operation without a DeepLIFT rule, or its weights "
                "are not finite; use `integrated_gradients_n<k>_...` instead"
            )
        if method.kind == "integrated_gradients" and (many := found.incomplete(windows)):
            most = method.number << MOST_DOUBLINGS
            logger.warning(
                "%s, and those of %d of %d sequences by more than %g %% with %d points; begin with "
                "more than %d points",
                *(finding, many, len(windows), 100 * TOLERANCE, most, method.number),
            )

    @property
    def _windows(self) -> Codes:
        return np.ascontiguousarray(self.codes[:, self.flank : self.codes.shape[1] - self.flank])

    @property
    def _averages_strands(self) -> bool:
        if isinstance(self.model, Mixture):
            return self.model.averages_strands
        return isinstance(self.model, StrandAveraged)

    @property
    def _mixture(self) -> Mixture:
        if not isinstance(self.model, Mixture):
            raise TypeError(f"{self.name} is not a mixture")
        return self.model

    @cached_property
    def _reverse(self) -> _Explainer:
        """Explainer of the reverse complements."""
        turned = np.ascontiguousarray(reverse_complement(self.codes))
        return replace(self, codes=turned, found={}, errors={})

    @cached_property
    def _experts(self) -> list[_Explainer]:
        """Explainers of a mixture's experts, which average over strands if the mixture does."""
        mixture = self._mixture
        both = mixture.averages_strands
        return [
            replace(
                self,
                model=StrandAveraged(expert) if both else expert,
                name=f"{self.name}, expert {name}",
                found={},
                errors={},
            )
            for name, expert in zip(mixture.expert_names, mixture.experts, strict=True)
        ]


def _check_codes(codes: Codes, flank: int) -> None:
    if codes.ndim != 2 or codes.dtype != np.uint8:
        raise ValueError(
            f"codes: found {codes.dtype} {codes.shape}, expected uint8 (N, flank + L + flank)"
        )
    if flank < 0 or codes.shape[1] <= 2 * flank:
        raise ValueError(
            f"sequences of {codes.shape[1]} bases leave no window between flanks of {flank} bases"
        )
