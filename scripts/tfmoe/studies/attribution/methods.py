"""Methods that the attribution study compares, and the pairs of methods that isolate one effect.

Only standard-library modules are imported, because the plan of a run uses this module.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfmoe.attribution.method_names import BASELINE, REFERENCE, WITHOUT_DEEPLIFT

LARGEST_SIZE = 10
"""Largest n of ShiftSmooth that is compared, in bases."""
VARIANTS = ("", "_corrected", "_both_strands", "_both_strands_corrected")
"""Suffixes with which the gradient and ShiftSmooth are compared."""
# alternatives to ShiftSmooth, with few references and points because many maps are computed
_ALTERNATIVES = (
    "gradient_x_input",
    "smoothgrad_n10",
    "integrated_gradients_n16_shuffles3",
    "deeplift_shuffles5",
    REFERENCE,
)
SMOOTHING, CORRECTION, STRANDS, SEEDS = "smoothing", "correction", "strands", "seeds"
"""Effects: the one property in which two methods differ."""


def study_methods(flank: int, backbone: str) -> list[str]:
    """Return the methods that the study compares.

    Parameters
    ----------
    flank
        ``windows.flank`` of the config; n of ShiftSmooth goes up to it, but at most `LARGEST_SIZE`.
    backbone
        Backbone of the networks; DeepLIFT is omitted if it has no rule for one of the layers.
    """
    sizes = range(1, min(LARGEST_SIZE, flank) + 1)
    plain = [BASELINE, *(shiftsmooth(size) for size in sizes)]
    others = [
        name
        for name in _ALTERNATIVES
        if backbone not in WITHOUT_DEEPLIFT or not name.startswith("deeplift")
    ]
    return [*(f"{name}{variant}" for variant in VARIANTS for name in plain), *others]


def shiftsmooth(size: int) -> str:
    """Return the name of plain ShiftSmooth with n = `size`."""
    return f"shiftsmooth_n{size}"


def shiftsmooth_sizes(methods: list[str]) -> list[int]:
    """Return n of each plain ShiftSmooth among the methods, sorted."""
    numbers = {name.removeprefix("shiftsmooth_n") for name in methods}
    return sorted(int(number) for number in numbers if number.isdigit())


def method_pairs() -> Iterator[tuple[str, str, str]]:
    """Yield (effect, method, method without it) for all effects except that of seeds."""
    plain = [BASELINE, *(shiftsmooth(size) for size in range(1, LARGEST_SIZE + 1))]
    for variant in VARIANTS:
        for name in plain[1:]:
            yield SMOOTHING, f"{name}{variant}", f"{BASELINE}{variant}"
    for name in plain:
        yield CORRECTION, f"{name}_corrected", name
        yield CORRECTION, f"{name}_both_strands_corrected", f"{name}_both_strands"
        yield STRANDS, f"{name}_both_strands", name
        yield STRANDS, f"{name}_both_strands_corrected", f"{name}_corrected"
