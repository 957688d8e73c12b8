from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_parquet, write_tsv
from tfmoe.core.paired_interval import paired_interval
from tfmoe.evaluation.evaluate import evaluate_models
from tfmoe.evaluation.scored_sets import ExperimentLabels
from tfmoe.studies.recipes.comparison import (
    EFFECT_COLUMNS,
    RecipeNames,
    faithfulness_effect,
    recipe_effect,
)

OWN = RecipeNames("moe", "mean_of_experts", {"A": "expert_A", "B": "expert_B"})
ROBUST = RecipeNames("moe_robust", "robust_mean_of_experts", {"A": "robust_expert_A"})
SETS = {"A": "in_distribution", "B": "in_distribution", "X": "ood"}


def metrics(values):
    """Give metrics of models on sets: {(model, experiment): one AUROC a seed}."""
    rows = [
        {
            "model": model,
            "experiment": experiment,
            "factor": experiment.lower(),
            "role": SETS[experiment],
            "stratum": "-",
            "negatives": "genomic",
            "subset": "all",
            "seed": seed,
            "auroc": value,
        }
        for (model, experiment), seeds in values.items()
        for seed, value in enumerate(seeds)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def effect():
    own = {
        ("moe", "A"): [0.9, 0.8, 0.7],
        ("moe", "B"): [0.7, 0.8, 0.9],
        ("moe", "X"): [0.6, 0.6, np.nan],
        ("expert_A", "A"): [0.8, 0.8, 0.8],
        ("expert_B", "B"): [0.8, 0.8, 0.8],
        ("expert_A", "X"): [0.5, 0.5, 0.5],
        ("moe_robust", "A"): [0.1, 0.1, 0.1],
    }
    other = {
        ("moe_robust", "A"): [0.91, 0.82, 0.73],
        ("moe_robust", "B"): [0.70, 0.80, 0.90],
        ("moe_robust", "X"): [0.6, 0.6, 0.6],
        ("robust_expert_A", "A"): [0.7, 0.7, 0.7],
        ("robust_expert_A", "X"): [0.4, 0.4, 0.4],
    }
    experts = {"A": "A", "B": "B"}
    return recipe_effect(metrics(own), metrics(other), (OWN, ROBUST), experts, 0.05)


def pick(table, model, experiment, role="in_distribution"):
    found = table[(table["model"] == model) & (table["experiment"] == experiment)]
    return found[found["role"] == role].iloc[0]


def test_differences_are_paired_by_seed(effect):
    assert tuple(effect.columns) == EFFECT_COLUMNS
    row = pick(effect, "mixture", "A")
    assert (row["seeds"], row["sets"], row["factor"]) == (3, 1, "a")
    assert (row["own_mean"], row["own_sd"]) == pytest.approx((0.8, 0.1))
    assert row["recipe_mean"] == pytest.approx(0.82)
    assert row["difference"] == pytest.approx(0.02)
    # t(0.975, 2) = 4.302653, and the differences .01, .02, .03 have the standard deviation .01
    half = 4.302653 * 0.01 / 3**0.5
    assert row["difference_high"] - row["difference"] == pytest.approx(half, rel=1e-6)
    assert row["difference"] - row["difference_low"] == pytest.approx(half, rel=1e-6)


def test_means_are_over_the_sets_of_a_role_seed_by_seed(effect):
    row = pick(effect, "mixture", "-")
    assert (row["sets"], row["seeds"]) == (2, 3)
    assert row["own_sd"] == pytest.approx(0), "A and B make up for one another"
    assert row["difference"] == pytest.approx(0.01)
    ood = effect[(effect["model"] == "mixture") & (effect["role"] == "ood")]
    assert ood["experiment"].tolist() == ["X"], "a seed is missing there"
    assert np.isnan(ood["difference"].iloc[0])


def test_an_own_expert_is_compared_only_on_its_own_experiment(effect):
    rows = effect[effect["model"] == "own_expert"]
    assert rows["experiment"].tolist() == ["A", "-"], "the recipe has no expert of B"
    assert rows["difference"].tolist() == pytest.approx([-0.1, -0.1])
    assert (effect["model"] == "mean_of_experts").sum() == 0, "neither was scored"


def test_two_seeds_have_no_interval():
    assert np.isnan(paired_interval(np.array([0.1, 0.2]), 0.05)).all()


def test_the_predictions_of_another_recipe_alone_can_be_scored(tmp_path: Path, settings):
    rows = [("p", 1, "peak", 2.0), ("q", 1, "peak", 0.5), ("n", 0, "genomic", 1.0)]
    table = pd.DataFrame(rows, columns=["name", "label", "kind", "moe_robust_seed0"])
    table["robust_expert_A_seed0"] = -table["moe_robust_seed0"]
    table = table.assign(split="test", overlaps_training_peak=False)
    write_parquet(table, tmp_path / "A.parquet")
    labels = ExperimentLabels("A", "a", "in_distribution", "-")
    found = evaluate_models({labels: tmp_path / "A.parquet"}, settings, 1).metrics
    assert dict(zip(found["model"], found["auroc"], strict=True)) == {
        "moe_robust": 0.5,
        "robust_expert_A": 0.5,
    }


def faithfulness(path: Path, model: str, spearman: float) -> Path:
    row = {
        "experiment": "A",
        "factor": "a",
        "model": model,
        "method": "gradient",
        "n_sequences": 50,
        "n_zero": 0,
        "n_constant": 0,
    }
    for name in ("spearman", "spearman_map", "gain"):
        row |= {name: spearman, f"{name}_low": spearman - 0.1, f"{name}_high": spearman + 0.1}
    write_tsv(pd.DataFrame([row]), path)
    return path


def test_faithfulness_of_both_recipes_is_joined(tmp_path: Path):
    own = faithfulness(tmp_path / "own.tsv", "expert_A", 0.6)
    other = faithfulness(tmp_path / "other.tsv", "robust_expert_A", 0.75)
    row = faithfulness_effect([own], [other]).iloc[0]
    assert (row["own_model"], row["recipe_model"]) == ("expert_A", "robust_expert_A")
    assert row["difference_spearman"] == pytest.approx(0.15)
    assert (row["own_spearman_low"], row["recipe_spearman_high"]) == pytest.approx((0.5, 0.85))
    (tmp_path / "other.tsv").write_text("experiment\tfactor\tmethod\n")
    with pytest.raises(InputError, match=r"other\.tsv"):
        faithfulness_effect([own], [tmp_path / "other.tsv"])
