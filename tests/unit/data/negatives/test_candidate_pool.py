import numpy as np
import pandas as pd

from tfmoe.data.negatives.candidate_pool import Offer, count_overlapping, places_apart


def places(*rows: tuple[str, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["chrom", "start"]).astype({"chrom": "str"})
    return table.assign(end=table["start"] + 10).astype({"start": "int64", "end": "int64"})


def test_places_keep_their_first_fault() -> None:
    table = places(("a", 10), ("a", 10), ("a", 30), ("a", 50), ("b", 10), ("b", 30))
    split = np.array(["train", "train", "train", "test", "test", None], dtype=object)
    offer = Offer(table, split, "places")
    assert offer.fine.tolist() == [0, 1, 2, 3, 4]
    offer.reject(np.array([2, 3]), "are blue")
    offer.reject_duplicates()
    assert offer.fine.tolist() == [0, 4]
    chosen = offer.choose("train", 5, np.random.default_rng(1))
    assert chosen.table.to_numpy().tolist() == [["a", 10, 20]]
    assert chosen.why == "there are 3 places; 1 are blue; 1 stand there twice; 1 are left"
    assert offer.choose("gate", 5, np.random.default_rng(1)).why == (
        "there are 0 places; 0 are left"
    )


def test_lower_tiers_come_first() -> None:
    table = places(*[("a", 20 * number) for number in range(200)])
    tier = np.arange(200) % 4
    offer = Offer(table, np.full(200, "test", dtype=object), "places", tier)
    starts = offer.choose("test", 70, np.random.default_rng(1)).table["start"].to_numpy()
    assert len(set(starts)) == 70
    assert (starts[:50] // 20 % 4 == 0).all()
    assert (starts[50:] // 20 % 4 == 1).all()
    # of one tier at random, by the generator alone
    assert starts[:50].tolist() != sorted(starts[:50])
    again = offer.choose("test", 70, np.random.default_rng(1)).table["start"].to_numpy()
    np.testing.assert_array_equal(starts, again)
    other = offer.choose("test", 70, np.random.default_rng(2)).table["start"].to_numpy()
    assert set(starts[50:]) != set(other[50:])


def test_of_duplicates_the_lowest_tier_stays() -> None:
    split = np.full(3, "test", dtype=object)
    offer = Offer(places(("a", 10), ("a", 10), ("a", 30)), split, "places", np.array([2, 1, 2]))
    offer.reject_duplicates()
    assert offer.fine.tolist() == [1, 2]


def test_places_apart() -> None:
    table = places(("a", 15), ("a", 5), ("a", 25), ("b", 15), ("a", 24), ("a", 6), ("a", 15))
    # the first stays; 5 and 25 touch it not; 24 and 6 overlap it
    assert places_apart(table).tolist() == [True, True, True, True, False, False, False]
    assert places_apart(table[:0]).tolist() == []


def test_places_apart_agree_with_a_plain_loop() -> None:
    rng = np.random.default_rng(4)
    table = places(
        *[(str(rng.choice(["a", "b"])), int(start)) for start in rng.integers(0, 900, 300)]
    )
    kept: list[tuple[str, int]] = []
    expected = []
    for chrom, start in zip(table["chrom"], table["start"], strict=True):
        free = all(chrom != other or abs(start - place) >= 10 for other, place in kept)
        expected.append(free)
        if free:
            kept.append((chrom, start))
    assert places_apart(table).tolist() == expected


def test_count_overlapping() -> None:
    assert count_overlapping(places(("a", 0), ("b", 3), ("a", 10), ("a", 19), ("a", 40))) == 2
    assert count_overlapping(places()) == 0
