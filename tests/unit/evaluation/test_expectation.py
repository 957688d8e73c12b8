"""AUROC to expect on a factor without peaks."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_tsv
from tfmoe.evaluation.expectation import (
    OPTIMISTIC,
    Prediction,
    expect_auroc,
    expected_table,
    find_coverage,
    predict_auroc,
)

AUROCS = np.array([0.7, 0.75, 0.8, 0.85, 0.9])
PAIRS = np.full(5, 10_000.0)


def left_out(aurocs=AUROCS, independent=True):
    rows = [(f"F{number}", independent, 100, 100, auroc) for number, auroc in enumerate(aurocs)]
    columns = ["factor", "independent", "positives", "negatives", "moe_conditioned"]
    return pd.DataFrame(rows, columns=columns)


def unseen(aurocs, **more):
    """Return metrics of two seeds, 0.01 below and above each AUROC."""
    rows = [
        {
            "model": "moe_conditioned",
            "experiment": f"X{number}",
            "seed": seed,
            "auroc": auroc + shift,
        }
        for number, auroc in enumerate(aurocs)
        for seed, shift in enumerate((-0.01, 0.01))
    ]
    keys = {"model": "moe_conditioned", "role": "ood", "negatives": "genomic", "subset": "all"}
    return pd.DataFrame(rows).assign(**(keys | {"n_pos": 50, "n_neg": 250} | more))


def test_the_interval_is_students_on_the_logit_scale():
    # logits 0.8473, 1.0986, 1.3863, 1.7346, 2.1972: mean 1.4528, SD 0.53153; t of 4 degrees of
    # freedom 2.13185; half width 2.13185 x 0.53153 x sqrt(1.2) = 1.24129
    found = predict_auroc(AUROCS, PAIRS)
    assert (found.low, found.estimate, found.high) == pytest.approx(
        (0.55268, 0.81043, 0.93668), abs=1e-5
    )


def test_a_wider_level_has_wider_bounds():
    narrow, wide = predict_auroc(AUROCS, PAIRS, 0.5), predict_auroc(AUROCS, PAIRS, 0.95)
    assert wide.low < narrow.low < narrow.estimate == wide.estimate < narrow.high < wide.high < 1


def test_an_auroc_of_one_is_moved_by_half_a_pair():
    aurocs = np.array([0.7, 0.75, 0.8, 0.85, 1.0])
    assert predict_auroc(aurocs, PAIRS) == predict_auroc(
        np.array([0.7, 0.75, 0.8, 0.85, 0.99995]), PAIRS
    )


def test_four_factors_are_too_few():
    assert np.isnan(list(vars(predict_auroc(AUROCS[:4], PAIRS[:4])).values())).all()


def test_coverage_has_an_exact_interval():
    found = find_coverage(np.array([0.6, 0.7, 0.95, 0.8]), Prediction(0.6, 0.8, 0.9))
    assert (found.covered, found.sets, found.coverage) == (3, 4, 0.75)
    # Clopper and Pearson for 3 of 4
    assert (found.coverage_low, found.coverage_high) == pytest.approx((0.19412, 0.99369), abs=1e-5)


@pytest.mark.parametrize(
    ("aurocs", "prediction"), [([], Prediction(0.6, 0.8, 0.9)), ([0.7], Prediction(*[np.nan] * 3))]
)
def test_without_sets_or_prediction_there_is_no_coverage(aurocs, prediction):
    found = find_coverage(np.array(aurocs), prediction)
    assert (found.covered, found.sets) == (0, len(aurocs))
    assert np.isnan([found.coverage, found.coverage_low, found.coverage_high]).all()


def test_the_table_has_one_row():
    row = expected_table(left_out(), unseen([0.8, 0.5, 0.9])).iloc[0]
    assert (row["model"], row["negatives"]) == ("moe_conditioned", "genomic")
    assert (row["factors"], row["level"]) == (5, 0.9)
    assert row["estimate"] == pytest.approx(0.8104, abs=1e-4)
    assert (row["covered"], row["sets"]) == (2, 3)
    assert row["note"] == OPTIMISTIC


def test_matrices_of_the_same_data_are_a_reservation():
    table = left_out(independent=False)
    table["independent"] = ["True", "False", "False", "False", "False"]
    note = expected_table(table, unseen([0.8])).iloc[0]["note"]
    assert note.endswith("only 1 of 5 have a matrix from other data than the run's")


@pytest.mark.parametrize(
    "other",
    [
        {"role": "adapted"},
        {"role": "same_factor"},
        {"model": "moe"},
        {"subset": "no_overlap"},
        {"negatives": "dinucleotide"},
        {"n_pos": 9},
        {"n_neg": 9},
        {"auroc": np.nan},
    ],
)
def test_only_unseen_sets_count(other):
    more = unseen([0.8], **other).assign(experiment="other")
    assert expected_table(left_out(), pd.concat([unseen([0.8]), more])).iloc[0]["sets"] == 1


def test_a_factor_without_auroc_is_left_out():
    row = expected_table(left_out([*AUROCS, np.nan]), unseen([0.8])).iloc[0]
    assert row["factors"] == 5


def test_too_few_factors_are_a_row_with_the_reason():
    row = expected_table(left_out(AUROCS[:3]), unseen([0.8])).iloc[0]
    assert np.isnan([row["low"], row["coverage"]]).all()
    assert row["sets"] == 1
    assert row["note"] == "only 3 training factors could be left out; at least 5 are needed"


def test_a_missing_column_is_named(tmp_path: Path):
    write_tsv(left_out().drop(columns="moe_conditioned"), tmp_path / "left_out.tsv")
    write_tsv(unseen([0.8]), tmp_path / "metrics.tsv")
    with pytest.raises(InputError, match=r"left_out\.tsv: column moe_conditioned is missing"):
        expect_auroc(tmp_path / "left_out.tsv", tmp_path / "metrics.tsv")
