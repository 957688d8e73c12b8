"""How numbers are written."""

import numpy as np
import pandas as pd

from tfmoe.report.blocks import (
    MISSING,
    Cell,
    Table,
    count,
    decimals,
    group_row,
    interval,
    largest,
    number,
    percent,
    plural,
    probability,
    signed,
    text,
    truths,
)


def test_numbers_have_fixed_decimals_and_a_true_minus() -> None:
    assert decimals(0.91249) == "0.912"
    assert signed(0.0123) == "+0.012"
    assert signed(-0.0123) == "\u22120.012"
    assert probability(0.000123) == "0.00012"
    assert count(12345.0).text == "12,345"
    assert percent(0.123).text == "12 %"


def test_what_is_missing_is_a_dash() -> None:
    for value in (None, np.nan, pd.NA):
        assert {text(value).text, number(value).text, count(value).text} == {MISSING}
        assert percent(value).text == MISSING
    assert interval(np.nan, 0.1, 0.2).text == MISSING


def test_an_interval_stands_behind_its_estimate() -> None:
    assert interval(0.5, 0.4, 0.6, 1).text == "0.5 (0.4 to 0.6)"
    assert interval(0.5, np.nan, 0.6, 1).text == "0.5"


def test_the_largest_is_compared_as_it_is_written() -> None:
    assert largest([0.9001, 0.9004, np.nan]) == "0.900"
    assert largest([np.nan]) is None


def test_true_and_false_may_be_missing() -> None:
    column = pd.Series([True, False, np.nan, "True"], dtype=object)
    assert truths(column).tolist() == [True, False, False, True]


def test_nouns_follow_their_number() -> None:
    assert plural(1, "set") == "1 set"
    assert plural(1200, "search", "searches") == "1,200 searches"


def test_columns_of_numbers_are_known_below_a_group() -> None:
    table = Table("", ["a", "b"], [[Cell("x"), number(1)], group_row("none")])
    assert table.numeric == [False, True]
    assert Table("", ["a"], []).numeric == [False]
