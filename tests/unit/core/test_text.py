"""Numbers and lists as text."""

import numpy as np
import pandas as pd

from tfmoe.core.text import (
    MINUS,
    MISSING,
    capitalise,
    decimals,
    interval,
    list_words,
    p_value,
    percent,
    plural,
    probability,
    signed,
    whole,
)


def test_numbers_have_fixed_decimals_and_a_true_minus() -> None:
    assert decimals(0.91249) == "0.912"
    assert signed(0.0123) == "+0.012"
    assert signed(-0.0123) == "\N{MINUS SIGN}0.012"
    assert whole(12345.0) == "12,345"
    assert (percent(0.123), percent(0.123, 0)) == ("12.3 %", "12 %")


def test_small_numbers_keep_their_first_digit_and_zero_has_no_sign() -> None:
    assert (decimals(0.00049), decimals(0.0005)) == ("0.0005", "0.001")
    assert (decimals(-0.0002), decimals(-0.00002)) == (f"{MINUS}0.0002", "0")
    assert (signed(0.000312), signed(-0.0004)) == ("+0.0003", f"{MINUS}0.0004")
    assert interval(0.003, 0.0001, 0.006, sign=True) == "+0.003 (+0.0001 to +0.006)"
    for value in (0, 0.0, -0.0, 1e-9, -1e-9):
        assert (decimals(value), signed(value), decimals(value, 0)) == ("0", "0", "0")
    assert (percent(0), percent(0.0, 0), percent(0.00012)) == ("0 %", "0 %", "0.01 %")


def test_p_values_have_two_digits_or_a_bound() -> None:
    assert probability(0.000123) == "0.00012"
    assert p_value(0.0312) == "p = 0.031"
    assert p_value(0.0) == "p < 1e-300"


def test_missing_values_are_a_dash() -> None:
    for value in (None, np.nan, pd.NA):
        shown = {decimals(value), signed(value), whole(value), percent(value), probability(value)}
        assert shown == {MISSING}


def test_an_interval_follows_its_estimate() -> None:
    assert interval(0.5, 0.4, 0.6, 1) == "0.5 (0.4 to 0.6)"
    assert interval(0.5, -0.4, 0.6, 1, sign=True) == "+0.5 (\N{MINUS SIGN}0.4 to +0.6)"
    assert interval(0.5, np.nan, 0.6, 1) == "0.5"
    assert interval(np.nan, 0.1, 0.2) == MISSING


def test_nouns_follow_their_number() -> None:
    assert plural(1, "set") == "1 set"
    assert plural(1200, "search", "searches") == "1,200 searches"


def test_words_are_joined() -> None:
    assert list_words([]) == ""
    assert list_words(["a"]) == "a"
    assert list_words(["a", "b", "c"]) == "a, b and c"
    assert list_words(["a", "b"], "or") == "a or b"


def test_a_sentence_keeps_its_capitals() -> None:
    assert capitalise("the AUROC") == "The AUROC"
