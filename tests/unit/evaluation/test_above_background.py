import numpy as np
import pandas as pd
import pytest

from tfmoe.evaluation.above_background import above_background, summarise_background
from tolerance import close


@pytest.fixture
def metrics():
    rows = [
        ("moe", "X", "dinucleotide", 0, 0.8),
        ("moe", "X", "dinucleotide", 1, 0.9),
        ("moe", "X", "genomic", 0, 0.7),
        ("moe", "Y", "dinucleotide", 0, 0.6),
        ("pwm", "X", "dinucleotide", np.nan, 0.75),
        ("background_vs_shuffle", "X", "dinucleotide", 0, 0.7),
        ("background_vs_shuffle", "X", "dinucleotide", 1, 0.6),
        ("background_vs_shuffle", "X", "genomic", 0, 0.5),
        ("background_vs_shuffle", "Y", "dinucleotide", 0, 0.7),
    ]
    columns = ["model", "experiment", "negatives", "seed", "auroc"]
    return pd.DataFrame(rows, columns=columns).assign(role="ood", subset="all")


def test_each_seed_is_compared_with_the_same_seed(metrics):
    expected = [0.1, 0.3, np.nan, -0.1, 0.1, 0, 0, np.nan, 0]
    close(above_background(metrics, ["dinucleotide"]), expected, size=1)


def test_means_are_over_seeds_then_sets(metrics):
    metrics["above_background"] = above_background(metrics, ["dinucleotide"])
    table = summarise_background(metrics).set_index("model")
    assert list(table.index) == ["moe", "pwm", "background_vs_shuffle"]
    assert table["sets"].tolist() == [2, 1, 2]
    np.testing.assert_allclose(table["mean_auroc"], [0.725, 0.75, 0.675])
    close(table["above_background"], [0.05, 0.1, 0], terms=2, size=1)


def test_a_run_without_the_network_has_no_difference(metrics):
    metrics = metrics[metrics["model"] != "background_vs_shuffle"]
    assert above_background(metrics, ["dinucleotide"]).isna().all()
    assert summarise_background(metrics.assign(above_background=np.nan)).empty


def test_supplied_shuffles_are_compared_if_the_config_lists_them(metrics):
    supplied = metrics.replace({"negatives": {"dinucleotide": "file"}})
    assert above_background(supplied, ["dinucleotide"]).isna().all()
    expected = [0.1, 0.3, np.nan, -0.1, 0.1, 0, 0, np.nan, 0]
    close(above_background(supplied, ["file"]), expected, size=1)
