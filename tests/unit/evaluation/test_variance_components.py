import numpy as np
import pandas as pd
import pytest
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from tfmoe.evaluation import variance_components
from tfmoe.evaluation.mean_squares import mean_squares
from tfmoe.evaluation.panel import make_panels
from tfmoe.evaluation.variance_components import (
    design_matrix,
    estimate,
    estimate_by_moments,
    fit_reml,
    shares_of_difference,
    to_scale,
    variance_rows,
)

# Milliken and Johnson (1992), Analysis of Messy Data; `Machines` in R's nlme: productivity of six
# workers on three machines, three times each; (machine, worker, time)
MACHINES = np.array(
    [
        [
            [52.0, 52.8, 53.1],
            [51.8, 52.8, 53.1],
            [60.0, 60.2, 58.4],
            [51.1, 52.3, 50.3],
            [50.9, 51.8, 51.4],
            [46.4, 44.8, 49.2],
        ],
        [
            [62.1, 62.6, 64.0],
            [59.7, 60.0, 59.0],
            [68.6, 65.8, 69.7],
            [63.2, 62.8, 62.2],
            [64.8, 65.0, 65.4],
            [43.7, 44.2, 43.0],
        ],
        [
            [67.5, 67.2, 66.9],
            [61.5, 61.7, 62.3],
            [70.8, 70.6, 71.0],
            [64.1, 66.2, 64.0],
            [72.1, 72.0, 71.1],
            [62.0, 61.4, 60.5],
        ],
    ]
)
# standard deviations differ by orders of magnitude, as for networks
SPREADS = {"set": 1.0, "seed": 0.05, "set:model": 0.3, "model:seed": 0.05, "set:seed": 0.04}


def draw(shape, seed):
    rng = np.random.default_rng(seed)
    cube = 0.02 * rng.normal(size=shape)
    for name, spread in SPREADS.items():
        effects = rng.normal(scale=spread, size=design_matrix(shape, name).shape[1])
        cube += (design_matrix(shape, name) @ effects).reshape(shape)
    return cube


def test_published_components_of_nlme():
    # Pinheiro and Bates (2000), Mixed-Effects Models in S and S-PLUS, section 1.3.1: standard
    # deviations of fm2Machine, lme(score ~ Machine, random = ~ 1 | Worker / Machine), by REML
    found = fit_reml(MACHINES, {"set": 10.0, "set:model": 10.0}, 1.0)
    assert np.sqrt(found["set"]) == pytest.approx(4.7810, rel=1e-4)
    assert np.sqrt(found["set:model"]) == pytest.approx(3.7295, rel=1e-4)
    assert np.sqrt(found["residual"]) == pytest.approx(0.96158, rel=1e-4)


def test_both_methods_agree_on_a_complete_table():
    cube = draw((4, 8, 5), 3)
    found = estimate(cube)
    assert min(found.moments.values()) > 0
    assert (found.method, found.note) == ("reml", "")
    for name, variance in found.variances.items():
        assert variance == pytest.approx(found.moments[name], rel=0.02), name


def test_moments_are_unbiased():
    drawn = [estimate_by_moments(mean_squares(draw((3, 6, 4), seed))) for seed in range(300)]
    means = pd.DataFrame(drawn).mean()
    for name, spread in (SPREADS | {"residual": 0.02}).items():
        assert means[name] == pytest.approx(spread**2, rel=0.2), name


def test_a_component_of_zero_is_in_the_note():
    found = estimate(MACHINES)
    assert found.moments["model:seed"] < 0
    assert found.method == "reml"
    assert found.variances["model:seed"] == pytest.approx(0, abs=2e-3)
    assert found.note == "estimated as none: seed, model:seed, set:seed"


def test_one_seed_has_two_components():
    found = estimate(MACHINES[:, :, :1])
    assert list(found.variances) == ["set", "residual"]
    assert found.variances["set"] == pytest.approx(found.moments["set"], rel=1e-3)


@pytest.mark.parametrize(
    "reason", [np.linalg.LinAlgError("Singular matrix"), ConvergenceWarning("no maximum")]
)
def test_a_fit_that_fails_leaves_the_moments(monkeypatch, reason):
    def fail(*_):
        raise reason

    monkeypatch.setattr(variance_components, "fit_reml", fail)
    found = estimate(MACHINES)
    assert found.method == "moments"
    assert found.note == f"REML did not converge ({reason})"
    assert found.variances["model:seed"] == 0 > found.moments["model:seed"]
    assert found.variances["set"] == found.moments["set"]


def test_seeds_that_are_all_alike():
    found = estimate(np.repeat(MACHINES[:, :, :1], 3, axis=2))
    assert found.method == "moments"
    assert found.note == "REML cannot be fitted: no variation is left for the residual"


def test_logit_of_a_perfect_auroc_is_infinite():
    with np.errstate(divide="ignore"):
        assert np.isinf(to_scale(np.array([1 - 1e-16, 0.5]), "logit")).tolist() == [True, False]
    assert to_scale(np.array([0.75]), "logit") == pytest.approx(np.log(3))
    assert to_scale(np.array([0.75]), "auroc") == 0.75


def make_panel(cube):
    rows = [
        (f"expert_{model}" if model else "moe", f"X{number}", seed, value)
        for (model, number, seed), value in np.ndenumerate(cube)
    ]
    table = pd.DataFrame(rows, columns=["model", "experiment", "seed", "auroc"])
    table = table.assign(role="ood", subset="all", negatives="genomic", stratum="-")
    return next(iter(make_panels(table.astype({"seed": float}), ["moe", "experts"], [])))


def test_rows_of_a_perfect_set():
    cube = 0.8 + 0.01 * draw((3, 4, 2), 1)
    cube[0, 0] = 1.0
    table = pd.DataFrame(variance_rows(make_panel(cube)))
    assert len(table) == 12
    logit = table[table["scale"] == "logit"]
    assert set(logit["note"]) == {"skipped: an AUROC of 0 or 1 has no logit"}
    assert logit["variance"].isna().all()
    assert (table.loc[table["scale"] == "auroc", "variance"] >= 0).all()


def test_rows_of_a_single_set():
    table = pd.DataFrame(variance_rows(make_panel(0.8 + 0.01 * draw((3, 1, 2), 1))))
    assert set(table["note"]) == {"skipped: 1 set, at least 2 are needed"}


def test_shares_of_the_variance_of_a_difference():
    variances = {"set": 9.0, "seed": 4.0, "set:model": 6.0, "model:seed": 2.0}
    variances |= {"set:seed": 5.0, "residual": 12.0}
    # 6 / 3 + 2 / 2 + 12 / 6 = 5; effects that all models share cancel
    expected = {"set": 0, "seed": 0, "set:model": 0.4, "model:seed": 0.2, "set:seed": 0}
    assert shares_of_difference(variances, 3, 2) == pytest.approx(expected | {"residual": 0.4})
    assert shares_of_difference(variances, 3, 1) == {}
    assert shares_of_difference(dict.fromkeys(variances, 0.0), 3, 2) == {}
