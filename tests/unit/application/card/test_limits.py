"""Limits of a model in sentences."""

from typing import Any

from tests.fixtures.card import experiments
from tests.fixtures.config import configure

from tfmoe.application.card.limits import OPTIMISTIC, limits

THRESHOLDS = [
    {"prevalence": 1 / 6, "balance": "validation"},
    {"prevalence": 0.5, "balance": "1to10"},
]


def lines(**sections: Any) -> list[str]:
    """Return the limits of a run with these sections in its config."""
    return limits(configure(**sections), experiments(), THRESHOLDS)


def test_cells_window_and_balance_are_named() -> None:
    found = lines()
    assert "peaks of R64-1-1 from HepG2 and K562" in found[0]
    assert "101 bases" in found[1]
    assert "a few negatives per positive (5)" in found[2]
    assert found[-1] == OPTIMISTIC


def test_balances_that_differ_are_a_range() -> None:
    more = [*THRESHOLDS, {"prevalence": 0.25, "balance": "validation"}]
    assert "positive (3 to 5)" in limits(configure(), experiments(), more)[2]


def test_one_training_seed_is_a_limit() -> None:
    assert not any("spread" in line for line in lines(training={"seeds": 2}))
    assert "no spread" in lines(training={"seeds": 1})[-1]


def test_a_quick_run_is_a_limit() -> None:
    assert not any("quick" in line for line in lines())
    found = [line for line in lines(quick=True) if "quick" in line]
    assert len(found) == 1 and "1 training seed instead of 3" in found[0]


def test_without_conditioned_mixture_factors_cannot_be_asked_about() -> None:
    found = lines(conditioned={"fit": False})
    assert any("without a mixture that knows" in line for line in found)
    assert OPTIMISTIC not in found


def test_many_biosamples_are_counted() -> None:
    rows = {
        str(number): {"role": "train", "biosample": f"cell {number}"} for number in range(8)
    }  # fmt: skip
    assert "from 8 biosamples" in limits(configure(), rows, THRESHOLDS)[0]
