"""Order and groups of evaluation sets, and means over seeds."""

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.evaluation.sets import (
    EvaluationSet,
    by_stratum,
    evaluation_sets,
    headline_models,
    mean_over_seeds,
    name_own_expert,
    primary_kind,
)

EXPERIMENTS = {
    "Swi6": {"factor": "Swi6", "role": "ood", "stratum": "no_own_motif"},
    "Reb1": {"factor": "Reb1", "role": "train", "stratum": "-"},
    "Fkh2": {"factor": "Fkh2", "role": "ood", "stratum": "within_family"},
}


def rows(*values: tuple[str, str, str, str, float | None, float]) -> pd.DataFrame:
    columns = ["experiment", "model", "negatives", "subset", "seed", "auroc"]
    return pd.DataFrame(values, columns=columns)


def test_in_distribution_comes_first_then_the_strata_in_order() -> None:
    sets = evaluation_sets(EXPERIMENTS, {"Reb1": ["Reb1"]})
    assert [found.experiment for found in sets] == ["Reb1", "Fkh2", "Swi6"]
    assert sets[0] == EvaluationSet("Reb1", "Reb1", "in_distribution", "in_distribution", "Reb1")
    assert sets[1].expert is None
    assert list(by_stratum(sets)) == ["in_distribution", "within_family", "no_own_motif"]


def test_a_set_of_a_merged_expert_has_that_expert() -> None:
    experiments = {
        name: {"factor": "CTCF", "role": "train", "stratum": "-"} for name in ("A549", "K562")
    }
    sets = evaluation_sets(experiments, {"CTCF": ["A549", "K562"]})
    assert [found.expert for found in sets] == ["CTCF", "CTCF"]
    assert sets[0].name == "A549 (CTCF)"


def test_the_name_does_not_repeat_the_factor() -> None:
    assert EvaluationSet("CTCF_K562", "CTCF", "ood", "cross_family", None).name == "CTCF_K562"


def test_genomic_negatives_are_primary() -> None:
    table = rows(
        ("a", "moe", "dinucleotide", "all", 0, 0.9), ("a", "moe", "genomic", "all", 0, 0.8)
    )
    assert primary_kind(table) == "genomic"
    assert primary_kind(table.iloc[:1]) == "dinucleotide"


def test_metrics_without_a_row_are_an_error() -> None:
    with pytest.raises(InputError, match=r"metrics\.tsv has no rows"):
        primary_kind(rows())


def test_means_are_over_the_seeds_of_one_kind_and_subset() -> None:
    table = rows(
        ("a", "moe", "genomic", "all", 0, 0.8),
        ("a", "moe", "genomic", "all", 1, 0.9),
        ("a", "moe", "dinucleotide", "all", 0, 0.1),
        ("a", "moe", "genomic", "no_overlap", 0, 0.2),
        ("a", "pwm", "genomic", "all", None, 0.7),
    )
    means = mean_over_seeds(table, "genomic").set_index("model")
    assert means["auroc"].to_dict() == pytest.approx({"moe": 0.85, "pwm": 0.7})
    assert means["n_seeds"].to_dict() == {"moe": 2, "pwm": 1}


def test_only_a_sets_own_expert_is_renamed() -> None:
    sets = evaluation_sets(EXPERIMENTS, {"Reb1": ["Reb1"]})
    table = rows(
        ("Reb1", "expert_Reb1", "genomic", "all", 0, 0.9),
        ("Fkh2", "expert_Reb1", "genomic", "all", 0, 0.6),
        ("Fkh2", "moe", "genomic", "all", 0, np.nan),
    )
    named = name_own_expert(table, sets).set_index("experiment")
    assert named.loc["Reb1", "model"] == "own_expert"
    assert list(named.loc["Fkh2", "model"]) == ["expert_Reb1", "moe"]
    assert headline_models(["expert_Reb1", "moe", "own_expert"]) == ["moe", "own_expert"]


def test_a_training_factor_in_other_cells_has_a_role_of_its_own_and_that_factors_expert() -> None:
    other = {"Reb1_heat": {"factor": "REB1", "role": "ood", "stratum": "same_factor"}}
    sets = evaluation_sets(EXPERIMENTS | other, {"Reb1": ["Reb1"]})
    assert [found.experiment for found in sets] == ["Reb1", "Reb1_heat", "Fkh2", "Swi6"]
    assert sets[1] == EvaluationSet("Reb1_heat", "REB1", "same_factor", "same_factor", "Reb1")
    assert [found.role for found in sets[2:]] == ["ood", "ood"]
