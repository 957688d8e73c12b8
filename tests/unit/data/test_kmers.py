import gzip
from pathlib import Path

import numpy as np
import pytest

from tfmoe.core.dna import encode, reverse_complement
from tfmoe.core.errors import InputError
from tfmoe.data.kmers import (
    NO_KMER,
    KmerIndex,
    canonical_kmers,
    distinct,
    index_kmers,
    read_index,
    shared,
    shared_share,
    unique_kmers,
    write_index,
)


def random_codes(
    seed: int, rows: int, length: int
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 4, (rows, length), dtype=np.uint8)


def test_numbers_of_words() -> None:
    # AC = 0*4+1, its complement GT = 2*4+3; CG = 1*4+2 is its own; GN and NT have an unknown base
    words = canonical_kmers(encode(["ACGNT"]), 2)
    assert words.dtype == np.uint64
    assert words.tolist() == [[1, 6, int(NO_KMER), int(NO_KMER)]]
    assert canonical_kmers(encode(["GT", "TT", "AA"]), 2).tolist() == [[1], [0], [0]]


def test_longest_words() -> None:
    assert canonical_kmers(encode(["A" * 31, "T" * 31, "G" * 31])).tolist() == [
        [0],
        [0],
        [sum(4**place for place in range(31))],  # C, 31 times
    ]
    assert canonical_kmers(encode(["A" * 30])).shape == (1, 0)
    with pytest.raises(ValueError, match="k: found 32, expected 1 to 31"):
        canonical_kmers(encode(["A" * 40]), 32)


def test_both_strands_have_the_same_words() -> None:
    codes = random_codes(1, 700, 101)
    words = canonical_kmers(codes)
    assert words.shape == (700, 71)
    np.testing.assert_array_equal(canonical_kmers(reverse_complement(codes)), words[:, ::-1])


def test_against_text() -> None:
    codes = random_codes(2, 5, 40)
    text = ["".join("ACGT"[base] for base in row) for row in codes]
    complement = str.maketrans("ACGT", "TGCA")
    for k in (1, 7, 31):
        for row, words in zip(text, canonical_kmers(codes, k), strict=True):
            for place, word in enumerate(words.tolist()):
                forward = row[place : place + k]
                expected = min(forward, forward.translate(complement)[::-1])
                assert word == int(expected.translate(str.maketrans("ACGT", "0123")), 4)


def test_shared_words() -> None:
    known = np.array([3, 5], dtype=np.uint64)
    words = np.array([[3, 4], [9, int(NO_KMER)]], dtype=np.uint64)
    assert shared(words, known).tolist() == [[True, False], [False, False]]
    assert not shared(words, known[:0]).any()
    # not even where an unknown base is listed as known
    assert not shared(words[1:], np.array([int(NO_KMER)], dtype=np.uint64)).any()


def test_distinct_words() -> None:
    assert distinct(np.array([3, 5, 1, 3, 9], dtype=np.uint64)).tolist() == [1, 3, 5, 9]
    assert distinct(np.zeros(0, dtype=np.uint64)).tolist() == []
    assert unique_kmers(encode(["AAAA", "TTTT", "NNNN"]), 2).tolist() == [0]


def test_share_of_a_sequence() -> None:
    base = random_codes(3, 1, 60)
    half = random_codes(4, 1, 60)
    half[:, 15:] = reverse_complement(base)[:, 15:]  # 45 bases in common: 15 of 30 words
    unknown = np.full((1, 60), 4, dtype=np.uint8)
    codes = np.concatenate([base, half, random_codes(5, 1, 60), unknown])
    share = shared_share(codes, unique_kmers(base))
    assert share.tolist() == [1.0, 0.5, 0.0, 0.0]


def test_index_of_experiments(tmp_path: Path) -> None:
    first, second = random_codes(6, 3, 50), random_codes(7, 2, 50)
    index = index_kmers({"a": first, "b": second}, {"a": "Ctcf", "b": "GATA3"})
    path = tmp_path / "index.npz"
    write_index(index, path)
    before = path.read_bytes()
    write_index(index, path)
    assert path.read_bytes() == before
    read = read_index(path)
    assert (read.k, read.factors) == (31, {"a": "Ctcf", "b": "GATA3"})
    np.testing.assert_array_equal(read.kmers["a"], unique_kmers(first))
    np.testing.assert_array_equal(read.kmers["b"], unique_kmers(second))
    np.testing.assert_array_equal(read.without_factor("CTCF"), unique_kmers(second))
    assert len(read.without_factor(None)) == 5 * 20
    assert len(read.without_factor("GATA3")) == 3 * 20


def test_index_of_short_windows() -> None:
    index = index_kmers({"a": random_codes(8, 3, 21)}, {"a": "CTCF"})
    assert index.k == 21
    assert len(index.kmers["a"]) == 3


def test_index_without_words(tmp_path: Path) -> None:
    path = tmp_path / "index.npz"
    write_index(KmerIndex(31, {"a": np.zeros(0, dtype=np.uint64)}, {"a": "CTCF"}), path)
    assert read_index(path).kmers["a"].shape == (0,)
    assert len(KmerIndex(31, {}, {}).without_factor("CTCF")) == 0


def test_bad_index(tmp_path: Path) -> None:
    path = tmp_path / "index.npz"
    with pytest.raises(InputError, match=r"index.npz: the file does not exist"):
        read_index(path)
    for content in (b"", b"nothing", gzip.compress(b"x")):
        path.write_bytes(content)
        with pytest.raises(
            InputError, match=r"index.npz: not a valid index of k-mers \(.*remove it"
        ):
            read_index(path)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(InputError, match="not a valid index of k-mers"):
        read_index(path)
