"""Compare floats within the rounding errors that their type, size and sums allow.

Kernels may add the terms of a sum in different orders, or fuse a multiplication with an addition.
Their results then differ by a few machine epsilons per term, relative to the size of the terms. A
constant tolerance that holds on one CPU may fail on another, so tests give the number of terms in
the longest sum, and `close` derives the tolerance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

EPSILONS = 10  # allowed per term


def tolerance(
    actual: Any, expected: Any, terms: int = 1, size: Any = None, dtype: Any = None
) -> float:
    """Return the largest difference that rounding errors explain.

    The type is the coarser float type of the two values; pass it as `dtype` if they have lost it,
    as after `item` or `tolist`. `size` is the largest absolute value, or an array with that value;
    the default is `expected`. Pass it if the terms cancel, so that the result is much smaller than
    the terms.
    """
    found = np.abs(_array(expected if size is None else size))
    largest = float(np.max(found[np.isfinite(found)], initial=0))
    epsilons = [_epsilon(actual), _epsilon(expected)] if dtype is None else [_of_type(dtype)]
    return EPSILONS * terms * max(epsilons) * largest


def close(actual: Any, expected: Any, terms: int = 1, size: Any = None, dtype: Any = None) -> None:
    """Fail unless both have the same shape, and the same values within the tolerance."""
    found, wanted = _array(actual), _array(expected)
    if wanted.ndim and found.shape != wanted.shape:
        raise AssertionError(f"found the shape {found.shape}, expected {wanted.shape}")
    allowed = tolerance(actual, expected, terms, size, dtype)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=allowed)


def _array(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    if hasattr(values, "detach"):  # a tensor of torch
        values = values.detach().cpu().double().numpy()
    return np.asarray(values, dtype=np.float64)


def _epsilon(values: Any) -> float:
    dtype = values.dtype if hasattr(values, "detach") else np.asarray(values).dtype
    floats = dtype.is_floating_point if hasattr(values, "detach") else dtype.kind == "f"
    # plain numbers and integers are exact compared with computed values
    return _of_type(dtype if floats else np.float64)


def _of_type(dtype: Any) -> float:
    if hasattr(dtype, "is_floating_point"):  # a type of torch
        import torch

        return torch.finfo(dtype).eps
    return float(np.finfo(dtype).eps)
