import numpy as np
import pandas as pd
import pytest

from tfmoe.models.conditioned.folds import FOLDS, deal_folds, overlap_groups


def groups_of(*places: tuple[str, int]) -> list[int]:
    return overlap_groups(pd.DataFrame(places, columns=["chrom", "start"]), 101).tolist()


def test_windows_that_overlap_are_a_group() -> None:
    # the first and the third overlap by way of the fifth, by one base each
    found = groups_of(("a", 200), ("b", 200), ("a", 0), ("a", 301), ("a", 100), ("b", 200))
    assert found[0] == found[2] == found[4]
    assert found[1] == found[5]
    assert len(set(found)) == 3
    assert sorted(set(found)) == [0, 1, 2]


def test_windows_without_coordinates_and_neighbours_are_groups_of_their_own() -> None:
    assert len(set(groups_of((".", -1), (".", -1), ("a", 0), ("a", 101), ("b", 101)))) == 5
    assert groups_of() == []
    assert groups_of(("a", 5)) == [0]


@pytest.mark.parametrize(("peaks", "negatives"), [(5, 1), (10, 40), (33, 132)])
def test_single_windows_have_the_folds_of_a_deal_by_class(peaks: int, negatives: int) -> None:
    labels = np.random.default_rng(1).permutation(np.arange(peaks + negatives) < peaks)
    rng = np.random.default_rng(7)
    expected = np.zeros(len(labels), dtype=np.int64)
    for value in (True, False):
        rows = rng.permutation(np.flatnonzero(labels == value))
        expected[rows] = np.arange(len(rows)) % FOLDS
    # the numbers of the groups do not matter
    for groups in (np.arange(len(labels)), np.random.default_rng(2).permutation(len(labels))):
        found = deal_folds(labels, groups, np.random.default_rng(7))
        np.testing.assert_array_equal(found, expected)


def test_folds_are_known_numbers() -> None:
    found = deal_folds(np.arange(12) < 6, np.arange(12), np.random.default_rng(0))
    assert found.tolist() == [4, 0, 1, 0, 3, 2, 4, 2, 3, 0, 0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_never_divided_and_classes_stay_balanced(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.random(400) < 0.25
    # pairs and triples, also of a peak and a negative
    groups = rng.permutation(np.sort(rng.integers(0, 200, 400)))
    groups = np.unique(groups, return_inverse=True)[1]
    folds = deal_folds(labels, groups, rng)
    assert {len(set(folds[groups == group])) for group in set(groups)} == {1}
    for value, tolerance in ((True, 2), (False, 8)):
        sizes = np.bincount(folds[labels == value], minlength=FOLDS)
        assert sizes.max() - sizes.min() <= tolerance


def test_large_groups_are_dealt_first() -> None:
    # 12 peaks that overlap, and 48 others: as even as single windows would be
    labels = np.arange(120) < 60
    groups = np.where(np.arange(120) < 12, 0, np.arange(120) - 11)
    for seed in range(5):
        folds = deal_folds(labels, groups, np.random.default_rng(seed))
        assert np.bincount(folds[labels]).tolist() == [12] * FOLDS
        assert np.bincount(folds[~labels]).tolist() == [12] * FOLDS
