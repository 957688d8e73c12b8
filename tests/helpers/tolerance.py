"""Compare floats within the rounding errors that their type, size and sums allow.

Two kernels that compute the same sum add its terms in another order, or fuse a multiplication with
an addition. Their results then differ by a few machine epsilons for each term, relative to the size
of the terms. A constant that holds on one CPU is exceeded on the next, so tests state how many
terms the longest sum has, and `close` derives the tolerance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

EPSILONS = 10  # allowed for each term


def tolerance(
    actual: Any, expected: Any, terms: int = 1, size: Any = None, dtype: Any = None
) -> float:
    """Return the largest difference that rounding errors explain.

    The type is the coarsest float type of the two; name it in `dtype` where the values no longer
    show it, as after `item` or `tolist`. `size` is the largest absolute value, or the values to
    take it from, and by default that of `expected`; name it where the terms cancel, so that the
    result is much smaller than the terms.
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
    # plain numbers and integers are as good as exact beside computed values
    return _of_type(dtype if floats else np.float64)


def _of_type(dtype: Any) -> float:
    if hasattr(dtype, "is_floating_point"):  # a type of torch
        import torch

        return torch.finfo(dtype).eps
    return float(np.finfo(dtype).eps)
