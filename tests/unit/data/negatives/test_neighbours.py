import numpy as np
import pandas as pd

from tfmoe.data.negatives.neighbours import ELSEWHERE, offer_neighbours

REGIONS = pd.DataFrame(
    {
        "chrom": ["a", "a", "b"],
        "start": [0, 5200, 0],
        "end": [5000, 10_000, 3000],
        "split": ["train", "test", "train"],
    }
)
NOTHING = pd.DataFrame({"chrom": [], "start": [], "end": []})


def positives(*rows: tuple[str, int, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["chrom", "start", "split"]).astype({"chrom": "str"})
    return table.assign(end=table["start"] + 100)[["chrom", "start", "end", "split"]]


def fine(offer: object) -> list[list[object]]:
    rows = offer.fine  # type: ignore[attr-defined]
    table = offer.table.iloc[rows]  # type: ignore[attr-defined]
    tier = offer.tier[rows]  # type: ignore[attr-defined]
    return sorted(table.assign(tier=tier).to_numpy().tolist())


def test_two_neighbours_at_the_distance() -> None:
    own = positives(("a", 2000, "train"))
    for ratio in (0.5, 1, 2):
        offer = offer_neighbours(own, {"train": ratio}, 1000, NOTHING, REGIONS)
        assert fine(offer) == [["a", 1000, 1100, 1], ["a", 3000, 3100, 1]]
    farther = offer_neighbours(own, {"train": 3}, 1000, NOTHING, REGIONS)
    assert fine(farther) == [
        ["a", 0, 100, 2],
        ["a", 1000, 1100, 1],
        ["a", 3000, 3100, 1],
        ["a", 4000, 4100, 2],
    ]


def test_neighbours_stay_on_the_chromosome_and_in_the_split() -> None:
    own = positives(
        ("b", 500, "train"),  # the left one begins before the chromosome
        ("b", 2500, "train"),  # the right one ends beyond it
        ("a", 4500, "train"),  # the right one lies in test
        ("a", 4050, "train"),  # the right one lies across the gap
    )
    offer = offer_neighbours(own, {"train": 1, "test": 1}, 1000, NOTHING, REGIONS)
    assert fine(offer) == [
        ["a", 3050, 3150, 1],
        ["a", 3500, 3600, 1],
        ["b", 1500, 1600, 1],
    ]
    chosen = offer.choose("train", 8, np.random.default_rng(0))
    # the neighbours of the two positives of b are one and the same
    assert chosen.why == (
        f"there are 8 places beside positives; 4 {ELSEWHERE}; 1 stand there twice; 3 are left"
    )


def test_neighbours_are_no_peaks() -> None:
    own = positives(("a", 2000, "train"), ("a", 3000, "train"), ("a", 8000, "test"))
    forbidden = own.assign(start=own["start"] - 50, end=own["end"] + 50)
    offer = offer_neighbours(own, {"train": 1, "test": 1}, 1000, forbidden, REGIONS)
    assert fine(offer) == [
        ["a", 1000, 1100, 1],
        ["a", 4000, 4100, 1],
        ["a", 7000, 7100, 1],
        ["a", 9000, 9100, 1],
    ]
    test = offer.choose("test", 1, np.random.default_rng(0)).table
    assert test["start"].tolist() in ([7000], [9000])
    why = offer.choose("train", 4, np.random.default_rng(0)).why
    assert "; 2 touch a peak of the factor, its margin or the blacklist; 2 are left" in why


def test_splits_may_differ_in_their_ratio() -> None:
    own = positives(("a", 2000, "train"), ("a", 7000, "test"))
    offer = offer_neighbours(own, {"train": 1, "test": 4}, 500, NOTHING, REGIONS)
    assert [row[1] for row in fine(offer)] == [1500, 2500, 6000, 6500, 7500, 8000]


def test_no_positives() -> None:
    offer = offer_neighbours(positives()[:0], {"test": 1}, 1000, NOTHING, REGIONS)
    assert offer.fine.tolist() == []
