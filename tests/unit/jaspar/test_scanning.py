from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from tfmoe.core.dna import encode, reverse_complement
from tfmoe.jaspar.scanning import (
    base_composition,
    hits_at,
    log_odds,
    p_values,
    scan,
    threshold_at,
)
from tolerance import close

# reads GAT: a match scores 1 at each position, anything else -1
GAT = np.array([[-1, 1, -1], [-1, -1, -1], [1, -1, -1], [-1, -1, 1]], dtype=np.float64)


def test_log_odds_of_a_uniform_and_of_a_certain_column() -> None:
    probabilities = np.array([[0.25, 1.0], [0.25, 0.0], [0.25, 0.0], [0.25, 0.0]])
    weights = log_odds(probabilities, (0.25, 0.25, 0.25, 0.25), pseudocount=1.0)
    close(weights[:, 0], 0, terms=4, size=1)
    # (1 + .25) / 2 / .25 = 2.5 and .25 / 2 / .25 = .5
    np.testing.assert_allclose(weights[:, 1], np.log2([2.5, 0.5, 0.5, 0.5]))


def test_log_odds_respects_the_background() -> None:
    weights = log_odds(np.full((4, 1), 0.25), (0.4, 0.1, 0.1, 0.4), pseudocount=1e-9)
    np.testing.assert_allclose(weights[:, 0], np.log2([0.625, 2.5, 2.5, 0.625]), rtol=1e-6)


@pytest.mark.parametrize(
    ("probabilities", "background", "pseudocount", "message"),
    [
        (np.full((3, 2), 1 / 3), (0.25,) * 4, 0.1, "shape"),
        (np.zeros((4, 0)), (0.25,) * 4, 0.1, "shape"),
        (np.full((4, 2), 0.5), (0.25,) * 4, 0.1, "sum to 1"),
        (np.full((4, 2), 0.25), (0.5, 0.5, 0.0, 0.0), 0.1, "background"),
        (np.full((4, 2), 0.25), (0.25,) * 4, 0.0, "pseudocount"),
    ],
)
def test_log_odds_rejects(
    probabilities: np.ndarray, background: tuple[float, ...], pseudocount: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        log_odds(probabilities, background, pseudocount)


def test_scan_finds_start_strand_and_score() -> None:
    best = scan(encode(["CCGATCC", "CCATCCC", "GATCGAT", "CCCCCCC"]), GAT)
    assert best.score.tolist() == [3, 3, 3, -1]
    assert best.start.tolist() == [2, 2, 0, 0]
    # GATC holds GAT forward at 0 and, as ATC, reverse at 1; the first start counts
    assert best.strand.tolist() == [1, -1, 1, -1]
    assert best.score.dtype == np.float32


def test_a_reverse_complement_gives_the_mirrored_hit() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, (50, 30)).astype(np.uint8)
    pwm = rng.normal(size=(4, 9))
    forward, reverse = scan(codes, pwm), scan(reverse_complement(codes), pwm)
    close(forward.score, reverse.score, terms=9)
    np.testing.assert_array_equal(forward.start, 30 - 9 - reverse.start)
    np.testing.assert_array_equal(forward.strand, -reverse.strand)


def test_an_unknown_base_scores_as_the_worst_one() -> None:
    best = scan(encode(["NNNN", "GNT", "CCC"][:1]), GAT)
    assert best.score.tolist() == [-3]
    assert scan(encode(["GNT"]), GAT).score.tolist() == [1]


def test_a_sequence_as_long_as_the_matrix_has_one_placement() -> None:
    best = scan(encode(["GAT"]), GAT)
    assert (best.score[0], best.start[0], best.strand[0]) == (3, 0, 1)


def test_no_sequences_give_no_hits() -> None:
    assert scan(np.zeros((0, 10), dtype=np.uint8), GAT).score.shape == (0,)
    assert hits_at(np.zeros((0, 10), dtype=np.uint8), GAT, 1.0).row.shape == (0,)


def test_scan_rejects_short_sequences_and_other_types() -> None:
    with pytest.raises(ValueError, match="2 bases are shorter than the matrix of 3"):
        scan(encode(["GA"]), GAT)
    with pytest.raises(ValueError, match="expected uint8"):
        scan(np.zeros((2, 5), dtype=np.int64), GAT)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="pwm"):
        scan(encode(["GATC"]), GAT.T)


def test_hits_are_all_placements_at_the_threshold_in_order() -> None:
    hits = hits_at(encode(["CGATCGC", "CCCCCCC", "ATCGATC"]), GAT, 3)
    assert hits.row.tolist() == [0, 0, 2, 2, 2]
    assert hits.start.tolist() == [1, 2, 0, 3, 4]
    assert hits.strand.tolist() == [1, -1, -1, 1, -1]
    assert hits.score.tolist() == [3] * 5


def test_hits_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.random.default_rng(2).integers(0, 4, (40, 25)).astype(np.uint8)
    whole = hits_at(codes, GAT, 1)
    monkeypatch.setattr("tfmoe.jaspar.scanning._BLOCK", 50)
    parts = hits_at(codes, GAT, 1)
    np.testing.assert_array_equal(whole.row, parts.row)
    np.testing.assert_array_equal(whole.start, parts.start)
    np.testing.assert_array_equal(
        scan(codes, GAT).score, [whole.score[whole.row == r].max() for r in range(40)]
    )


@pytest.mark.parametrize(
    ("p_value", "words"),
    [(1 / 64, 1), (10 / 64, 10), (9.9 / 64, 1), (37 / 64, 37), (0.01, 1), (1e-6, 1), (0.999, 37)],
)
def test_threshold_counts_words(p_value: float, words: int) -> None:
    # of the 64 words 1 scores 3, 9 score 1, 27 score -1, 27 score -3; the best is always kept
    threshold = threshold_at(GAT, p_value)
    scores = [
        sum(GAT[base, i] for i, base in enumerate(word))
        for word in itertools.product(range(4), repeat=3)
    ]
    assert sum(score >= threshold for score in scores) == words


def test_threshold_uses_the_background() -> None:
    # with A at .7, G and T at .1 the word GAT has probability .007
    background = (0.7, 0.1, 0.1, 0.1)
    assert threshold_at(GAT, 0.0071, background) == pytest.approx(2)
    # next come AAT and GAA (.049), GAG, GAC, CAT, TAT (.007), GCT, GGT and GTT (.001): .136 in all
    assert threshold_at(GAT, 0.1359, background) == pytest.approx(2)
    assert threshold_at(GAT, 0.1361, background) == pytest.approx(0)


def test_threshold_agrees_with_random_sequence() -> None:
    pwm = log_odds(np.random.default_rng(3).dirichlet([0.4] * 4, 9).T)
    codes = np.random.default_rng(4).integers(0, 4, (1, 1_000_000)).astype(np.uint8)
    hits = hits_at(codes, pwm, threshold_at(pwm, 1e-3))
    assert len(hits.row) / 2e6 == pytest.approx(1e-3, rel=0.1)


def test_p_values_count_words() -> None:
    found = p_values(GAT, [3, 1, -1, -3, 3.1])
    np.testing.assert_allclose(found, [1 / 64, 10 / 64, 37 / 64, 1, 0], atol=1e-12)
    # with A at .7, G and T at .1 the word GAT has probability .007
    np.testing.assert_allclose(p_values(GAT, [3.0], (0.7, 0.1, 0.1, 0.1)), [0.007])


def test_p_values_agree_with_the_threshold() -> None:
    pwm = log_odds(np.random.default_rng(3).dirichlet([0.4] * 4, 9).T)
    codes = np.random.default_rng(4).integers(0, 4, (1, 100_000)).astype(np.uint8)
    hits = hits_at(codes, pwm, 0)
    threshold = threshold_at(pwm, 1e-3)
    found = p_values(pwm, hits.score) <= 1e-3
    # the grid is wrong by at most half a step of 0.001 bits per column
    clear = np.abs(hits.score - threshold) > 9 * 0.001
    np.testing.assert_array_equal(found[clear], (hits.score >= threshold)[clear])
    assert found.any()
    assert not found.all()


@pytest.mark.parametrize("p_value", [0.0, 1.0, -1.0])
def test_threshold_rejects_invalid_probabilities(p_value: float) -> None:
    with pytest.raises(ValueError, match="p_value"):
        threshold_at(GAT, p_value)


def test_base_composition_is_strand_symmetric_and_never_zero() -> None:
    share = base_composition(encode(["AAAAAAN"]))
    np.testing.assert_allclose(share, [8 / 20, 2 / 20, 2 / 20, 8 / 20])


def test_a_scan_of_five_thousand_windows_is_fast() -> None:
    codes = np.random.default_rng(5).integers(0, 4, (5000, 101)).astype(np.uint8)
    pwm = np.random.default_rng(6).normal(size=(4, 15))
    scan(codes[:10], pwm)
    started = time.process_time()
    scan(codes, pwm)
    assert time.process_time() - started < 1
