"""The names of the attribution methods; this module needs no torch.

A name is a kind and what is chosen about it, in this order; what stands in brackets may be left
out::

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
# backbones with a part that DeepLIFT has no rule for
WITHOUT_DEEPLIFT = {"danq": "its LSTM"}
LARGEST_STUDIED = 10
"""The largest n of ShiftSmooth that the study compares, in bases."""
STUDY_VARIANTS = ("", "_corrected", "_both_strands", "_both_strands_corrected")
# what the study holds against ShiftSmooth; a few references and points, as its maps are many
_STUDIED = (
    "gradient_x_input",
    "smoothgrad_n10",
    "integrated_gradients_n16_shuffles3",
    "deeplift_shuffles5",
    "ism",
)
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
        n: noisy copies of SmoothGrad, shifts to each side of ShiftSmooth, in bases, or points of
        the path of integrated gradients; 0 for the other kinds.
    fill
        What a shift of ShiftSmooth brings in: ``flank``, the real bases beside the window,
        ``padded``, columns of 0.25, or ``rolled``, the window's other end.
    triangular
        Whether ShiftSmooth weighs a shift by s with ``n + 1 - |s|``, and not all alike.
    shuffles
        Shuffles of the sequence that are its references, of integrated gradients and DeepLIFT; 0
        for the one reference of 0.25 at each base and for the other kinds.
    both_strands
        Whether the map is the mean over the sequence and its reverse complement.
    gated
        Whether a mixture's map is the sum of its experts' own, each times its gate weight; of a
        single network it is its own map.
    corrected
        Whether the mean over A, C, G, T is subtracted at each position (Majdandzic et al. 2023,
        Genome Biology 24:109); where the map has none by its construction, it is.
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
        """Whether the map sums to zero over the bases without a correction."""
        compared = self.kind in ("integrated_gradients", "deeplift")
        return self.kind == "ism" or (compared and self.shuffles == 0)

    @property
    def uncorrected(self) -> Method:
        """The method that the correction is applied to; one that is centred is its own."""
        return self if self.centred else replace(self, corrected=False)

    @property
    def shifts(self) -> int:
        """The largest shift, in bases; 0 for all kinds but ShiftSmooth."""
        return self.number if self.kind == "shiftsmooth" else 0


def parse_method(name: str) -> Method:
    """Read a method's name, such as ``shiftsmooth_n5_rolled_both_strands_corrected``.

    Raises
    ------
    ConfigError
        If there is no such method; the message lists those that there are.
    """
    found = _NAME.fullmatch(name) if name.isascii() else None
    if found is None:
        raise ConfigError(
            f"attribution.methods: there is no method `{name}`; there are {', '.join(KNOWN)}, "
            "where <k> and <m> are numbers, such as 5, and what is in brackets may be left out; "
            "behind each may stand _both_strands, _gated and _corrected, in this order"
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
            f"attribution.methods: `{name}` sums to zero over the bases as it is; leave "
            f"`_corrected` out: `{name.removesuffix('_corrected')}`"
        )
    return replace(method, corrected=method.corrected or method.centred)


def check_methods(names: Sequence[str], flank: int, backbones: Collection[str] = ()) -> None:
    """Check the configured methods before anything runs.

    Parameters
    ----------
    names
        ``attribution.methods`` of the config.
    flank
        ``windows.flank`` of the config: real bases held beside each window, to each side.
    backbones
        Those of the networks that are attributed.

    Raises
    ------
    ConfigError
        If a method does not exist, shifts by more bases than a window has beside it, or cannot be
        used with a backbone.
    """
    for name in names:
        method = parse_method(name)
        check_flank(name, method, flank)
        for backbone in sorted({*backbones} & {*WITHOUT_DEEPLIFT}):
            if method.kind == "deeplift":
                raise ConfigError(
                    f"attribution.methods: `{name}` has no rule for {WITHOUT_DEEPLIFT[backbone]}, "
                    f"and networks of the backbone {backbone} are attributed; take "
                    "`integrated_gradients_n<k>_...` instead"
                )


def study_methods(flank: int, backbone: str) -> list[str]:
    """Return the methods that the study compares.

    Parameters
    ----------
    flank
        ``windows.flank`` of the config: ShiftSmooth goes up to it, and to `LARGEST_STUDIED`.
    backbone
        Of the networks; what has no rule for it is left out.
    """
    sizes = range(1, min(LARGEST_STUDIED, flank) + 1)
    plain = ["gradient", *(f"shiftsmooth_n{size}" for size in sizes)]
    others = [
        name
        for name in _STUDIED
        if backbone not in WITHOUT_DEEPLIFT or not name.startswith("deeplift")
    ]
    return [*(f"{name}{variant}" for variant in STUDY_VARIANTS for name in plain), *others]


def check_flank(name: str, method: Method, flank: int) -> None:
    """Raise a `ConfigError` if `method` shifts by more bases than there are beside a window."""
    if method.fill == "flank" and method.shifts > flank:
        raise ConfigError(
            f"attribution.methods: `{name}` shifts by up to {method.shifts} bases, but only "
            f"{flank} are kept on each side of a window; set windows.flank to at least "
            f"{method.shifts}, choose a smaller shift, or `_padded` or `_rolled`"
        )
