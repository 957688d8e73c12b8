"""Means of the controls over factors."""

import numpy as np
import pandas as pd
import pytest

from tfmoe.evaluation.control_summary import CONTROL_COLUMNS, SUMMARY_COLUMNS, summarise_controls


def controls(rows: list[tuple[str, str, float, float]], **changes: object) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["control", "factor", "auroc", "reference"])
    keys = {"subset": "all", "n_pos": 10, "n_neg": 50}
    table = table.assign(difference=table["auroc"] - table["reference"], **(keys | changes))
    return table.reindex(columns=list(CONTROL_COLUMNS))


ROWS = [
    ("without_matrix", "A", 0.6, 0.8),
    ("without_matrix", "A", 0.8, 0.8),
    ("without_matrix", "B", 0.7, 0.9),
    ("without_matrix", "C", 0.5, 0.8),
]


def test_experiments_of_a_factor_count_as_one():
    (row,) = summarise_controls(controls(ROWS)).to_dict("records")
    assert (row["control"], row["subset"], row["factors"]) == ("without_matrix", "all", 3)
    # A has 0.7 and 0.8 on average
    assert row["auroc"] == pytest.approx((0.7 + 0.7 + 0.5) / 3)
    assert row["reference"] == pytest.approx((0.8 + 0.9 + 0.8) / 3)
    assert row["difference"] == pytest.approx(-0.2)
    # differences -0.1, -0.2, -0.3: SD 0.1, t of 2 degrees of freedom 4.3027
    assert (row["low"], row["high"]) == pytest.approx((-0.44841, 0.04841), abs=1e-5)


@pytest.mark.parametrize("change", [{"n_pos": 9}, {"n_neg": 9}, {"auroc": np.nan}])
def test_sets_that_are_small_or_without_auroc_do_not_count(change: dict):
    more = controls([("without_matrix", "D", 0.1, 0.9)]).assign(**change)
    (row,) = summarise_controls(pd.concat([controls(ROWS), more])).to_dict("records")
    assert row["factors"] == 3


def test_two_factors_have_no_interval():
    row = summarise_controls(controls(ROWS[:3])).iloc[0]
    assert row["factors"] == 2
    assert np.isnan([row["low"], row["high"]]).all()


def test_controls_come_in_the_order_of_the_report():
    rows = [("specificity", "A", 0.6, 0.5), ("without_kmers", "A", 0.6, 0.5), ROWS[0]]
    both = pd.concat([controls(rows, subset="no_overlap"), controls(rows)])
    found = summarise_controls(both)
    assert found["control"].tolist() == [
        *["without_kmers"] * 2, *["without_matrix"] * 2, *["specificity"] * 2
    ]  # fmt: skip
    assert found["subset"].tolist() == ["all", "no_overlap"] * 3


def test_no_rows_are_an_empty_table():
    found = summarise_controls(controls([]))
    assert found.empty
    assert tuple(found.columns) == SUMMARY_COLUMNS
