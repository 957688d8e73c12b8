"""Published AUROCs, and the table that compares them with the run."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.experiments import read_experiments
from tfmoe.evaluation.sets import EvaluationSet, evaluation_sets
from tfmoe.studies.paper.benchmark import MEAN, benchmark_table, read_published

Sets = list[EvaluationSet]
ROOT = Path(__file__).resolve().parents[4]
PUBLISHED = ROOT / "resources/published.tsv"
EMPTY = pd.DataFrame(columns=["work", "experiment", "role", "auroc", "sd"])


@pytest.fixture
def paper() -> tuple[Sets, dict[str, str]]:
    """Return the sets of the paper's run and their checksums."""
    rows = read_experiments(ROOT / "config/paper/experiments.tsv")
    experiments = {
        name: {"factor": row.factor, "role": row.role, "stratum": row.stratum}
        for name, row in rows.items()
    }
    return evaluation_sets(experiments, {}), {name: row.sha256 for name, row in rows.items()}


def test_the_nine_sets_are_known_by_their_files(paper: tuple[Sets, dict[str, str]]) -> None:
    sets, checksums = paper
    table = read_published(PUBLISHED, checksums, sets)
    values = table[table["work"] == "published"].set_index("experiment")["auroc"].drop(MEAN)
    assert values.to_dict() == {
        "ARID3A": 0.715,
        "FOXM1": 0.801,
        "GATA3": 0.715,
        "BCLAF1": 0.727,
        "CTCF": 0.934,
        "POLR2A": 0.662,
        "RBBP5": 0.681,
        "SAP30": 0.663,
        "STAT3": 0.757,
    }
    follow_up = table[table["work"] == "follow_up"].set_index("role")
    assert follow_up["auroc"].to_dict() == {"in_distribution": 0.833, "ood": 0.777}
    assert follow_up["sd"]["ood"] == 0.003


@pytest.mark.parametrize("work", ["published", "rerun"])
def test_the_published_means_are_those_of_the_published_sets(
    paper: tuple[Sets, dict[str, str]], work: str
) -> None:
    sets, checksums = paper
    table = read_published(PUBLISHED, checksums, sets)
    own = table[table["work"] == work]
    means = own[own["experiment"] == MEAN].set_index("role")["auroc"]
    by_set = own[own["experiment"] != MEAN].groupby("role")["auroc"].mean()
    assert means.to_dict() == pytest.approx(by_set.to_dict(), abs=0.001)


def test_a_set_of_the_same_name_and_another_file_is_another(
    paper: tuple[Sets, dict[str, str]],
) -> None:
    sets, checksums = paper
    table = read_published(PUBLISHED, checksums | {"CTCF": "0" * 64}, sets)
    assert "CTCF" not in set(table["experiment"])
    assert set(table.loc[table["experiment"] == MEAN, "role"]) == {"in_distribution"}, (
        "a mean over other sets is not comparable"
    )


def test_files_without_a_checksum_are_not_those_of_the_paper(
    paper: tuple[Sets, dict[str, str]],
) -> None:
    sets, checksums = paper
    assert len(read_published(PUBLISHED, dict.fromkeys(checksums, "-"), sets)) == 0


@pytest.fixture
def metrics() -> pd.DataFrame:
    values = {
        ("moe", "Reb1", "all"): [0.90, 0.92],
        ("moe", "Tbf1", "all"): [0.80, 0.84],
        ("moe", "Tbf1", "no_overlap"): [0.70, 0.70],
        ("background_vs_shuffle", "Tbf1", "all"): [0.60, 0.60],
    }
    rows = [
        (model, experiment, subset, seed, value, "file", 500, 400)
        for (model, experiment, subset), by_seed in values.items()
        for seed, value in enumerate(by_seed)
    ]
    rows.append(("moe", "Tbf1", "all", 0, 0.1, "dinucleotide", 500, 400))
    columns = ["model", "experiment", "subset", "seed", "auroc", "negatives", "n_pos", "n_neg"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def published() -> pd.DataFrame:
    rows = [
        ("published", "Tbf1", "ood", 0.75, np.nan),
        ("published", MEAN, "ood", 0.74, np.nan),
        ("follow_up", MEAN, "ood", 0.77, 0.003),
    ]
    return pd.DataFrame(rows, columns=list(EMPTY.columns))


def test_a_set_has_means_over_seeds_and_differences(
    metrics: pd.DataFrame, published: pd.DataFrame, sets: Sets
) -> None:
    table = benchmark_table(metrics, published, sets, "file")
    row = table[(table["subset"] == "all") & (table["experiment"] == "Tbf1")].iloc[0]
    assert (row["n_pos"], row["n_neg"], row["seeds"]) == (500, 400, 2)
    assert row["moe"] == pytest.approx(0.82)
    assert row["moe_sd"] == pytest.approx(0.04 / np.sqrt(2))
    assert row["moe_minus_published"] == pytest.approx(0.07)
    assert row["moe_minus_background_vs_shuffle"] == pytest.approx(0.22)
    assert np.isnan(row["moe_as_published"])


def test_the_mean_over_sets_is_joined_with_the_published_mean(
    metrics: pd.DataFrame, published: pd.DataFrame, sets: Sets
) -> None:
    table = benchmark_table(metrics, published, sets, "file")
    row = table[(table["experiment"] == MEAN) & (table["role"] == "ood")].iloc[0]
    assert row[["published", "follow_up", "follow_up_sd"]].tolist() == [0.74, 0.77, 0.003]
    assert row["moe"] == pytest.approx(0.82)


def test_published_values_are_given_for_all_sequences_only(
    metrics: pd.DataFrame, published: pd.DataFrame, sets: Sets
) -> None:
    table = benchmark_table(metrics, published, sets, "file")
    own = table[table["subset"] == "no_overlap"]
    assert list(own["experiment"]) == ["Tbf1", MEAN]
    assert own["moe"].tolist() == [0.7, 0.7]
    assert own["published"].isna().all()


def test_a_model_that_lacks_a_set_has_no_mean(metrics: pd.DataFrame, sets: Sets) -> None:
    one = [
        EvaluationSet(found.experiment, found.factor, "ood", "cross_family", None) for found in sets
    ]
    table = benchmark_table(metrics, EMPTY, one, "file")
    row = table[(table["experiment"] == MEAN) & (table["subset"] == "all")].iloc[0]
    assert row["moe"] == pytest.approx(0.865)
    assert np.isnan(row["background_vs_shuffle"])
