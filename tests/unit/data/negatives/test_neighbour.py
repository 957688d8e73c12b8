from collections.abc import Callable

import numpy as np
import pandas as pd

from tfmoe.core.vocabulary import Kind
from tfmoe.data.negatives.candidate_pool import CandidatePool
from tfmoe.data.negatives.context import DrawingContext
from tfmoe.data.negatives.kinds.neighbour import ELSEWHERE, draw_neighbours, neighbour_candidates

REGIONS = pd.DataFrame(
    {
        "chrom": ["a", "a", "b"],
        "start": [0, 5200, 0],
        "end": [5000, 10_000, 3000],
        "split": ["train", "test", "train"],
    }
)
NOTHING = pd.DataFrame({"chrom": [], "start": [], "end": []})


def windows(*rows: tuple[str, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["chrom", "start"]).astype({"chrom": "str"})
    return table.assign(end=table["start"] + 100)[["chrom", "start", "end"]]


def valid(pool: CandidatePool) -> list[list[object]]:
    table = pool.valid_table.assign(tier=pool.tier[pool.valid_rows])
    return sorted(table.to_numpy().tolist())


def test_two_neighbours_at_the_distance() -> None:
    own = {"train": windows(("a", 2000))}
    for ratio in (0.5, 1, 2):
        pool = neighbour_candidates(own, ratio, 1000, NOTHING, REGIONS)
        assert valid(pool) == [["a", 1000, 1100, 1], ["a", 3000, 3100, 1]]
    farther = neighbour_candidates(own, 3, 1000, NOTHING, REGIONS)
    assert valid(farther) == [
        ["a", 0, 100, 2],
        ["a", 1000, 1100, 1],
        ["a", 3000, 3100, 1],
        ["a", 4000, 4100, 2],
    ]


def test_neighbours_stay_on_the_chromosome_and_in_the_split() -> None:
    own = windows(
        ("b", 500),  # the left neighbour begins before the chromosome
        ("b", 2500),  # the right neighbour ends beyond it
        ("a", 4500),  # the right neighbour lies in test
        ("a", 4050),  # the right neighbour lies across the gap
    )
    pool = neighbour_candidates({"train": own}, 1, 1000, NOTHING, REGIONS)
    assert valid(pool) == [
        ["a", 3050, 3150, 1],
        ["a", 3500, 3600, 1],
        ["b", 1500, 1600, 1],
    ]
    chosen = pool.choose("train", 8, np.random.default_rng(0))
    # the two positives of b have the same neighbour
    assert chosen.reason == (
        f"3 of 8 windows next to positives are usable; rejected: 4 {ELSEWHERE}, 1 duplicated"
    )


def test_neighbours_are_not_peaks() -> None:
    own = {"train": windows(("a", 2000), ("a", 3000)), "test": windows(("a", 8000))}
    forbidden = pd.concat(own.values())
    forbidden = forbidden.assign(start=forbidden["start"] - 50, end=forbidden["end"] + 50)
    pool = neighbour_candidates(own, 1, 1000, forbidden, REGIONS)
    assert valid(pool) == [
        ["a", 1000, 1100, 1],
        ["a", 4000, 4100, 1],
        ["a", 7000, 7100, 1],
        ["a", 9000, 9100, 1],
    ]
    test = pool.choose("test", 1, np.random.default_rng(0)).table
    assert test["start"].tolist() in ([7000], [9000])
    reason = pool.choose("train", 4, np.random.default_rng(0)).reason
    assert reason.startswith("2 of 4 ")
    assert "2 touching a peak of the factor, its margin or the blacklist" in reason


def test_no_positives() -> None:
    pool = neighbour_candidates({"test": windows()[:0]}, 1, 1000, NOTHING, REGIONS)
    assert pool.valid_rows.tolist() == []


def test_neighbours_with_too_many_unknown_bases_are_not_drawn(
    make_context: Callable[..., DrawingContext],
) -> None:
    # two in the neighbour on the left, as many as are allowed, and three in that on the right
    context = make_context(Kind.NEIGHBOUR, 2, unknown=[400, 419, 600, 610, 619])
    (drawn,) = draw_neighbours(context)
    assert drawn.sequences.table["start"].tolist() == [400]
    assert drawn.summary.why == (
        "1 of 2 windows next to positives are usable; rejected: 1 with too many unknown bases"
    )


def test_no_neighbours_are_asked_for(make_context: Callable[..., DrawingContext]) -> None:
    assert list(draw_neighbours(make_context(Kind.NEIGHBOUR, 0))) == []
