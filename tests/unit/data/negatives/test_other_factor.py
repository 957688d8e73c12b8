import numpy as np
import pandas as pd

from tfmoe.data.negatives.candidate_pool import count_overlapping
from tfmoe.data.negatives.other_factor import offer_other_factors

REGIONS = pd.DataFrame(
    {"chrom": ["a", "b"], "start": [0, 0], "end": [9000, 900], "split": ["train", "test"]}
)
OWN = pd.DataFrame({"chrom": ["a"], "start": [500], "end": [700]})


def windows(*rows: tuple[str, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["chrom", "start"]).astype({"chrom": "str"})
    return table.assign(end=table["start"] + 50, name="y:peak", strand="+")


def test_peaks_of_others_that_are_none_here() -> None:
    first = windows(("a", 450), ("a", 451), ("a", 699), ("a", 700), ("b", 10))
    second = windows(("a", 700), ("a", 2000), ("c", 10))
    offer = offer_other_factors([first, second], OWN, REGIONS, {"a", "b"})
    table = offer.table.iloc[offer.fine]
    assert table.to_numpy().tolist() == [
        ["a", 450, 500],
        ["a", 700, 750],
        ["b", 10, 60],
        ["a", 2000, 2050],
    ]
    assert offer.choose("train", 9, np.random.default_rng(0)).why == (
        "there are 6 windows of other training factors; 2 touch a peak of the factor, its margin "
        "or the blacklist; 1 stand there twice; 3 are left"
    )


def test_chromosomes_on_which_the_factor_has_no_peak() -> None:
    others = [windows(("a", 450), ("b", 10), ("b", 100))]
    offer = offer_other_factors(others, OWN, REGIONS, {"a"})
    assert offer.table["chrom"].iloc[offer.fine].tolist() == ["a"]
    assert offer.choose("test", 9, np.random.default_rng(0)).why == (
        "there are 2 windows of other training factors; 2 lie on a chromosome without any peak of "
        "the factor; 0 are left"
    )


def test_windows_chosen_do_not_overlap() -> None:
    rng = np.random.default_rng(2)
    others = [windows(*[("a", int(start)) for start in rng.integers(700, 8900, 150)])] * 2
    offer = offer_other_factors(others, OWN, REGIONS, {"a"})
    chosen = offer.choose("train", 500, np.random.default_rng(0), apart=True)
    assert count_overlapping(chosen.table) == 0
    assert 50 < len(chosen.table) < 150
    assert chosen.why.endswith(f" overlap another one; {len(chosen.table)} are left")
    few = offer.choose("train", 20, np.random.default_rng(0), apart=True)
    assert few.table.equals(chosen.table[:20])


def test_no_other_factor() -> None:
    offer = offer_other_factors([], OWN, REGIONS, {"a"})
    assert offer.fine.tolist() == []
    chosen = offer.choose("test", 3, np.random.default_rng(0), apart=True)
    assert len(chosen.table) == 0
    assert chosen.why == ("there are 0 windows of other training factors; 0 are left")
