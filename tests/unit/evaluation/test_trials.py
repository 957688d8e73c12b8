import dataclasses

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_tsv
from tfmoe.evaluation.evaluate import evaluate_models
from tfmoe.evaluation.predictions import Column
from tfmoe.evaluation.statistics import run_tests
from tfmoe.evaluation.trials import (
    COLUMNS,
    bootstrap_trials,
    dropout_trials,
    read_dropout_trials,
)

KEYS = {"experiment": "X", "role": "ood", "stratum": "-", "negatives": "genomic", "subset": "all"}


def dropped(models=("moe", "expert_A", "expert_B"), probability=0.2, trials=10):
    rng = np.random.default_rng(0)
    rows = [
        (kind, model, 0, probability, trial, 0.8 + 0.01 * rng.normal())
        for kind in ("dinucleotide", "genomic")
        for model in models
        for trial in range(trials)
    ]
    return pd.DataFrame(rows, columns=["negatives", "model", "seed", "dropout", "trial", "auroc"])


def test_dropout_trials_come_from_the_file(tmp_path):
    table = dropped()
    write_tsv(table, tmp_path / "x.tsv")
    found = read_dropout_trials(tmp_path / "x.tsv")
    assert found is not None
    rows = pd.DataFrame(dropout_trials(found, KEYS), columns=COLUMNS)
    assert set(rows["negatives"]) == {"genomic"}
    assert set(rows["trials_from"]) == {"dropout"}
    assert rows[["experiment", "role", "stratum"]].drop_duplicates().to_numpy().tolist() == [
        ["X", "ood", "-"]
    ]
    own = table[table["negatives"] == "genomic"]
    np.testing.assert_allclose(rows["auroc"], own["auroc"], rtol=1e-8)
    assert rows["model"].tolist() == own["model"].tolist()


def test_networks_without_dropout_have_no_such_trials(tmp_path):
    table = dropped()
    table.loc[table["model"] == "expert_B", "dropout"] = 0.0
    write_tsv(table, tmp_path / "x.tsv")
    assert read_dropout_trials(tmp_path / "x.tsv") is None
    assert read_dropout_trials(None) is None


def test_a_damaged_file_is_named(tmp_path):
    write_tsv(dropped().drop(columns="dropout"), tmp_path / "x.tsv")
    with pytest.raises(InputError, match=r"x\.tsv.*dropout"):
        read_dropout_trials(tmp_path / "x.tsv")


def test_bootstrap_trials_use_the_first_seed_of_mixture_and_experts():
    columns = [Column("moe", 1), Column("moe", 0), Column("expert_A", 0), Column("pwm", None)]
    rng = np.random.default_rng(0)
    positive = np.arange(40) < 20
    scores = rng.normal(size=(4, 40)) + positive
    rows = pd.DataFrame(bootstrap_trials(KEYS, columns, scores, positive, 5, 1), columns=COLUMNS)
    assert set(rows["trials_from"]) == {"bootstrap"}
    assert rows.groupby("model")["seed"].unique().to_dict() == {"moe": [0], "expert_A": [0]}
    assert rows.groupby("model").size().tolist() == [5, 5]
    scores[1, 3] = np.nan
    rows = pd.DataFrame(bootstrap_trials(KEYS, columns, scores, positive, 5, 1), columns=COLUMNS)
    assert set(rows["model"]) == {"expert_A"}


@pytest.mark.parametrize(("probability", "used"), [(0.2, "dropout"), (0.0, "bootstrap")])
def test_the_published_analysis_names_its_kind_of_trials(
    make_run, settings, tmp_path, probability, used
):
    files = make_run(n_ood=1)
    paths = []
    for number in range(len(files)):
        write_tsv(dropped(probability=probability), tmp_path / f"{number}.tsv")
        paths.append(tmp_path / f"{number}.tsv")
    result = evaluate_models(files, settings, 1, paths)
    assert set(result.trials["trials_from"]) == {used}
    assert len(result.trials) == 3 * 2 * 3 * 10
    asked = dataclasses.replace(settings, trials_from="dropout")
    tests = run_tests(result.metrics, result.comparisons, result.trials, asked, 1)
    table = tests.anova_as_published
    assert set(table["trials_from"]) == {used}
    assert table["note"].str.contains("no network has dropout").all() == (used != "dropout")
