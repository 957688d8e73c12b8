from typing import Any

import pytest

from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import Experiment
from tfmoe.core.plan import plan_run


def config(**changes: Any) -> dict[str, Any]:
    return {
        "splits": {"test": ["chr1"], "validation": ["chr2"], "gate": ["chr3"]},
        "training": {"expert_per": "experiment", "seeds": 2},
        "attribution": {"ood": False},
    } | changes


def experiments() -> dict[str, Experiment]:
    rows = [("G1", "GATA3", "train"), ("G2", "GATA3", "train"), ("C1", "CTCF", "ood")]
    return {
        name: Experiment(name, factor, "x", role, "-", "-", "x.bed", "-")
        for name, factor, role in rows
    }


def test_one_expert_an_experiment():
    plan = plan_run(config(), experiments())
    assert plan.experts == {"G1": ["G1"], "G2": ["G2"]}
    assert (plan.training, plan.ood, plan.seeds) == (["G1", "G2"], ["C1"], [0, 1])


def test_one_expert_a_factor():
    plan = plan_run(config(training={"expert_per": "factor", "seeds": 1}), experiments())
    assert plan.experts == {"GATA3": ["G1", "G2"]}
    assert plan.attributed == [
        ("G1", "expert_GATA3"),
        ("G2", "expert_GATA3"),
        ("G1", "moe"),
        ("G2", "moe"),
    ]


def test_ood_experiments_are_attributed_on_request():
    assert ("C1", "moe") not in plan_run(config(), experiments()).attributed
    assert ("C1", "moe") in plan_run(config(attribution={"ood": True}), experiments()).attributed


def test_a_chromosome_in_two_splits():
    splits = {"test": ["chr1"], "validation": ["chr1"], "gate": ["chr3"]}
    with pytest.raises(ConfigError, match="chromosome chr1 is in test and in validation"):
        plan_run(config(splits=splits), experiments())
