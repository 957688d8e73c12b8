from collections import Counter
from itertools import pairwise, permutations, product

import numpy as np
import pytest
from scipy.stats import chisquare

from tfmoe.core.dna import Codes, decode, encode
from tfmoe.data.negatives.dinucleotide_shuffle import (
    _below,
    dinucleotide_counts,
    dinucleotide_shuffle,
    two_mer_shuffle,
)


def all_shuffles(sequence: str) -> list[str]:
    """Every sequence with the dinucleotide counts of this one; an N stays where it is."""
    stretches = [orders_of(stretch) for stretch in sequence.split("N")]
    return sorted("N".join(choice) for choice in product(*stretches))


def orders_of(sequence: str) -> list[str]:
    left = Counter(pairwise(sequence))
    found: list[str] = []

    def walk(path: str) -> None:
        if len(path) == len(sequence):
            found.append(path)
        for base in "ACGT":
            if path and left[path[-1], base]:
                left[path[-1], base] -= 1
                walk(path + base)
                left[path[-1], base] += 1

    walk(sequence[:1])
    return found


def test_all_shuffles() -> None:
    # the oracle of the tests below, against every order of the letters
    for sequence in ("AACAGAT", "ACGTCGACA", "GATTACAGA"):
        wanted = sorted(pairwise(sequence))
        orders = {sequence[0] + "".join(rest) for rest in permutations(sequence[1:])}
        valid = sorted(order for order in orders if sorted(pairwise(order)) == wanted)
        assert all_shuffles(sequence) == valid
    assert all_shuffles("AACAGATNNTN") == [order + "NNTN" for order in all_shuffles("AACAGAT")]


def test_counts_of_dinucleotides() -> None:
    counts = dinucleotide_counts(encode(["AACN", "TTTT"]))
    assert counts.shape == (2, 5, 5)
    assert (counts[0, 0, 0], counts[0, 0, 1], counts[0, 1, 4], counts[0].sum()) == (1, 1, 1, 3)
    assert (counts[1, 3, 3], counts[1].sum()) == (3, 3)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 17, 101, 400])
def test_counts_are_kept(length: int) -> None:
    rng = np.random.default_rng(1)
    # five compositions, from even to AT only
    weights = np.array([[1, 1, 1, 1], [4, 1, 1, 4], [1, 8, 8, 1], [1, 0, 0, 1], [9, 1, 1, 1]])
    rows = [rng.choice(4, size=length, p=w / w.sum()) for w in weights for _ in range(40)]
    codes = np.array(rows, dtype=np.uint8)
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(2))
    assert shuffled.dtype == np.uint8
    np.testing.assert_array_equal(dinucleotide_counts(shuffled), dinucleotide_counts(codes))
    np.testing.assert_array_equal(shuffled[:, [0, -1]], codes[:, [0, -1]])


@pytest.mark.parametrize("number", range(1, 10))
def test_counts_of_few_sequences_are_kept(number: int) -> None:
    # several sequences are shuffled side by side; every last, smaller batch counts too
    codes = np.random.default_rng(number).integers(0, 4, (number, 30)).astype(np.uint8)
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(2))
    np.testing.assert_array_equal(dinucleotide_counts(shuffled), dinucleotide_counts(codes))
    assert (shuffled != codes).any(axis=1).all()


def test_unknown_bases_stay() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, (300, 60)).astype(np.uint8)
    codes[rng.random(codes.shape) < 0.05] = 4
    codes[0] = 4
    shuffled = dinucleotide_shuffle(codes, rng)
    np.testing.assert_array_equal(shuffled == 4, codes == 4)
    np.testing.assert_array_equal(dinucleotide_counts(shuffled), dinucleotide_counts(codes))
    assert (shuffled != codes).any(axis=1).mean() > 0.9


# The third sequence has a base with a single edge, the fourth has self-loops, and the last ones of
# the first two rows have many possible last edges: a shuffle with fixed last edges reaches only a
# part of these paths. In the third row three bases have several possible last edges; the fourth row
# has unknown bases.
@pytest.mark.parametrize(
    "sequence",
    [
        "ACGTCGACA", "AACAGAT", "GATTACAGA", "AACCAACCA",
        "CATCGACTC", "TGACTGCAT", "TTTTATTTT", "CGCGCGGCC",
        "ACGTTGCATCAG", "TAGACTCGATGCT", "GGTACCATGGCA", "CTGAAGTCATGA",
        "GCATNAACAGAT", "TGACTGNNACCAACCA", "NACGTCGACAN",
    ],
)  # fmt: skip
def test_every_shuffle_is_equally_likely(sequence: str) -> None:
    valid = all_shuffles(sequence)
    assert len(valid) > 1
    draws = max(500 * len(valid), 8000)
    codes = np.repeat(encode([sequence]), draws, axis=0)
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(11))
    found, counts = np.unique(decode(shuffled), return_counts=True)
    assert found.tolist() == valid
    assert chisquare(counts).pvalue > 1e-3


def test_neighbours_are_independent() -> None:
    # rows are shuffled four at a time, and the results are independent
    valid = all_shuffles("TGACTGCAT")
    codes = np.repeat(encode(["TGACTGCAT"]), 4000 * len(valid), axis=0)
    shuffled = decode(dinucleotide_shuffle(codes, np.random.default_rng(12)))
    index = np.searchsorted(valid, shuffled).reshape(-1, 4)
    for first, second in ((0, 1), (0, 3), (2, 3)):
        pairs = np.bincount(index[:, first] * len(valid) + index[:, second])
        assert len(pairs) == len(valid) ** 2
        assert chisquare(pairs).pvalue > 1e-3


def test_rows_of_stretches_of_many_lengths() -> None:
    rng = np.random.default_rng(13)
    codes = rng.integers(0, 4, (4001, 70)).astype(np.uint8)
    codes[rng.random(codes.shape) < rng.choice([0, 0.02, 0.3], (4001, 1))] = 4
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(14))
    np.testing.assert_array_equal(dinucleotide_counts(shuffled), dinucleotide_counts(codes))
    np.testing.assert_array_equal(shuffled == 4, codes == 4)
    # whatever rows come with it, a row becomes the same
    part = dinucleotide_shuffle(codes[:1234], np.random.default_rng(14))
    np.testing.assert_array_equal(part, shuffled[:1234])
    for threads in (2, 3):
        divided = dinucleotide_shuffle(codes, np.random.default_rng(14), threads)
        np.testing.assert_array_equal(divided, shuffled)


def test_only_one_shuffle_there_is() -> None:
    codes = encode(["AAAAAAAA", "ACACACAC", "AAAACCCC"])
    np.testing.assert_array_equal(dinucleotide_shuffle(codes, np.random.default_rng(0)), codes)


def test_reproducible_and_independent_of_order_of_calls() -> None:
    codes = np.random.default_rng(4).integers(0, 4, (50, 101)).astype(np.uint8)
    before = codes.copy()
    first = dinucleotide_shuffle(codes, np.random.default_rng(5))
    again = dinucleotide_shuffle(codes, np.random.default_rng(5))
    other = dinucleotide_shuffle(codes, np.random.default_rng(6))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(codes, before)
    assert (first != other).any(axis=1).all()


@pytest.mark.parametrize("number", [1, 3, 4, 7])
def test_a_row_does_not_depend_on_the_rows_after_it(number: int) -> None:
    # four rows are shuffled at once, fewer one after the other
    codes = np.random.default_rng(4).integers(0, 4, (8, 101)).astype(np.uint8)
    codes[1:8:2, 60] = 4
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(5))
    part = dinucleotide_shuffle(codes[:number], np.random.default_rng(5))
    np.testing.assert_array_equal(part, shuffled[:number])


@pytest.mark.parametrize(
    ("bits", "drawn", "state"),
    [
        # the product with 3 is 0, 2**33 + 1 and 2**32 + 2: of 2**32 values, 3 has one too many,
        # which is replaced by the upper half of SplitMix64's first number, 0xE220A8397B1DCDAF
        (0, 2, 0x9E3779B97F4A7C15),
        (0xAAAAAAAB, 2, 0),
        (0x55555556, 1, 0),
        (0xFFFFFFFF, 2, 0),
    ],
)
def test_bits_that_would_make_a_draw_uneven_are_rejected(bits: int, drawn: int, state: int) -> None:
    stream = np.zeros(1, dtype=np.uint64)
    assert _below(stream, 0, np.uint64(bits), np.uint64(3)) == drawn
    assert stream[0] == state


def test_known_value() -> None:
    """The stream is part of the promise: the same seed gives the same bytes on every machine."""
    codes = encode(["ACGTTGCATGCCATGACTAGGATC"])
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(7))
    assert decode(shuffled) == ["AGTGGATGCCTACACGATTCATGC"]


def test_rows_with_equal_sequences_differ() -> None:
    codes = np.repeat(encode(["ACGTTGCATGCCATGACTAGGATCAGGCTA"]), 200, axis=0)
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(8))
    assert len(set(decode(shuffled))) > 190


def test_views_and_no_rows() -> None:
    codes = np.random.default_rng(9).integers(0, 4, (6, 40)).astype(np.uint8)
    view = codes[::2, 5:35]
    shuffled = dinucleotide_shuffle(view, np.random.default_rng(9))
    np.testing.assert_array_equal(dinucleotide_counts(shuffled), dinucleotide_counts(view))
    assert dinucleotide_shuffle(codes[:0], np.random.default_rng(9)).shape == (0, 40)


@pytest.mark.parametrize(
    "bad",
    [np.zeros((2, 3)), np.zeros(3, dtype=np.uint8), np.zeros((1, 32_768), dtype=np.uint8)],
)
def test_bad_arrays(bad: Codes) -> None:
    with pytest.raises(ValueError, match="expected uint8 of shape"):
        dinucleotide_shuffle(bad, np.random.default_rng(0))


@pytest.mark.parametrize("length", [24, 25])
def test_two_mers_change_places(length: int) -> None:
    codes = np.random.default_rng(0).integers(0, 5, (30, length), dtype=np.uint8)
    before = codes.copy()
    shuffled = two_mer_shuffle(codes, np.random.default_rng(1))
    np.testing.assert_array_equal(codes, before)
    np.testing.assert_array_equal(shuffled[:, 24:], codes[:, 24:])

    def two_mers(row: Codes) -> Counter[tuple[int, ...]]:
        return Counter(tuple(pair) for pair in row[:24].reshape(12, 2).tolist())

    assert [two_mers(row) for row in shuffled] == [two_mers(row) for row in codes]
    assert (shuffled != codes).any(axis=1).all()
    again = two_mer_shuffle(codes, np.random.default_rng(1))
    np.testing.assert_array_equal(shuffled, again)


def test_orders_of_two_mers_are_equally_likely_and_counts_are_not_kept() -> None:
    codes = np.repeat(encode(["AACCGGT"]), 6000, axis=0)
    shuffled = Counter(decode(two_mer_shuffle(codes, np.random.default_rng(2))))
    orders = {"".join(order) + "T" for order in permutations(["AA", "CC", "GG"])}
    assert shuffled.keys() == orders
    assert chisquare(list(shuffled.values())).pvalue > 0.001
    counts = dinucleotide_counts(encode(list(orders)))
    assert len({row.tobytes() for row in counts}) > 1
