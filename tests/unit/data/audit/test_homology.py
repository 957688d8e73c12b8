from collections.abc import Iterator

import numpy as np
import pytest

from tfmoe.core.dna import Codes, encode, reverse_complement
from tfmoe.core.experiments import Experiment
from tfmoe.data.audit import homology
from tfmoe.data.audit.homology import ANY, COLUMNS, compare_splits, limit_tested

RNG = np.random.default_rng(1)
TABLE = {
    name: Experiment(name, name.upper(), "cells", role, "-", "-", "-", "-")
    for name, role in (("a", "train"), ("b", "train"), ("c", "ood"))
}


def windows(number: int) -> Codes:
    return RNG.integers(0, 4, (number, 70), dtype=np.uint8)


def as_rows(tested: dict[str, Codes], *trained: tuple[str, Codes]) -> list[list[object]]:
    found = compare_splits(tested, nothing(tested), iter(trained), TABLE)
    return found[list(COLUMNS[:7])].to_numpy().tolist()


def nothing(tested: dict[str, Codes]) -> dict[str, Codes]:
    return {name: codes[:0] for name, codes in tested.items()}


def test_shared_and_nearly_identical() -> None:
    train, other = windows(4), windows(4)
    tested = windows(5)
    tested[0] = reverse_complement(train[0])  # all 40 31-mers
    tested[1, 10:60] = train[1, 20:70]  # 20 of 40
    tested[2, 10:59] = train[1, 21:70]  # 19 of 40
    tested[2, 9] = (train[1, 20] + 1) % 4
    tested[3, :31] = other[2, :31]  # one, of another experiment
    tested[4, :30] = train[3, :30]  # thirty bases are too few
    tested[4, 30] = (train[3, 30] + 1) % 4
    positives = {"a": tested, "c": tested[3:]}
    negatives = {"a": tested[1:3], "c": tested[:1]}
    found = compare_splits(positives, negatives, [("a", train), ("b", other)], TABLE)
    assert found[
        ["experiment", "factor", "role", "training_experiment", "n"]
    ].to_numpy().tolist() == [
        ["a", "A", "train", "a", 5],
        ["a", "A", "train", ANY, 5],
        ["c", "C", "ood", ANY, 2],
    ]
    assert found["share_31mer"].tolist() == pytest.approx([3 / 5, 4 / 5, 1 / 2])
    assert found["near_identical"].tolist() == pytest.approx([2 / 5, 2 / 5, 0])
    assert found["n_negatives"].tolist() == [2, 2, 1]
    assert found["negatives_31mer"].tolist() == [1, 1, 1]
    assert found["negatives_near_identical"].tolist() == [1 / 2, 1 / 2, 1]


def test_training_sets_are_read_one_by_one() -> None:
    tested = windows(3)
    alive = 0

    def trained() -> Iterator[tuple[str, Codes]]:
        nonlocal alive
        for name in ("a", "b"):
            alive += 1
            yield name, tested[:alive]

    found = compare_splits({"c": tested}, {"c": tested[:0]}, trained(), TABLE)
    assert found["share_31mer"].tolist() == pytest.approx([2 / 3])


def test_unknown_bases_share_nothing() -> None:
    unknown = np.full((2, 70), 4, dtype=np.uint8)
    assert as_rows({"c": unknown}, ("a", unknown)) == [["c", "C", "ood", ANY, 2, 0.0, 0.0]]


def test_windows_shorter_than_31_bases() -> None:
    tested, train = encode(["ACGTTACCGA", "AAAAAAAAAA"]), encode(["TCGGTAACGT"])
    assert as_rows({"c": tested}, ("a", train))[0][5:] == [0.5, 0.5]


def test_without_test_positives() -> None:
    found = compare_splits({"c": windows(0)}, {"c": windows(0)}, [("a", windows(2))], TABLE)
    assert found["n"].tolist() == [0]
    assert found[["share_31mer", "near_identical", "negatives_31mer"]].isna().all(axis=None)


def test_memory_is_shared_by_all_experiments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homology, "_BUDGET", 40 * 90)
    monkeypatch.setattr(homology, "_MIN_SEQUENCES", 5)
    codes = windows(50)
    rng = np.random.default_rng(1)
    assert len(limit_tested(codes, 1, rng)) == 50
    assert len(limit_tested(codes, 3, rng)) == 30
    assert len(limit_tested(codes, 100, rng)) == 5
