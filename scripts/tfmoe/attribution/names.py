"""The names of the attribution methods; this module needs no torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tfmoe.core.errors import ConfigError

CORRECTED = "_corrected"
KNOWN = (
    "gradient",
    "gradient_corrected",
    "shiftsmooth_n<k>",
    "shiftsmooth_n<k>_corrected",
    "ism",
)
_SHIFTSMOOTH = re.compile(r"shiftsmooth_n(0|[1-9][0-9]*)")


@dataclass(frozen=True)
class Method:
    """One attribution method.

    Attributes
    ----------
    kind
        ``gradient``, ``shiftsmooth`` or ``ism``.
    shifts
        n of ShiftSmooth: shifts to each side, in bases; 0 for the other kinds.
    corrected
        Whether the mean over A, C, G, T is subtracted at each position (Majdandzic et al. 2023,
        Genome Biology 24:109). In-silico mutagenesis is always centred in this way.
    """

    kind: str
    shifts: int
    corrected: bool

    @property
    def uncorrected(self) -> Method:
        """The method that the correction is applied to; in-silico mutagenesis is its own."""
        return self if self.kind == "ism" else replace(self, corrected=False)


def parse_method(name: str) -> Method:
    """Read a method's name, such as ``shiftsmooth_n5_corrected``.

    Raises
    ------
    ConfigError
        If there is no such method; the message lists those that there are.
    """
    if name == "ism":
        return Method("ism", 0, corrected=True)
    corrected = name.endswith(CORRECTED)
    base = name.removesuffix(CORRECTED)
    if base == "gradient":
        return Method("gradient", 0, corrected)
    found = _SHIFTSMOOTH.fullmatch(base)
    if found is None:
        raise ConfigError(
            f"attribution.methods: there is no method `{name}`; there are {', '.join(KNOWN)}, "
            "where <k> is the number of bases shifted to each side, such as 5"
        )
    return Method("shiftsmooth", int(found[1]), corrected)


def check_methods(names: Sequence[str], flank: int) -> None:
    """Check the configured methods before anything runs.

    Parameters
    ----------
    names
        ``attribution.methods`` of the config.
    flank
        ``windows.flank`` of the config: real bases held beside each window, to each side.

    Raises
    ------
    ConfigError
        If a method does not exist, or shifts by more bases than a window has beside it.
    """
    for name in names:
        check_flank(name, parse_method(name), flank)


def check_flank(name: str, method: Method, flank: int) -> None:
    """Raise a `ConfigError` if `method` shifts by more bases than there are beside a window."""
    if method.shifts > flank:
        raise ConfigError(
            f"attribution.methods: `{name}` shifts by up to {method.shifts} bases, but only "
            f"{flank} are kept on each side of a window; set windows.flank to at least "
            f"{method.shifts}, or choose a smaller shift"
        )
