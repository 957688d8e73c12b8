"""Cells and tables of a page."""

import numpy as np
import pandas as pd

from tfmoe.core.text import MISSING
from tfmoe.report.blocks import (
    Cell,
    Table,
    complement,
    count_cell,
    group_row,
    interval_cell,
    largest,
    number_cell,
    percent_cell,
    probability_cell,
    signed_cell,
    text_cell,
    truths,
)


def test_cells_of_numbers_are_aligned_to_the_right() -> None:
    cells = {
        number_cell(0.5): "0.500",
        count_cell(12345.0): "12,345",
        percent_cell(0.123): "12 %",
        probability_cell(0.00123): "0.0012",
        signed_cell(0.5): "+0.500",
        interval_cell(0.5, 0.4, 0.6, 1): "0.5 (0.4 to 0.6)",
    }
    assert {cell.text: cell.number for cell in cells} == dict.fromkeys(cells.values(), True)
    assert not text_cell(1).number


def test_missing_values_are_a_dash() -> None:
    for value in (None, np.nan, pd.NA):
        cells = (text_cell, number_cell, count_cell, percent_cell, probability_cell)
        assert {cell(value).text for cell in cells} == {MISSING}


def test_the_largest_value_is_compared_as_it_is_written() -> None:
    assert largest([0.9001, 0.9004, np.nan]) == "0.900"
    assert largest([np.nan]) is None


def test_true_and_false_may_be_missing() -> None:
    column = pd.Series([True, False, np.nan, "True"], dtype=object)
    assert truths(column).tolist() == [True, False, False, True]


def test_a_consensus_is_reversed_in_either_case() -> None:
    assert complement("GaT") == "AtC"


def test_columns_of_numbers_are_recognised_below_a_heading() -> None:
    table = Table("", ["a", "b"], [[Cell("x"), number_cell(1)], group_row("none")])
    assert table.numeric == [False, True]
    assert Table("", ["a"], []).numeric == [False]
