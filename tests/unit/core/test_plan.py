import dataclasses
from typing import Any

import pytest

from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import Experiment
from tfmoe.core.plan import plan_run


def config(**changes: Any) -> dict[str, Any]:
    settings = {
        "splits": {"test": ["chr1"], "validation": ["chr2"], "gate": ["chr3"]},
        "training": {"expert_per": "experiment", "seeds": 2, "max_shift": 10},
        "windows": {"length": 101, "flank": 25},
        "negatives": {"evaluation": {"genomic": 5, "dinucleotide": 0}},
        "evaluation": {"family": ["moe", "experts"]},
        "attribution": {"ood": False, "methods": ["gradient"]},
        "motifs": {"method": "gradient", "window": None, "confirmation_negatives": "genomic"},
    }
    return settings | {key: settings[key] | change for key, change in changes.items()}


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
    plan = plan_run(config(training={"expert_per": "factor"}), experiments())
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


def test_spellings_of_a_factor_share_an_expert():
    rows = experiments()
    rows["G2"] = dataclasses.replace(rows["G2"], factor="Gata3")
    plan = plan_run(config(training={"expert_per": "factor"}), rows)
    assert plan.experts == {"GATA3": ["G1", "G2"]}


def test_a_factor_named_like_a_model_can_be_no_expert():
    rows = experiments()
    rows["G1"] = dataclasses.replace(rows["G1"], factor="pooled")
    with pytest.raises(ConfigError, match="an expert would be called pooled"):
        plan_run(config(training={"expert_per": "factor"}), rows)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"training": {"max_shift": 30}}, "training.max_shift: found 30, expected at most"),
        ({"motifs": {"window": 110}}, "motifs.window: found 110, expected at most windows.length"),
        ({"motifs": {"method": "ism"}}, "motifs.method: found ism, expected one of attribution"),
        (
            {"motifs": {"confirmation_negatives": "dinucleotide"}},
            "motifs.confirmation_negatives: found dinucleotide, of which negatives.evaluation",
        ),
        ({"negatives": {"evaluation": {"genomic": 0, "dinucleotide": 0}}}, "found no negatives"),
        ({"evaluation": {"family": ["experts", "pooled"]}}, "evaluation.family: found no `moe`"),
    ],
)
def test_settings_that_do_not_fit_one_another_are_told_before_anything_runs(changes, expected):
    with pytest.raises(ConfigError) as error:
        plan_run(config(**changes), experiments())
    assert expected in str(error.value)
