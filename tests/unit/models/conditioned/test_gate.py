from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from tfmoe.models.conditioned.gate import EQUAL, LeftOutScores, choose_gate, combine, fit_weights
from tfmoe.models.conditioned.scores import Floats, Member

NETWORKS, KMERS, MATRIX = Member


def factors(
    number: int, strengths: dict[Member, float], independent: bool = True, windows: int = 400
) -> list[LeftOutScores]:
    """Simulate scores: standard normal noise, plus a strength for peaks."""
    found = []
    for index in range(number):
        rng = np.random.default_rng(index)
        labels = (np.arange(windows) % 4 == 0).astype(np.float32)
        kinds = {kind: rng.normal(size=windows) + s * labels for kind, s in strengths.items()}
        found.append(LeftOutScores(f"F{index}", kinds, labels, independent))
    return found


def test_the_sum_masks_kinds_that_cannot_score() -> None:
    kinds = {NETWORKS: np.array([1.0, 2.0]), MATRIX: np.array([3.0, 0.0])}
    weights = {NETWORKS: 1.0, KMERS: 100.0, MATRIX: 3.0}
    assert combine(kinds, weights).tolist() == [2.5, 0.5]
    assert combine({KMERS: np.array([7.0])}, weights).tolist() == [7]


def test_equal_members_keep_about_equal_weights() -> None:
    weights = fit_weights(factors(8, dict.fromkeys(Member, 1.0)))
    assert sum(weights.values()) == pytest.approx(3)
    assert all(0.85 < weight < 1.15 for weight in weights.values())


def test_a_useless_member_loses_weight_but_not_all_of_it() -> None:
    weights = fit_weights(factors(8, {NETWORKS: 0.0, KMERS: 1.0, MATRIX: 1.5}))
    assert weights[NETWORKS] < 0.6 < 1.1 < weights[MATRIX]
    assert weights[NETWORKS] > 0.05


def test_few_factors_move_the_weights_less() -> None:
    strengths = {NETWORKS: 0.0, KMERS: 1.0, MATRIX: 1.5}
    few, many = (fit_weights(factors(number, strengths)) for number in (3, 30))
    assert many[NETWORKS] < few[NETWORKS] < 1


def test_fitted_weights_are_kept_only_if_they_are_ahead() -> None:
    gate, nested = choose_gate(factors(8, {NETWORKS: 0.0, KMERS: 1.0, MATRIX: 1.5}))
    assert gate.fitted
    assert 0 < gate.low < gate.difference < gate.high
    assert len(nested) == 8
    assert all(weights != EQUAL for weights in nested)
    gate, nested = choose_gate(factors(8, dict.fromkeys(Member, 1.0)))
    assert not gate.fitted
    assert gate.weights == EQUAL
    assert gate.low <= 0
    assert nested == [EQUAL] * 8


@pytest.mark.parametrize("number", [0, 1, 2])
def test_too_few_factors_leave_equal_weights(number: int) -> None:
    gate, nested = choose_gate(factors(number, {NETWORKS: 0.0, KMERS: 2.0, MATRIX: 2.0}))
    assert (gate.weights, gate.fitted, len(nested)) == (EQUAL, False, number)
    assert np.isnan([gate.difference, gate.low, gate.high]).all()


def test_a_dependent_matrix_does_not_inform_its_weight() -> None:
    strengths = {NETWORKS: 1.0, KMERS: 1.0, MATRIX: 5.0}
    dependent = fit_weights(factors(8, strengths, independent=False))
    assert dependent[MATRIX] == pytest.approx(1, abs=0.1)
    assert fit_weights(factors(8, strengths))[MATRIX] > 1.5


def most_probable_weights(left_out: Sequence[LeftOutScores]) -> Floats:
    """Minimise the loss that the module describes, with numerical derivatives."""

    def loss(point: Floats) -> float:
        logs, scale, intercepts = point[:3], np.exp(point[3]), point[4:]
        value = float(np.sum(logs**2)) / (2 * 0.5**2)
        for one, intercept in zip(left_out, intercepts, strict=True):
            used = [kind for kind in one.kinds if kind != MATRIX or one.independent]
            weights = [np.exp(logs[list(Member).index(kind)]) for kind in used]
            score = np.average([one.kinds[kind] for kind in used], axis=0, weights=weights)
            logit = intercept + scale * score
            chance = 1 / (1 + np.exp(np.where(one.labels == 1, -logit, logit)))
            value -= 40 * np.log(chance).mean()
        return value

    found = np.exp(minimize(loss, np.zeros(4 + len(left_out)), method="BFGS").x[:3])
    return np.asarray(found / found.mean())


def test_weights_are_the_most_probable_ones() -> None:
    left_out = factors(5, {NETWORKS: 0.0, KMERS: 1.0, MATRIX: 2.5}, windows=60)
    left_out[1] = replace(left_out[1], independent=False)
    without = {kind: left_out[2].kinds[kind] for kind in (NETWORKS, KMERS)}
    left_out[2] = replace(left_out[2], kinds=without)
    found = list(fit_weights(left_out).values())
    assert found == pytest.approx(most_probable_weights(left_out), abs=5e-4)
    assert found == pytest.approx([0.293, 0.686, 2.021], abs=1e-3)


def test_weights_that_change_no_auroc_are_not_ahead() -> None:
    # every kind separates peaks from all other windows, so that any weights have an AUROC of 1
    gate, nested = choose_gate(factors(4, {NETWORKS: 20.0, KMERS: 30.0, MATRIX: 40.0}, windows=40))
    assert (gate.difference, gate.low, gate.high) == (0, 0, 0)
    assert (gate.weights, gate.fitted, nested) == (EQUAL, False, [EQUAL] * 4)
