"""Variance components of AUROCs: sets, models on a set, and repeated training."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams, VCSpec
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from tfmoe.evaluation.mean_squares import ROUNDING, MeanSquares, mean_squares
from tfmoe.evaluation.omnibus import variation_fault
from tfmoe.evaluation.panel import Panel
from tfmoe.evaluation.rows import HEAD_COLUMNS, head_values, join_notes

Floats = NDArray[np.float64]

SET, SEED = "set", "seed"
SET_MODEL, MODEL_SEED, SET_SEED, RESIDUAL = "set:model", "model:seed", "set:seed", "residual"
COMPONENTS = (SET, SEED, SET_MODEL, MODEL_SEED, SET_SEED)
ONE_SEED = (SET,)
"""With one seed, the residual is the interaction of set and model."""
SCALES = ("auroc", "logit")
# searches start above this share of the residual variance, because the likelihood is flat below
SMALLEST_START = 1e-3
VARIANCE_COLUMNS = (
    *HEAD_COLUMNS,
    "scale",
    "component",
    "variance",
    "sd",
    "method",
    "variance_moments",
    "share_of_difference",
    "note",
)


@dataclass(frozen=True)
class Components:
    """Variances of the random effects on AUROC; the models are fixed.

    Attributes
    ----------
    variances
        Estimate by `method` for each component, with the residual last.
    moments
        Estimate by the method of moments for each component; it may be negative.
    method
        ``reml``, or ``moments`` (truncated at 0) if the fit did not converge.
    note
        A remark on the estimation, or an empty string.
    """

    variances: dict[str, float]
    moments: dict[str, float]
    method: str
    note: str


def to_scale(cube: Floats, scale: str) -> Floats:
    """Convert AUROCs to one of the `SCALES`; the logits of 0 and 1 are infinite."""
    if scale == "auroc":
        return cube
    # by rounding, an AUROC of 1 may be just below 1
    return np.asarray(logit(np.where(cube > 1 - ROUNDING, 1.0, cube)), dtype=np.float64)


def estimate(cube: Floats) -> Components:
    """Estimate the variance components of a complete table.

    The method is restricted maximum likelihood with crossed random effects (`MixedLM` of
    `statsmodels`). The search starts at the estimates by moments: from its default start it reports
    convergence far from the maximum if variances differ by orders of magnitude. On a complete
    table, both methods agree unless an estimate by moments is negative (Searle, Casella and
    McCulloch 1992, Variance Components, 4.8).

    Parameters
    ----------
    cube
        float64, (k, N, S), with at least two models and sets. Values must vary after the main
        effects are removed. With one seed, the components are `ONE_SEED` and the residual.
    """
    names = COMPONENTS if cube.shape[-1] > 1 else ONE_SEED
    moments = estimate_by_moments(mean_squares(cube))
    truncated = {name: max(0.0, value) for name, value in moments.items()}
    if moments[RESIDUAL] <= ROUNDING**2:
        note = "REML cannot be fitted: no variation is left for the residual"
        return Components(truncated, moments, "moments", note)
    try:
        variances = fit_reml(cube, {name: moments[name] for name in names}, moments[RESIDUAL])
    except (np.linalg.LinAlgError, ConvergenceWarning) as reason:
        note = f"REML did not converge ({str(reason).splitlines()[0]})"
        return Components(truncated, moments, "moments", note)
    at_bound = [name for name in names if variances[name] < SMALLEST_START * variances[RESIDUAL]]
    note = f"estimated as none: {', '.join(at_bound)}" if at_bound else ""
    return Components(variances, moments, "reml", note)


def estimate_by_moments(squares: MeanSquares) -> dict[str, float]:
    """Equate mean squares with their expectations for fixed models and random sets and seeds."""
    k, sets, seeds = squares.models, squares.sets, squares.seeds
    if seeds < 2:
        interaction = float(squares.model_dataset)
        return {SET: (float(squares.dataset) - interaction) / k, RESIDUAL: interaction}
    residual = squares.residual
    found: dict[str, Any] = {
        SET: (squares.dataset - squares.model_dataset - squares.dataset_seed + residual)
        / (k * seeds),
        SEED: (squares.seed - squares.model_seed - squares.dataset_seed + residual) / (k * sets),
        SET_MODEL: (squares.model_dataset - residual) / seeds,
        MODEL_SEED: (squares.model_seed - residual) / sets,
        SET_SEED: (squares.dataset_seed - residual) / k,
        RESIDUAL: residual,
    }
    return {name: float(value) for name, value in found.items()}


def fit_reml(cube: Floats, start: dict[str, float], residual: float) -> dict[str, float]:
    """Fit the mixed model with the components named in `start`.

    Parameters
    ----------
    cube
        float64, (k, N, S).
    start, residual
        Variances at which the search starts.

    Raises
    ------
    ConvergenceWarning
        If no search converges.
    numpy.linalg.LinAlgError
        If the fit is singular.
    """
    models, scale = cube.shape[0], float(np.sqrt(residual))
    designs = [[design_matrix(cube.shape, name)] for name in start]
    labels = [[[str(column) for column in range(one[0].shape[1])]] for one in designs]
    model = MixedLM(
        cube.ravel() / scale,
        design_matrix(cube.shape, "model"),
        groups=np.zeros(cube.size),
        exog_vc=VCSpec(list(start), labels, designs),
    )
    ratios = np.array([max(value / residual, SMALLEST_START) for value in start.values()])
    parameters = MixedLMParams.from_components(
        fe_params=cube.reshape(models, -1).mean(axis=1) / scale,
        cov_re=np.zeros((0, 0)),
        vcomp=ratios,
    )
    with warnings.catch_warnings():
        # warnings of a failed search do not matter if the next one converges, as checked below
        warnings.simplefilter("ignore")
        fit = model.fit(start_params=parameters, reml=True, method=["lbfgs", "powell"])
    if not fit.converged or not np.isfinite([*fit.vcomp, fit.scale]).all():
        raise ConvergenceWarning("no search reached a maximum of the likelihood")
    variances = dict(zip(start, (fit.vcomp * residual).tolist(), strict=True))
    return variances | {RESIDUAL: float(fit.scale * residual)}


def shares_of_difference(variances: dict[str, float], sets: int, seeds: int) -> dict[str, float]:
    """Return the sources of the variance of a difference of two mean AUROCs.

    Over N sets and S seeds, the variance is ``2 (set:model / N + model:seed / S + residual / NS)``.
    Effects that all models share cancel.

    Returns
    -------
    dict
        Share of each component; empty with one seed, which cannot separate the components.
    """
    if seeds < 2 or not variances:
        return {}
    divisors = {SET_MODEL: sets, MODEL_SEED: seeds, RESIDUAL: sets * seeds}
    parts = {name: variances[name] / divisors.get(name, np.inf) for name in variances}
    total = sum(parts.values())
    return {name: part / total for name, part in parts.items()} if total > 0 else {}


def design_matrix(shape: tuple[int, ...], name: str) -> Floats:
    """Return the design matrix of a factor or interaction ``a:b`` for a raveled (k, N, S) table."""
    columns: Floats = np.ones((1, 1))
    for factor, size in zip(("model", SET, SEED), shape, strict=True):
        block = np.eye(size) if factor in name.split(":") else np.ones((size, 1))
        columns = np.asarray(np.kron(columns, block), dtype=np.float64)
    return columns


def variance_rows(panel: Panel) -> list[dict[str, Any]]:
    """Return the rows of ``variance_components.tsv``, one per scale and component."""
    rows = []
    for scale in SCALES:
        with np.errstate(divide="ignore"):
            cube = to_scale(panel.by_seed, scale)
        fault = variation_fault(panel)
        if not fault and not np.isfinite(cube).all():
            fault = "an AUROC of 0 or 1 has no logit"
        found = Components({}, {}, "", f"skipped: {fault}") if fault else estimate(cube)
        names = COMPONENTS if panel.seeds > 1 else ONE_SEED
        shares = shares_of_difference(found.variances, len(panel.sets), panel.seeds)
        for name in (*names, RESIDUAL):
            variance = found.variances.get(name, np.nan)
            row = {"scale": scale, "component": name, "variance": variance, "sd": np.sqrt(variance)}
            row |= {"method": found.method, "variance_moments": found.moments.get(name, np.nan)}
            row["share_of_difference"] = shares.get(name, np.nan)
            rows.append(head_values(panel) | row | {"note": join_notes(found.note, panel.note)})
    return rows
