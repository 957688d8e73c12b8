import numpy as np
import pytest

from tfmoe.core.dna import Codes, encode, reverse_complement
from tfmoe.data.audit.detectors import (
    FEATURES,
    composition_shares,
    detector_auroc,
    dinucleotide_keys,
    shuffle_share,
    subsample,
    tetramer_shares,
    word_shares,
)
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle

SHARES = composition_shares


def windows(number: int, strong: float, seed: int) -> Codes:
    rng = np.random.default_rng(seed)
    weak = (1 - strong) / 2
    shares = [weak, strong / 2, strong / 2, weak]
    return rng.choice(4, size=(number, 60), p=shares).astype(np.uint8)


def test_composition_is_the_same_on_both_strands() -> None:
    features = composition_shares(encode(["AACG", "CGTT", "AAAA"]))
    assert features.shape == (3, 11)
    np.testing.assert_allclose(features[0], features[1])
    np.testing.assert_allclose(features[0, 0], 0.5)
    np.testing.assert_allclose(features[2, :2], [0, 1])  # AA and TT share a column
    # AA, AC and CG, which is its own reverse complement
    np.testing.assert_allclose(sorted(features[0, 1:]), [0] * 7 + [1 / 3] * 3)


def test_words_of_four_bases() -> None:
    features = tetramer_shares(encode(["AAAAC", "GTTTT", "ACGTA", "AAAAN", "NNNNN"]))
    assert features.shape == (5, 136)
    np.testing.assert_array_equal(features[0], features[1])
    assert features[0, :2].tolist() == [0.5, 0.5]  # AAAA, AAAC
    assert sorted(features[2])[-2:] == [0.5, 0.5]  # ACGT, its own reverse complement, and CGTA
    assert features[3, 0] == 1  # AAAN does not count
    assert features[4].sum() == 0
    codes = windows(20, 0.4, 1)
    np.testing.assert_array_equal(
        tetramer_shares(codes), tetramer_shares(reverse_complement(codes))
    )


def test_sequences_shorter_than_a_word() -> None:
    assert word_shares(encode(["ACG"]), 4).tolist() == [[0] * 136]


def test_keys_identify_dinucleotide_counts() -> None:
    # the second is a shuffle of the first; the third has the same bases and other pairs
    keys = dinucleotide_keys(encode(["ACAGA", "AGACA", "AACGA"]))
    assert keys[0] == keys[1] != keys[2]


def test_share_of_shuffles() -> None:
    codes = windows(50, 0.4, 1)
    shuffled = dinucleotide_shuffle(codes[:10], np.random.default_rng(1))
    assert shuffle_share(shuffled, codes) == 1
    assert shuffle_share(np.concatenate([shuffled, windows(30, 0.4, 2)]), codes) == 0.25
    assert np.isnan(shuffle_share(codes[:0], codes))


@pytest.mark.parametrize("name", list(FEATURES))
def test_detectors_see_composition_and_nothing_else(name: str) -> None:
    rng = np.random.default_rng(1)
    same = detector_auroc(windows(400, 0.4, 1), windows(400, 0.4, 2), FEATURES[name], rng)
    assert abs(same - 0.5) < 0.08
    other = detector_auroc(windows(300, 0.5, 1), windows(300, 0.35, 2), FEATURES[name], rng)
    assert other > 0.85


def test_no_detector_with_few_sequences() -> None:
    few, rng = windows(9, 0.5, 1), np.random.default_rng(1)
    assert np.isnan(detector_auroc(few, windows(50, 0.5, 2), SHARES, rng))
    # nor with sequences that all belong in one fold
    same = np.zeros((20, 30), dtype=np.uint8)
    assert np.isnan(detector_auroc(same, same, SHARES, rng))


def test_detector_of_composition_is_blind_to_shuffles() -> None:
    codes = windows(100, 0.4, 3)
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(2))
    assert detector_auroc(codes, shuffled, SHARES, np.random.default_rng(3)) == 0.5


def test_detector_sees_a_word_that_shuffles_lose() -> None:
    codes = windows(300, 0.4, 3)
    codes[:, 20:28] = encode(["CATGCATG"])
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(2))
    found = detector_auroc(codes, shuffled, tetramer_shares, np.random.default_rng(3))
    assert found > 0.85


def test_at_most_five_thousand() -> None:
    codes = windows(5010, 0.4, 1)
    drawn = subsample(codes, np.random.default_rng(1))
    assert drawn.shape == (5000, 60)
    assert subsample(codes[:20], np.random.default_rng(1)) is not None
    # in their order
    places = {row.tobytes(): index for index, row in enumerate(codes)}
    order = [places[row.tobytes()] for row in drawn]
    assert order == sorted(order)
