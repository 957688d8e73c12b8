"""Names of the attribution methods, and their parser; this module does not import torch.

A name consists of a kind and its options in this order; options in brackets may be omitted::

    gradient                                        [_both_strands][_gated][_corrected]
    gradient_x_input                                [_both_strands][_gated][_corrected]
    smoothgrad_n<k>                                 [_both_strands][_gated][_corrected]
    shiftsmooth_n<k>[_padded|_rolled][_triangular]  [_both_strands][_gated][_corrected]
    integrated_gradients_n<k>_uniform               [_both_strands][_gated]
    integrated_gradients_n<k>_shuffles<m>           [_both_strands][_gated][_corrected]
    deeplift_uniform                                [_both_strands][_gated]
    deeplift_shuffles<m>                            [_both_strands][_gated][_corrected]
    ism                                             [_both_strands][_gated]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from tfmoe.core.errors import ConfigError

BASELINE = "gradient"
"""Method that all others are compared with."""
REFERENCE = "ism"
"""Reference for faithfulness."""
KNOWN = (
    "gradient",
    "gradient_x_input",
    "smoothgrad_n<k>",
    "shiftsmooth_n<k>[_padded|_rolled][_triangular]",
    "integrated_gradients_n<k>_uniform",
    "integrated_gradients_n<k>_shuffles<m>",
    "deeplift_uniform",
    "deeplift_shuffles<m>",
    "ism",
)
# backbones with a layer for which DeepLIFT has no rule
WITHOUT_DEEPLIFT = {"danq": "its LSTM"}
_WITH_REFERENCE = ("integrated_gradients", "deeplift")
_TITLES = {
    "gradient_x_input": "gradient x input",
    "smoothgrad": "SmoothGrad",
    "shiftsmooth": "ShiftSmooth",
    "integrated_gradients": "integrated gradients",
    "deeplift": "DeepLIFT",
    "ism": "in-silico mutagenesis",
}
_COUNT = "[1-9][0-9]{0,3}"
_REFERENCE = f"uniform|shuffles{_COUNT}"
_NAME = re.compile(
    "(?:(?P<simple>gradient_x_input|gradient|ism)"
    f"|smoothgrad_n(?P<copies>{_COUNT})"
    f"|shiftsmooth_n(?P<shifts>0|{_COUNT})(?:_(?P<fill>padded|rolled))?(?P<kernel>_triangular)?"
    f"|integrated_gradients_n(?P<steps>{_COUNT})_(?P<path>{_REFERENCE})"
    f"|deeplift_(?P<lift>{_REFERENCE}))"
    "(?P<both>_both_strands)?(?P<gated>_gated)?(?P<corrected>_corrected)?"
)


@dataclass(frozen=True)
class Method:
    """One attribution method.

    Attributes
    ----------
    kind
        ``gradient``, ``gradient_x_input``, ``smoothgrad``, ``shiftsmooth``,
        ``integrated_gradients``, ``deeplift`` or ``ism``.
    number
        n: noisy copies (SmoothGrad), largest shift in bases (ShiftSmooth), or points of the path
        (integrated gradients); 0 for the other kinds.
    fill
        Bases that a shift of ShiftSmooth brings into the window: ``flank``, the real bases next to
        the window; ``padded``, columns of 0.25; or ``rolled``, the bases of its other end.
    triangular
        Whether ShiftSmooth weights a shift by s with ``n + 1 - |s|`` instead of uniformly.
    shuffles
        Number of shuffled sequences used as references by integrated gradients and DeepLIFT; 0 for
        the uniform reference (0.25 for each base) and for the other kinds.
    both_strands
        Whether the map is the mean over the sequence and its reverse complement.
    gated
        Whether the map of a mixture is the sum of the experts' maps, each multiplied by its gate
        weight. It does not change the map of a single network.
    corrected
        Whether the mean over A, C, G, T is subtracted at each position (Majdandzic et al. 2023,
        Genome Biology 24:109). Always true if the map is centred by construction.
    """

    kind: str
    number: int = 0
    fill: str = "flank"
    triangular: bool = False
    shuffles: int = 0
    both_strands: bool = False
    gated: bool = False
    corrected: bool = False

    @property
    def centred(self) -> bool:
        """Whether the map sums to zero over the bases by construction."""
        return self.kind == "ism" or (self.kind in _WITH_REFERENCE and self.shuffles == 0)

    @property
    def uncorrected(self) -> Method:
        """The method without the correction; a centred method is unchanged."""
        return self if self.centred else replace(self, corrected=False)

    @property
    def shifts(self) -> int:
        """Largest shift in bases; 0 for all kinds except ShiftSmooth."""
        return self.number if self.kind == "shiftsmooth" else 0

    @property
    def title(self) -> str:
        """The method in words, such as ``ShiftSmooth (n = 5, corrected)``."""
        reference = f"{self.shuffles} shuffles" if self.shuffles else "uniform reference"
        details = {
            f"n = {self.number}": self.number > 0 or self.kind == "shiftsmooth",
            reference: self.kind in _WITH_REFERENCE,
            self.fill: self.fill != "flank",
            "triangular": self.triangular,
            "both strands": self.both_strands,
            "gated": self.gated,
            "corrected": self.corrected and not self.centred,
        }
        shown = ", ".join(detail for detail, applies in details.items() if applies)
        return f"{_TITLES.get(self.kind, self.kind)} ({shown})".removesuffix(" ()")


def parse_method(name: str) -> Method:
    """Parse the name of a method, such as ``shiftsmooth_n5_rolled_both_strands_corrected``.

    Raises
    ------
    ConfigError
        If the method does not exist; the message lists the existing methods.
    """
    found = _NAME.fullmatch(name) if name.isascii() else None
    if found is None:
        raise ConfigError(
            f"attribution.methods: there is no method `{name}`; expected one of "
            f"{', '.join(KNOWN)}, where <k> and <m> are numbers, such as 5, and parts in brackets "
            "are optional, followed by any of _both_strands, _gated and _corrected, in this order"
        )
    groups = found.groupdict()
    reference = groups["path"] or groups["lift"] or ""
    method = Method(
        kind=groups["simple"] or re.split("_(?:n[0-9]|uniform|shuffles)", name)[0],
        number=int(groups["copies"] or groups["shifts"] or groups["steps"] or 0),
        fill=groups["fill"] or "flank",
        triangular=groups["kernel"] is not None,
        shuffles=int(reference.removeprefix("shuffles") or 0) if reference != "uniform" else 0,
        both_strands=groups["both"] is not None,
        gated=groups["gated"] is not None,
        corrected=groups["corrected"] is not None,
    )
    if method.corrected and method.centred:
        raise ConfigError(
            f"attribution.methods: `{name}` sums to zero over the bases without a correction; "
            f"write `{name.removesuffix('_corrected')}`"
        )
    return replace(method, corrected=method.corrected or method.centred)


def check_methods(names: Sequence[str], flank: int, backbones: Collection[str] = ()) -> None:
    """Check the configured methods.

    Parameters
    ----------
    names
        ``attribution.methods`` of the config.
    flank
        ``windows.flank`` of the config: real bases kept on each side of a window.
    backbones
        Backbones of the attributed networks.

    Raises
    ------
    ConfigError
        If a method does not exist, shifts by more bases than the flank has, or does not support a
        backbone.
    """
    for name in names:
        method = parse_method(name)
        check_flank(name, method, flank)
        for backbone in sorted({*backbones} & {*WITHOUT_DEEPLIFT}):
            if method.kind == "deeplift":
                raise ConfigError(
                    f"attribution.methods: `{name}` has no rule for {WITHOUT_DEEPLIFT[backbone]} "
                    f"(backbone {backbone}); use `integrated_gradients_n<k>_...` instead"
                )


def check_flank(name: str, method: Method, flank: int) -> None:
    """Raise a `ConfigError` if `method` shifts by more bases than the flank has."""
    if method.fill == "flank" and method.shifts > flank:
        raise ConfigError(
            f"attribution.methods: `{name}` shifts by up to {method.shifts} bases, but "
            f"windows.flank is {flank}; set windows.flank to at least {method.shifts}, or choose a "
            "smaller shift, `_padded` or `_rolled`"
        )
