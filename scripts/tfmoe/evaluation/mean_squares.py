"""Mean squares of AUROCs over crossed models, data sets and training seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# a spread of AUROCs below this value is rounding error
ROUNDING = 1e-12


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of a complete table of k models, N sets and S seeds, one value per cell.

    Attributes
    ----------
    models, sets, seeds
        k, N and S.
    model, dataset, seed, model_dataset, model_seed, dataset_seed, residual
        float64, with the shape of the analysed array without its last three axes. The residual is
        the interaction of all three factors. With one seed, the residual and every term with
        ``seed`` are NaN.
    """

    models: int
    sets: int
    seeds: int
    model: Floats
    dataset: Floats
    seed: Floats
    model_dataset: Floats
    model_seed: Floats
    dataset_seed: Floats
    residual: Floats


def mean_squares(cube: Floats) -> MeanSquares:
    """Partition the variation of AUROCs by models, sets, seeds and their interactions.

    Parameters
    ----------
    cube
        float64, (..., k, N, S): k models on N sets with S seeds, at least two models and sets.
    """
    models, sets, seeds = cube.shape[-3:]
    axes = {"model": -3, "dataset": -2, "seed": -1}
    # centring along one axis after the other yields the projections on all interactions
    parts: dict[tuple[str, ...], Floats] = {(): cube}
    for name, axis in axes.items():
        for key, part in list(parts.items()):
            parts[key] = part.mean(axis=axis, keepdims=True)
            parts[(*key, name)] = part - parts[key]
    sizes = {"model": models, "dataset": sets, "seed": seeds}
    found = {}
    for key, part in parts.items():
        df = np.prod([sizes[name] - 1 for name in key])
        copies = np.prod([size for name, size in sizes.items() if name not in key])
        total = copies * np.sum(part**2, axis=(-3, -2, -1))
        found["_".join(key)] = total / df if df else np.full_like(total, np.nan)
    return MeanSquares(
        models,
        sets,
        seeds,
        model=found["model"],
        dataset=found["dataset"],
        seed=found["seed"],
        model_dataset=found["model_dataset"],
        model_seed=found["model_seed"],
        dataset_seed=found["dataset_seed"],
        residual=found["model_dataset_seed"],
    )
