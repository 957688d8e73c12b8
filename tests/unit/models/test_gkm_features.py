from itertools import combinations

import numpy as np
import pytest

from tfmoe.core.dna import encode_text, reverse_complement
from tfmoe.core.sliding import SlidingWindows
from tfmoe.models.gkm_features import count_gapped_kmers, feature_number, score_gapped_kmers
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
    codes = np.random.default_rng(0).integers(0, 4, (500, 21), dtype=np.uint8)
    counts = count_gapped_kmers(codes, 5, 3)
    assert counts.shape == (500, feature_number(5, 3))
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


def test_columns_keep_their_order() -> None:
    counts = count_gapped_kmers(encode_text("ACGTTT")[None], 3, 2)
    # columns 0 to 15 are AA., AC., ... TT. and their partners, 16 to 25 A.A and the other A.?, ...
    # read as they are: AC., CG., GT., TT.; partners of .CG, .GT, .TT, .TT: CG., AC., AA., AA.
    # with a gap inside: A.G and C.T are partners; G.T is that of A.C, and T.T that of A.A
    assert counts.indices.tolist() == [0, 1, 6, 11, 15, 16, 17, 18]
    close(counts.data, np.array([2, 2, 2, 1, 1, 1, 1, 2]) / np.sqrt(20), terms=8)
    assert counts.shape == (1, 16 + 10)
    assert counts.has_canonical_format
    assert (counts.indices.dtype, counts.indptr.dtype) == (np.int32, np.int32)


@pytest.mark.parametrize(("length", "informative"), [(1, 1), (4, 4), (5, 3), (8, 6), (10, 6)])
def test_scores_are_products_of_counts_and_weights(length: int, informative: int) -> None:
    rng = np.random.default_rng(0)
    codes = rng.choice(5, (40, 30), p=[0.27, 0.2, 0.2, 0.27, 0.06]).astype(np.uint8)
    codes[0], codes[1] = 4, 0  # no known word; one word only, often
    weights = rng.normal(size=(3, feature_number(length, informative))).astype(np.float32)
    scores = score_gapped_kmers(codes, length, informative, weights)
    assert (scores.shape, scores.dtype) == ((40, 3), np.float32)
    counts = count_gapped_kmers(codes, length, informative)
    terms = np.diff(counts.indptr).max()
    close(scores, counts @ weights.T, terms=terms)
    assert not scores[0].any()
    strand = score_gapped_kmers(reverse_complement(codes), length, informative, weights)
    close(strand, scores, terms=terms)


def test_a_score_depends_on_its_own_sequence_and_model_only() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (20, 60), dtype=np.uint8)
    weights = rng.normal(size=(4, feature_number(6, 4))).astype(np.float32)
    together = score_gapped_kmers(codes, 6, 4, weights)
    for row, model in ((0, 0), (19, 3), (7, 2)):
        alone = score_gapped_kmers(codes[row : row + 1], 6, 4, weights[model : model + 1])
        assert alone[0, 0] == together[row, model]


@pytest.mark.parametrize("stride", [1, 4])
def test_windows_of_a_long_sequence_have_the_scores_that_they_have_alone(
    stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, 400, dtype=np.uint8)
    codes[:3] = codes[150:190] = codes[230] = 4
    codes[250:300] = 0
    weights = rng.normal(size=(3, feature_number(6, 4))).astype(np.float32)
    windows = SlidingWindows(codes, 30, stride)
    expected = score_gapped_kmers(windows.rows(), 6, 4, weights)
    for most in (8192, 17):
        monkeypatch.setattr("tfmoe.models.gkm_features._MOST_WINDOWS", most)
        close(score_gapped_kmers(windows, 6, 4, weights), expected, terms=30)
    # no known word in the first, one word only in the second
    assert not expected[152 // stride].any()
    for length in (0, 29, 30):
        short = SlidingWindows(codes[:length], 30)
        assert len(score_gapped_kmers(short, 6, 4, weights)) == max(length - 29, 0)
    # windows without room for a word
    assert not score_gapped_kmers(SlidingWindows(codes, 5), 6, 4, weights).any()


@pytest.mark.parametrize("shape", [(0, 20), (3, 4), (3, 0)])
def test_without_words_all_counts_and_scores_are_0(shape: tuple[int, int]) -> None:
    codes = np.zeros(shape, dtype=np.uint8)
    counts = count_gapped_kmers(codes, 5, 3)
    assert counts.shape == (shape[0], feature_number(5, 3))
    assert counts.nnz == 0
    weights = np.ones((2, feature_number(5, 3)), dtype=np.float32)
    assert score_gapped_kmers(codes, 5, 3, weights).tolist() == [[0, 0]] * shape[0]


def test_a_part_of_each_sequence_counts_like_a_copy_of_it() -> None:
    codes = np.random.default_rng(0).integers(0, 4, (10, 30), dtype=np.uint8)
    inside = codes[:, 4:-4]
    counts, copied = (count_gapped_kmers(part, 5, 3) for part in (inside, inside.copy()))
    assert (counts != copied).nnz == 0
