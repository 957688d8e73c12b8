from itertools import combinations

import numpy as np
import pytest

from tfmoe.core.dna import encode_text, reverse_complement
from tfmoe.models.gkm_features import BLOCK, count_gapped_kmers, feature_number
from tolerance import close


def dense(texts: list[str], length: int, informative: int) -> np.ndarray:
    codes = np.stack([encode_text(text) for text in texts])
    return np.asarray(count_gapped_kmers(codes, length, informative).todense())


def by_hand(text: str, length: int, informative: int) -> dict[str, int]:
    """Count gapped k-mers, each under the smaller of its two names."""
    pairs = str.maketrans("ACGT.", "TGCA.")
    counts: dict[str, int] = {}
    for start in range(len(text) - length + 1):
        word = text[start : start + length]
        for pattern in combinations(range(length), informative):
            gapped = "".join(base if i in pattern else "." for i, base in enumerate(word))
            name = min(gapped, gapped.translate(pairs)[::-1])
            if "N" not in name:
                counts[name] = counts.get(name, 0) + 1
    return counts


@pytest.mark.parametrize(("length", "informative"), [(1, 1), (3, 2), (4, 4), (5, 3)])
def test_counts_are_those_by_hand(length: int, informative: int) -> None:
    text = "ACGTTGCANCAGGTAACGTT"
    row = dense([text], length, informative)[0]
    counts = np.array(sorted(by_hand(text, length, informative).values()))
    found = np.sort(row[row > 0])
    close(found, counts / np.linalg.norm(counts), terms=len(counts))


def test_both_strands_are_the_same_and_other_sequences_are_not() -> None:
    codes = np.random.default_rng(0).integers(0, 4, (BLOCK + 5, 21), dtype=np.uint8)
    counts = count_gapped_kmers(codes, 5, 3)
    assert counts.shape == (BLOCK + 5, feature_number(5, 3))
    assert (counts != count_gapped_kmers(reverse_complement(codes), 5, 3)).nnz == 0
    similar = (counts @ counts.T).toarray()
    close(similar.diagonal(), 1, terms=21)
    assert similar[0, 1:].max() < 0.9


def test_features_are_gapped_kmers_with_their_partners() -> None:
    # of one base A = T and C = G; of two, 16 words in one pattern make 10
    assert feature_number(1, 1) == 2
    assert feature_number(2, 2) == 10


def test_a_sequence_without_a_known_word_has_no_feature() -> None:
    rows = dense(["NNNNN", "ACGTA"], 3, 2)
    assert not rows[0].any()
    close(np.linalg.norm(rows[1]), 1, terms=9)


def test_no_sequences() -> None:
    counts = count_gapped_kmers(np.zeros((0, 20), dtype=np.uint8), 4, 3)
    assert counts.shape == (0, feature_number(4, 3))
