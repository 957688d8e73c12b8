"""Controls: specificity, swapped identity, and negatives that are peaks of other factors."""

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.evaluation.controls import (
    specificity,
    swapped_factor,
    without_bound_negatives,
)

POSITIVES = pd.DataFrame(
    [
        ("A", "A", "chr1", 100, 200),
        ("A", "A", "chr1", 500, 600),
        ("B_1", "B", "chr1", 200, 300),  # begins where a window of A ends
        ("B_1", "B", "chr1", 599, 699),  # shares a base with A
        ("B_2", "B", "chr2", 100, 200),
        ("C", "C", "chr1", 900, 950),
    ],
    columns=["experiment", "factor", "chrom", "start", "end"],
)


def test_positives_are_compared_with_those_of_other_factors():
    scores = {"A": np.array([3.0, 1.0, 2.0, 9.0, 0.0, 0.5])}
    row = specificity(POSITIVES, scores, "moe_conditioned").iloc[0]
    assert (row["experiment"], row["model"]) == ("A", "moe_conditioned")
    # without the overlapping window: 3 beats 2, 0 and 0.5; 1 beats 0 and 0.5
    assert (row["n_pos"], row["n_other"], row["auroc"]) == (2, 3, pytest.approx(5 / 6))
    assert row["note"] == ""


def test_other_experiments_of_the_factor_are_left_out():
    scores = {"B_1": np.array([1.0, 9.0, 2.0, 2.0, 9.0, 3.0])}
    row = specificity(POSITIVES, scores, "m").iloc[0]
    # B_2 is the same factor, and the second window of A overlaps one of B's
    assert (row["n_pos"], row["n_other"], row["auroc"]) == (2, 2, 0.5)


def test_a_blind_model_is_right_half_of_the_time_on_average():
    apart = POSITIVES[POSITIVES["experiment"].isin(["A", "B_2"])]
    blind = np.array([3.0, 1.0, 2.5])
    found = specificity(apart, {"A": blind, "B_2": blind}, "moe")
    assert found["auroc"].tolist() == [0.5, 0.5]
    assert specificity(apart, {"A": np.zeros(3)}, "moe")["auroc"].tolist() == [0.5]


def test_scores_that_are_not_finite_have_a_note():
    scores = {"A": np.array([np.nan, 1.0, 2.0, 9.0, 0.0, 0.5])}
    row = specificity(POSITIVES, scores, "m").iloc[0]
    assert np.isnan(row["auroc"])
    assert row["note"] == "1 of 5 scores are not finite"


def test_one_factor_has_nothing_to_be_compared_with():
    row = specificity(POSITIVES.iloc[:2], {"A": np.array([1.0, 2.0])}, "m").iloc[0]
    assert (row["n_other"], row["note"]) == (0, "no negatives")


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"D": np.zeros(6)}, "experiment D has no test positives"),
        ({"A": np.zeros(5)}, "specificity of A: found 5 scores, expected 6"),
    ],
)
def test_scores_that_do_not_match_the_positives(scores, message):
    with pytest.raises(InputError, match=message):
        specificity(POSITIVES, scores, "m")


FAMILIES = {"Reb1": "Myb/SANT", "TBF1": "Myb/SANT", "Gcn4": "bZIP", "Abf1": "-", "Cbf1": "bHLH"}


def test_the_swapped_factor_is_of_another_known_family_and_always_the_same():
    drawn = [swapped_factor(f"x{n}", "Tbf1", "Myb/SANT", FAMILIES, 1) for n in range(20)]
    assert set(drawn) == {"Gcn4", "Cbf1"}
    assert drawn == [swapped_factor(f"x{n}", "Tbf1", "Myb/SANT", FAMILIES, 1) for n in range(20)]
    backwards = dict(reversed(FAMILIES.items()))
    assert drawn[0] == swapped_factor("x0", "Tbf1", "Myb/SANT", backwards, 1)


def test_a_factor_of_unknown_family_is_never_swapped_with_itself():
    families = {"TBF1": "Myb/SANT", "Gcn4": "bZIP"}
    drawn = {swapped_factor(f"x{n}", "Tbf1", "-", families, 1) for n in range(20)}
    assert drawn == {"Gcn4"}


def test_without_another_family_nothing_is_swapped():
    assert swapped_factor("x", "Tbf1", "Myb/SANT", {"Reb1": "Myb/SANT", "Abf1": "-"}, 1) is None


PEAKS = pd.DataFrame({"chrom": ["chr1", "chr1"], "start": [150, 900], "end": [250, 950]})


def test_only_natural_negatives_that_overlap_a_peak_are_left_out():
    rows = [
        (1, "peak", "chr1", 150, 250, True),
        (0, "genomic", "chr1", 240, 340, False),
        (0, "genomic", "chr1", 250, 350, True),
        (0, "genomic", "chr2", 150, 250, True),
        (0, "neighbour", "chr1", 100, 151, False),
        (0, "dinucleotide", "chr1", 150, 250, True),
        (0, "other_factor", "chr1", 900, 950, True),
        (0, "file", None, None, None, True),
        (0, "genomic", None, None, None, True),
    ]
    columns = ["label", "kind", "chrom", "start", "end", "kept"]
    table = pd.DataFrame(rows, columns=columns, index=range(10, 19))
    assert without_bound_negatives(table, PEAKS).tolist() == table["kept"].tolist()


def test_without_other_peaks_all_stay():
    table = pd.DataFrame({"label": [0], "kind": ["genomic"], "chrom": ["chr1"], "start": [1]})
    assert without_bound_negatives(table.assign(end=9), PEAKS.iloc[:0]).tolist() == [True]


def test_missing_columns_are_named():
    with pytest.raises(InputError, match="predictions: column kind, end is missing"):
        without_bound_negatives(PEAKS.assign(label=0).drop(columns="end"), PEAKS)
