"""Role in the results and own expert of training, same-factor and unseen experiments."""

import pytest

from tfmoe.core.relations import evaluation_role, experts_of, own_experts


@pytest.mark.parametrize(
    ("role", "stratum", "expected"),
    [
        ("train", "-", "in_distribution"),
        ("ood", "same_factor", "same_factor"),
        ("ood", "within_family", "ood"),
        ("ood", "no_own_motif", "ood"),
    ],
)
def test_role_in_the_results(role: str, stratum: str, expected: str) -> None:
    assert evaluation_role(role, stratum) == expected


def test_an_expert_per_experiment_or_per_factor() -> None:
    factors = {"a": "CTCF", "b": "MAX", "c": "ctcf"}
    assert experts_of(factors, "experiment") == {"a": ["a"], "b": ["b"], "c": ["c"]}
    assert experts_of(factors, "factor") == {"CTCF": ["a", "c"], "MAX": ["b"]}


def test_of_several_experts_of_a_factor_the_first_scores_other_cells() -> None:
    factors = {"C": "ctcf", "B": "CTCF", "A": "CTCF", "X": "YY1"}
    assert own_experts(factors, {"B": ["B"], "A": ["A"]}) == {"C": "B", "B": "B", "A": "A"}


def test_an_expert_of_several_experiments_scores_all_cells_of_its_factor() -> None:
    factors = {"A": "CTCF", "B": "CTCF", "C": "CTCF"}
    assert own_experts(factors, {"CTCF": ["A", "B"]}) == dict.fromkeys("ABC", "CTCF")


def test_without_experts_no_experiment_has_one() -> None:
    assert own_experts({"A": "CTCF"}, {}) == {}
