from collections.abc import Callable

import numpy as np
import pandas as pd

from tfmoe.core.vocabulary import Kind
from tfmoe.data.negatives.candidate_pool import count_overlapping
from tfmoe.data.negatives.context import DrawingContext
from tfmoe.data.negatives.kinds.other_factor import draw_other_factor, other_factor_candidates

REGIONS = pd.DataFrame(
    {"chrom": ["a", "b"], "start": [0, 0], "end": [9000, 900], "split": ["train", "test"]}
)
OWN = pd.DataFrame({"chrom": ["a"], "start": [500], "end": [700]})


def windows(*rows: tuple[str, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["chrom", "start"]).astype({"chrom": "str"})
    return table.assign(end=table["start"] + 50, name="y:peak", strand="+")


def test_peaks_of_other_factors_that_are_not_peaks_of_this_one() -> None:
    first = windows(("a", 450), ("a", 451), ("a", 699), ("a", 700), ("b", 10))
    second = windows(("a", 700), ("a", 2000), ("c", 10))
    pool = other_factor_candidates([first, second], OWN, REGIONS, {"a", "b"})
    table = pool.valid_table
    assert table.to_numpy().tolist() == [
        ["a", 450, 500],
        ["a", 700, 750],
        ["b", 10, 60],
        ["a", 2000, 2050],
    ]
    assert pool.choose("train", 9, np.random.default_rng(0)).reason == (
        "3 of 6 windows of other training factors are usable; rejected: 2 touching a peak of the "
        "factor, its margin or the blacklist, 1 duplicated"
    )


def test_chromosomes_on_which_the_factor_has_no_peak() -> None:
    others = [windows(("a", 450), ("b", 10), ("b", 100))]
    pool = other_factor_candidates(others, OWN, REGIONS, {"a"})
    assert pool.valid_table["chrom"].tolist() == ["a"]
    assert pool.choose("test", 9, np.random.default_rng(0)).reason == (
        "0 of 2 windows of other training factors are usable; rejected: 2 on a chromosome without "
        "a peak of the factor"
    )


def test_windows_chosen_do_not_overlap() -> None:
    rng = np.random.default_rng(2)
    others = [windows(*[("a", int(start)) for start in rng.integers(700, 8900, 150)])] * 2
    pool = other_factor_candidates(others, OWN, REGIONS, {"a"})
    chosen = pool.choose("train", 500, np.random.default_rng(0), apart=True)
    assert count_overlapping(chosen.table) == 0
    assert 50 < len(chosen.table) < 150
    assert chosen.reason.startswith(f"{len(chosen.table)} of ")
    assert chosen.reason.endswith(" overlapping another candidate")
    few = pool.choose("train", 20, np.random.default_rng(0), apart=True)
    assert few.table.equals(chosen.table[:20])


def test_no_other_factor() -> None:
    pool = other_factor_candidates([], OWN, REGIONS, {"a"})
    assert pool.valid_rows.tolist() == []
    chosen = pool.choose("test", 3, np.random.default_rng(0), apart=True)
    assert len(chosen.table) == 0
    assert chosen.reason == "0 of 0 windows of other training factors are usable"


def test_negatives_of_one_split_are_drawn_apart(
    make_context: Callable[..., DrawingContext],
) -> None:
    others = [pd.DataFrame({"chrom": "a", "start": [100, 110, 120, 700]})]
    others = [table.assign(end=table["start"] + 20) for table in others]
    (drawn,) = draw_other_factor(make_context(Kind.OTHER_FACTOR, 4, others))
    # that at 110 overlaps two others, and the rest does not
    assert drawn.sequences.table["start"].tolist() in ([100, 120, 700], [110, 700])
    assert (drawn.summary.asked, drawn.summary.overlapping) == (4, 0)


def test_none_are_asked_for(make_context: Callable[..., DrawingContext]) -> None:
    others = [pd.DataFrame({"chrom": ["a"], "start": [100], "end": [120]})]
    assert list(draw_other_factor(make_context(Kind.OTHER_FACTOR, 0, others))) == []
