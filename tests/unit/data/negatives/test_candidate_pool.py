import numpy as np
import pandas as pd

from tfmoe.data.negatives.candidate_pool import CandidatePool, count_overlapping, find_disjoint


def windows(*rows: tuple[str, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["chrom", "start"]).astype({"chrom": "str"})
    return table.assign(end=table["start"] + 10).astype({"start": "int64", "end": "int64"})


def test_candidates_keep_their_first_rejection() -> None:
    table = windows(("a", 10), ("a", 10), ("a", 30), ("a", 50), ("b", 10), ("b", 30))
    split = np.array(["train", "train", "train", "test", "test", None], dtype=object)
    pool = CandidatePool(table, split, "windows")
    assert pool.valid_rows.tolist() == [0, 1, 2, 3, 4]
    pool.reject(np.array([2, 3]), "too blue")
    pool.reject_duplicates()
    assert pool.valid_rows.tolist() == [0, 4]
    chosen = pool.choose("train", 5, np.random.default_rng(1))
    assert chosen.table.to_numpy().tolist() == [["a", 10, 20]]
    assert chosen.reason == ("1 of 3 windows are usable; rejected: 1 too blue, 1 duplicated")
    assert pool.choose("gate", 5, np.random.default_rng(1)).reason == ("0 of 0 windows are usable")


def test_lower_tiers_come_first() -> None:
    table = windows(*[("a", 20 * number) for number in range(200)])
    tier = np.arange(200) % 4
    pool = CandidatePool(table, np.full(200, "test", dtype=object), "windows", tier)
    starts = pool.choose("test", 70, np.random.default_rng(1)).table["start"].to_numpy()
    assert len(set(starts)) == 70
    assert (starts[:50] // 20 % 4 == 0).all()
    assert (starts[50:] // 20 % 4 == 1).all()
    # at random within a tier, by the generator alone
    assert starts[:50].tolist() != sorted(starts[:50])
    again = pool.choose("test", 70, np.random.default_rng(1)).table["start"].to_numpy()
    np.testing.assert_array_equal(starts, again)
    other = pool.choose("test", 70, np.random.default_rng(2)).table["start"].to_numpy()
    assert set(starts[50:]) != set(other[50:])


def test_of_duplicates_the_lowest_tier_stays() -> None:
    split = np.full(3, "test", dtype=object)
    pool = CandidatePool(
        windows(("a", 10), ("a", 10), ("a", 30)), split, "windows", np.array([2, 1, 2])
    )
    pool.reject_duplicates()
    assert pool.valid_rows.tolist() == [1, 2]


def test_disjoint_windows() -> None:
    table = windows(("a", 15), ("a", 5), ("a", 25), ("b", 15), ("a", 24), ("a", 6), ("a", 15))
    # the first is kept; those at 5 and 25 do not overlap it, those at 24 and 6 do
    assert find_disjoint(table).tolist() == [True, True, True, True, False, False, False]
    assert find_disjoint(table[:0]).tolist() == []


def test_disjoint_windows_agree_with_a_plain_loop() -> None:
    rng = np.random.default_rng(4)
    table = windows(
        *[(str(rng.choice(["a", "b"])), int(start)) for start in rng.integers(0, 900, 300)]
    )
    kept: list[tuple[str, int]] = []
    expected = []
    for chrom, start in zip(table["chrom"], table["start"], strict=True):
        free = all(chrom != other or abs(start - kept_start) >= 10 for other, kept_start in kept)
        expected.append(free)
        if free:
            kept.append((chrom, start))
    assert find_disjoint(table).tolist() == expected


def test_count_overlapping() -> None:
    assert count_overlapping(windows(("a", 0), ("b", 3), ("a", 10), ("a", 19), ("a", 40))) == 2
    assert count_overlapping(windows()) == 0
