"""Attribution by a method's name: one interface to all methods."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from tfmoe.attribution.deeplift import deeplift
from tfmoe.attribution.gradients import explained, input_gradients
from tfmoe.attribution.integrated import integrated_gradients, smoothgrad
from tfmoe.attribution.ism import in_silico_mutagenesis
from tfmoe.attribution.maps import Maps, centre
from tfmoe.attribution.method_names import Method, check_flank, parse_method
from tfmoe.attribution.references import Compared
from tfmoe.attribution.shiftsmooth import shiftsmooth
from tfmoe.core.dna import Codes, one_hot, reverse_complement
from tfmoe.core.errors import TrainingError
from tfmoe.core.seeds import generator
from tfmoe.models.expert import StrandAveraged
from tfmoe.models.moe import Mixture
from tfmoe.models.prediction import predict_mixture

logger = logging.getLogger(__name__)

# share of the logits' differences that contributions may miss: a quadrature is not exact, rules are
COARSE = 0.05
BROKEN = 0.01
# kinds that draw neither noise nor references
NOTHING_DRAWN = ("gradient", "shiftsmooth", "ism")


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
        Takes one-hot float32 (B, 4, L), gives logits (B,). It is moved to `device`; its mode and
        its weights are left as they were.
    codes
        uint8 (N, flank + L + flank): each window with the real bases beside it, 4 where there are
        none.
    flank
        Bases beside the window on each side.
    method
        A name such as ``shiftsmooth_n5_corrected``; see `tfmoe.attribution.method_names`.
    batch_size
        Windows a pass; it bounds the memory.
    device
        Where to compute.
    seed
        Of the noise of SmoothGrad and of shuffled references.
    name
        The model's name, for messages.

    Returns
    -------
    numpy.ndarray
        float32 (N, 4, L): hypothetical contributions, what each base would add at each position;
        of gradient x input, what each base does add, so that three of four are zero.

    Raises
    ------
    ConfigError
        If the method does not exist, shifts by more bases than `flank`, or has no rule for the
        model.
    TrainingError
        If DeepLIFT's contributions do not add up.
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
    """Attribute by several methods, computing what they share once.

    The arguments and errors are those of `attribute`. A map, its corrected form and its product
    with the input share a pass, and so does one strand with both.

    Returns
    -------
    dict
        Maps, float32 (N, 4, L), by the method's name, in the order given.
    """
    _check_codes(codes, flank)
    parsed = {method: parse_method(method) for method in methods}
    for method, known in parsed.items():
        check_flank(method, known, flank)
    wanted = list(parsed.values())
    subject = _Subject(model.to(device), codes, flank, batch_size, device, seed, name, wanted)
    with explained(model):
        return {method: subject.explain(known) for method, known in parsed.items()}


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

    The arguments are those of `attribute`; the method is one without ``_gated``, whose maps with it
    are the sums of these.

    Returns
    -------
    dict
        Maps, float32 (N, 4, L), by the expert's name: of its own logit, times its gate weight.
    """
    _check_codes(codes, flank)
    known = parse_method(method)
    check_flank(method, known, flank)
    subject = _Subject(mixture.to(device), codes, flank, batch_size, device, seed, name)
    with explained(mixture):
        maps = subject.explain_experts(known)
    return dict(zip(mixture.expert_names, maps, strict=True))


@dataclass(eq=False)
class _Subject:
    """A model and sequences, with the maps that there are of them already.

    Of ShiftSmooth with several n among those `wanted`, the gradients of the largest serve all.
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

    def explain(self, method: Method) -> Maps:
        """Return the maps, from those of simpler methods as far as they are made of these."""
        if method not in self.found:
            self.found[method] = self._explain(method)
        return self.found[method]

    def explain_experts(self, method: Method) -> list[Maps]:
        """Return the maps of a mixture's experts, each times its gate weight."""
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
            if self._averages_strands and method.kind in NOTHING_DRAWN:
                return self.explain(one)  # the other strand's map is this one, turned
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
        """Compute ShiftSmooth for this n and those wanted of the same fill and kernel."""
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
        self._check_convergence(method, found, windows)
        return found.maps

    def _check_convergence(self, method: Method, found: Compared, windows: Tensor) -> None:
        missed = found.convergence(windows)
        what = f"{self.name}: the contributions of {method.kind} miss {100 * missed:.2g} % of"
        if method.kind == "deeplift" and not missed <= BROKEN:
            raise TrainingError(
                f"{what} the differences of the logits from their references': a part of the "
                "network is a function that DeepLIFT has no rule for, or its weights are not "
                "finite; take `integrated_gradients_n<k>_...` instead"
            )
        if missed > COARSE:
            logger.warning(
                "%s the differences of the logits with %d points; take more", what, method.number
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
            raise TypeError(f"{self.name} is no mixture")
        return self.model

    @cached_property
    def _reverse(self) -> _Subject:
        """The other strand."""
        turned = np.ascontiguousarray(reverse_complement(self.codes))
        return replace(self, codes=turned, found={})

    @cached_property
    def _experts(self) -> list[_Subject]:
        """The experts of a mixture, each as it is read there."""
        mixture = self._mixture
        both = mixture.averages_strands
        return [
            replace(
                self,
                model=StrandAveraged(expert) if both else expert,
                name=f"{self.name}, expert {name}",
                found={},
            )
            for name, expert in zip(mixture.expert_names, mixture.experts, strict=True)
        ]


def _check_codes(codes: Codes, flank: int) -> None:
    if codes.ndim != 2 or codes.dtype != np.uint8:
        raise ValueError(
            f"codes are {codes.dtype} {codes.shape}; expected uint8 (N, flank+L+flank)"
        )
    if flank < 0 or codes.shape[1] <= 2 * flank:
        raise ValueError(
            f"sequences of {codes.shape[1]} bases leave no window between flanks of {flank}"
        )
