"""Typed numba decorators and the random number generator of compiled loops."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import numpy as np
from numba import njit

# increment of SplitMix64 (Steele, Lea and Flood 2014): the k-th number of a stream is
# mix(seed + k * STEP)
STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_U27, _U30, _U31 = np.uint64(27), np.uint64(30), np.uint64(31)

_Function = TypeVar("_Function")


class _Decorator(Protocol):
    """Type of numba's decorators, which keep the type of a function."""

    def __call__(self, function: _Function, /) -> _Function: ...


compiled: _Decorator = njit(cache=True, nogil=True)
inlined: _Decorator = njit(inline="always")


@inlined
def mix(bits: Any) -> Any:
    """Hash a uint64 to a uint64 that looks random."""
    bits = (bits ^ (bits >> _U30)) * _MIX_1
    bits = (bits ^ (bits >> _U27)) * _MIX_2
    return bits ^ (bits >> _U31)
