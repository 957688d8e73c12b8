"""Thresholds of stated precision, on logits whose thresholds can be counted by hand."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.application.model.thresholds import (
    COLUMNS,
    Scored,
    Threshold,
    find_threshold,
    make_thresholds,
    read_thresholds,
    threshold_rows,
)
from tfmoe.core.errors import InputError
from tfmoe.core.files import write_parquet, write_tsv


def scored(positives: Sequence[float], negatives: Sequence[float]) -> Scored:
    """Return windows with these logits."""
    labels = np.r_[np.ones(len(positives)), np.zeros(len(negatives))] == 1
    return Scored(np.array([*positives, *negatives], dtype=float), labels)


def at(rows: Sequence[Threshold], precision: float, balance: str = "validation") -> Threshold:
    """Return the row of a precision."""
    (row,) = (row for row in rows if (row.precision, row.balance) == (precision, balance))
    return row


# 12 positives above all negatives, then 6 negatives, then 4 positives and 4 negatives in turn
HAND = scored([*range(20, 32), 5, 4, 3, 2], [*range(10, 16), 5.5, 4.5, 3.5, 2.5] + [0] * 10)


def test_the_threshold_is_the_smallest_logit_with_the_precision() -> None:
    rows = threshold_rows("CTCF", "moe", [HAND], "genomic")
    assert [(row.balance, row.precision) for row in rows] == [
        (balance, precision)
        for balance in ("validation", "1to10")
        for precision in (0.5, 0.75, 0.9, 0.95)
    ]
    # at 2: 16 of 26 are positives; at 12: 12 of 16; at 15: 12 of 13; at 20: 12 of 12
    assert [at(rows, precision).logit for precision in (0.5, 0.75, 0.9, 0.95)] == [2, 12, 15, 20]
    half = at(rows, 0.5)
    assert (half.recall, half.called, half.positives, half.negatives) == (1, 26, 16, 20)
    assert half.prevalence == pytest.approx(16 / 36)
    assert at(rows, 0.9).recall == pytest.approx(12 / 16)
    assert (half.asked, half.model, half.kind, half.note) == ("CTCF", "moe", "genomic", "")


def test_a_precision_that_is_reached_exactly_counts() -> None:
    # 9 of 10 windows are positives, which floats can hardly represent
    rows = threshold_rows("CTCF", "moe", [scored([2] * 9, [2] + [1] * 9)], "genomic")
    assert at(rows, 0.9).logit == 2
    assert at(rows, 0.9).called == 10
    assert np.isnan(at(rows, 0.95).logit)


def test_ten_negatives_per_positive_reweight_the_negatives() -> None:
    # at 1: all 10 positives and 10 of 200 negatives; 1 / (1 + 10 * 0.05) = 0.67
    one = scored([1] * 10, [1] * 10 + [0] * 190)
    rows = threshold_rows("CTCF", "moe", [one], "genomic")
    assert at(rows, 0.5).logit == 1  # 10 of 20 at the balance of the windows
    assert np.isnan(at(rows, 0.75).logit)
    assert at(rows, 0.5, "1to10").logit == 1
    assert at(rows, 0.5, "1to10").prevalence == pytest.approx(1 / 11)
    none = at(rows, 0.75, "1to10")
    assert np.isnan(none.logit) and np.isnan(none.recall)
    assert none.note == "the precision is never above 0.666"


def test_fewer_than_ten_windows_are_not_enough() -> None:
    rows = threshold_rows("CTCF", "moe", [scored([3] * 9, [1] * 90)], "genomic")
    none = at(rows, 0.5)
    assert np.isnan(none.logit)
    assert none.called == 9
    assert none.note == "fewer than 10 windows at or above any logit with this precision"


def test_ten_negatives_per_positive_need_200_negatives() -> None:
    few, enough = (
        threshold_rows("CTCF", "moe", [scored([1] * 100, [0] * number)], "genomic")
        for number in (199, 200)
    )
    assert at(few, 0.9, "1to10").note == "199 negatives, at least 200 are needed"
    assert np.isnan(at(few, 0.9, "1to10").logit)
    assert at(few, 0.9).logit == at(enough, 0.9, "1to10").logit == 1


def test_a_precision_of_all_windows_is_no_threshold() -> None:
    rows = threshold_rows("CTCF", "moe", [scored([1] * 20, [0] * 20)], "genomic")
    assert at(rows, 0.5).note == "all windows together have this precision"
    assert np.isnan(at(rows, 0.5).logit)
    assert at(rows, 0.75).logit == 1


def test_equal_logits_are_on_the_same_side() -> None:
    # 10 of 15 windows with the logit 1 are positives, in whatever order they come
    one = scored([1] * 10, [1] * 5 + [0] * 20)
    rows = threshold_rows("CTCF", "moe", [one], "genomic")
    assert at(rows, 0.5).called == 15
    assert np.isnan(at(rows, 0.75).logit)


def test_each_factor_counts_equally() -> None:
    # of the large factor, which alone has the precision 0.5 at 0, a copy of the windows changes
    # nothing
    good, bad = scored([2] * 10, [0] * 10), scored([0] * 10, [2] * 10)
    both = threshold_rows("unseen", "moe_conditioned", [good, bad], "genomic")
    many = scored(list(good.logits[:10]) * 7, list(good.logits[10:]) * 7)
    again = threshold_rows("unseen", "moe_conditioned", [many, bad], "genomic")
    assert [row.logit for row in both] == pytest.approx([row.logit for row in again], nan_ok=True)
    assert (both[0].positives, again[0].positives) == (20, 80)


def test_a_threshold_is_rounded_down() -> None:
    logit = float(np.float32(-0.12345678))
    rows = threshold_rows("CTCF", "moe", [scored([logit] * 10, [-1] * 10)], "genomic")
    assert at(rows, 0.75).logit == pytest.approx(-0.123457, abs=1e-12)


def test_without_windows_there_is_no_threshold() -> None:
    for parts in ([], [scored([1] * 20, [])], [scored([], [1] * 20)]):
        rows = threshold_rows("unseen", "moe_conditioned", parts, "-")
        assert all(np.isnan(row.logit) for row in rows)
        assert {row.note for row in rows} == {"no windows with both positives and negatives"}


def predictions(path: Path, shift: float, conditioned: bool = True) -> Path:
    """Write predictions: 20 positives and 200 negatives of validation, and a misleading rest."""
    kinds = ["peak"] * 20 + ["genomic"] * 200 + ["dinucleotide"] * 5 + ["peak"] * 20
    split = ["validation"] * 225 + ["test"] * 20
    table = pd.DataFrame({"name": range(245), "kind": kinds, "split": split})
    table["label"] = (table["kind"] == "peak").astype("int8")
    # shuffles have high logits, and test positives low ones: neither counts
    base = np.r_[np.full(20, 1.0), np.zeros(200), np.full(5, 9.0), np.full(20, -9.0)]
    for seed, offset in ((0, -0.5), (1, 0.5)):
        table[f"moe_seed{seed}"] = (base + offset).astype("float32")
        if conditioned:
            table[f"moe_conditioned_seed{seed}"] = (base + shift + offset).astype("float32")
    write_parquet(table, path)
    return path


def left_out(path: Path, factors: Sequence[str] = ("Alpha", "Beta")) -> Path:
    """Write scores of left-out factors, of which only the first has a matrix."""
    parts = [
        pd.DataFrame(
            {
                "factor": factor,
                "matrix": matrix,
                "label": np.r_[np.ones(20), np.zeros(200)].astype("int8"),
                "kind": ["peak"] * 20 + ["genomic"] * 200,
                "logit": np.r_[np.full(20, 3.0 if matrix else 2.0), np.zeros(200)].astype(
                    "float32"
                ),
            }
        )
        for index, factor in enumerate(factors)
        for matrix in (True, False)
        if not matrix or index == 0
    ]
    empty = {name: [] for name in ("factor", "matrix", "label", "kind", "logit")}
    write_parquet(pd.concat(parts) if parts else pd.DataFrame(empty), path)
    return path


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    files = [predictions(tmp_path / "a.parquet", 4), predictions(tmp_path / "b.parquet", 5)]
    factors = {"a": "Alpha", "b": "Beta"}
    made = make_thresholds(files, factors, left_out(tmp_path / "left_out.parquet"))
    write_tsv(made, tmp_path / "thresholds.tsv")
    return read_thresholds(tmp_path / "thresholds.tsv")


def test_rows_of_a_run(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    assert list(dict.fromkeys(zip(table["asked"], table["model"], strict=True))) == [
        ("Alpha", "moe_conditioned"), ("Alpha", "moe"), ("Beta", "moe_conditioned"),
        ("Beta", "moe"), ("any", "moe"), ("unseen", "moe_conditioned"),
        ("unseen_without_matrix", "moe_conditioned"),
    ]  # fmt: skip
    assert set(table["kind"]) == {"genomic"}
    known = table[table["asked"].isin(["Alpha", "Beta"])]
    assert set(known["positives"]) == {20} and set(known["negatives"]) == {200}
    # means over seeds of the validation windows, without shuffles
    assert set(table[table["model"] == "moe"]["logit"]) == {1.0}
    assert set(table[table["asked"] == "unseen"]["positives"]) == {20}
    assert set(table[table["asked"] == "unseen_without_matrix"]["positives"]) == {40}


@pytest.mark.parametrize(
    ("factor", "options", "logit"),
    [
        ("Alpha", {}, 5.0),
        ("bETA", {}, 6.0),
        ("Delta", {}, 3.0),
        (None, {}, 3.0),
        ("Delta", {"matrix": False}, 2.0),
        ("Alpha", {"matrix": False}, 5.0),
        ("Alpha", {"model": "moe"}, 1.0),
        (None, {"model": "moe"}, 1.0),
        ("Delta", {"model": "moe", "balance": "1to10"}, 1.0),
    ],
)
def test_the_threshold_of_a_question(
    table: pd.DataFrame, factor: str | None, options: dict[str, str], logit: float
) -> None:
    assert find_threshold(table, factor, 0.9, **options) == logit  # type: ignore[arg-type]


def test_unknown_questions_are_errors_with_the_known_ones(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"precision 0\.8 .*Alpha, expected one of 0\.5, 0\.75"):
        find_threshold(table, "Alpha", 0.8)
    with pytest.raises(InputError, match=r"none of moe at the balance 1:1, .*moe at 1to10"):
        find_threshold(table, "Alpha", 0.9, model="moe", balance="1:1")


def test_a_precision_that_is_never_reached_is_an_error(table: pd.DataFrame) -> None:
    table.loc[table["asked"] == "Alpha", "logit"] = np.nan
    table["note"] = "the precision is never above 0.800"
    with pytest.raises(InputError, match=r"for Alpha: the precision is never above 0\.800; choose"):
        find_threshold(table, "Alpha", 0.9)


def test_without_left_out_factors_nothing_is_known_of_unseen_ones(tmp_path: Path) -> None:
    files = [predictions(tmp_path / "a.parquet", 4)]
    table = make_thresholds(files, {"a": "Alpha"}, left_out(tmp_path / "left_out.parquet", []))
    with pytest.raises(InputError, match="unseen: no windows with both positives and negatives"):
        find_threshold(table, None, 0.5)


def test_without_a_conditioned_mixture_there_is_the_plain_one(tmp_path: Path) -> None:
    files = [predictions(tmp_path / "a.parquet", 4, conditioned=False)]
    table = make_thresholds(files, {"a": "Alpha"}, None)
    assert set(table["model"]) == {"moe"}
    with pytest.raises(InputError, match="found none of moe_conditioned"):
        find_threshold(table, "Alpha", 0.5)


def test_experiments_of_one_factor_share_its_rows(tmp_path: Path) -> None:
    files = [predictions(tmp_path / "a.parquet", 4), predictions(tmp_path / "b.parquet", 4)]
    table = make_thresholds(files, {"a": "CTCF", "b": "ctcf"}, None)
    assert list(dict.fromkeys(table["asked"])) == ["CTCF", "any"]
    assert table["positives"].iloc[0] == 40


def test_predictions_without_the_mixture_are_an_error(tmp_path: Path) -> None:
    path = predictions(tmp_path / "a.parquet", 4, conditioned=False)
    with pytest.raises(InputError, match=r"a\.parquet: column moe_conditioned_seed0 is missing"):
        make_thresholds([path], {"a": "Alpha"}, left_out(tmp_path / "left_out.parquet"))
