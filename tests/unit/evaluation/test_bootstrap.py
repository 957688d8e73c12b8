import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import binom, norm
from sklearn.metrics import average_precision_score, roc_auc_score

from tfmoe.evaluation import bootstrap
from tfmoe.evaluation.bootstrap import (
    average_precision,
    bootstrap_auroc,
    bootstrap_blocks,
    bootstrap_ranking,
    chromosome_blocks,
    logit_interval,
)
from tfmoe.evaluation.delong import auroc, delong


class Fixed:
    """Replacement of a random generator that returns given draws."""

    def __init__(self, *draws):
        self.draws = list(draws)

    def integers(self, high, size):
        drawn = np.array(self.draws.pop(0)).reshape(size)
        assert drawn.max() < high
        return drawn


@pytest.mark.parametrize("decimals", [6, 0])
def test_each_resample_is_the_auroc_of_its_sequences(decimals):
    rng = np.random.default_rng(3)
    positives = np.round(rng.normal(1, 1, (2, 12)), decimals)
    negatives = np.round(rng.normal(0, 1, (2, 30)), decimals)
    first, second = rng.integers(12, size=(12, 5)), rng.integers(30, size=(30, 5))
    drawn = bootstrap_auroc(positives, negatives, 5, Fixed(first, second))
    for resample in range(5):
        expected = auroc(positives[:, first[:, resample]], negatives[:, second[:, resample]])
        assert drawn[:, resample] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("decimals", [6, 0])
def test_average_precision_of_each_resample(decimals):
    rng = np.random.default_rng(8)
    positives = np.round(rng.normal(1, 1, (2, 12)), decimals)
    negatives = np.round(rng.normal(0, 1, (2, 30)), decimals)
    first, second = rng.integers(12, size=(12, 5)), rng.integers(30, size=(30, 5))
    drawn = bootstrap_ranking(positives, negatives, 5, Fixed(first, second))
    label = np.repeat([1, 0], [12, 30])
    for model in range(2):
        for resample in range(5):
            scores = np.r_[
                positives[model, first[:, resample]], negatives[model, second[:, resample]]
            ]
            expected = average_precision_score(label, scores)
            assert drawn.auprc[model, resample] == pytest.approx(expected, abs=1e-12)
    aurocs = bootstrap_auroc(positives, negatives, 5, Fixed(first, second))
    assert (drawn.auroc == aurocs).all()


def test_blocks_are_drawn_whole():
    rng = np.random.default_rng(9)
    blocks = rng.integers(4, size=40)
    positive = rng.random(40) < 0.4
    scores = np.round(rng.normal(0, 1, (2, 40)) + positive, 1)
    drawn = rng.integers(4, size=(4, 6))
    found = bootstrap_blocks(scores, positive, blocks, 6, Fixed(drawn))
    for resample in range(6):
        rows = np.concatenate([np.flatnonzero(blocks == block) for block in drawn[:, resample]])
        expected = [roc_auc_score(positive[rows], model[rows]) for model in scores]
        assert found[:, resample] == pytest.approx(expected, abs=1e-12)


def test_resamples_of_one_class_are_nan_and_ignored():
    positive = np.array([True, True, False, False])
    scores = np.array([[2.0, 1.0, 1.5, 0.0]])
    # blocks 0 and 1 hold the positives, 2 the negatives
    drawn = Fixed([[0, 2, 0], [1, 2, 2], [0, 2, 2]])
    found = bootstrap_blocks(scores, positive, np.array([0, 1, 2, 2]), 3, drawn)
    assert np.isnan(found[0, :2]).all()
    assert found[0, 2] == 1.0
    some = np.array([[np.nan, 0.6, 0.7, 0.8]])
    for bound, without in zip(
        logit_interval(np.array([0.7]), some, 9, 0.05),
        logit_interval(np.array([0.7]), some[:, 1:], 9, 0.05),
        strict=True,
    ):
        assert bound == without


def test_blocks_of_correlated_sequences_vary_more():
    """Intervals by blocks reflect the variation of new blocks, those by sequences do not."""
    rng = np.random.default_rng(10)
    positive = np.tile(np.arange(40) < 20, 60)
    blocks = np.repeat(np.arange(60), 40)

    def draw():
        # all positives of a block are strong or weak together
        shared = rng.normal(0, 1, 60)[blocks]
        return (rng.normal(0, 1, 2400) + positive * (1 + shared))[None]

    truth = np.std([roc_auc_score(positive, draw()[0]) for _ in range(300)])
    scores = draw()
    by_block = bootstrap_blocks(scores, positive, blocks, 1000, rng).std()
    by_sequence = bootstrap_auroc(scores[:, positive], scores[:, ~positive], 1000, rng).std()
    assert by_block == pytest.approx(truth, rel=0.3)
    assert by_sequence < 0.6 * truth


def test_chromosome_blocks():
    chrom = np.array(["chr2", "chr1", "chr1", "chr2", "chr1", "chr2"], dtype=object)
    start = np.array([0, 99, 100, 250, 150, 99])
    blocks = chromosome_blocks(chrom, start, 100)
    # chr1: 0 to 99, 100 to 199; chr2: 0 to 99, 200 to 299
    assert blocks.tolist() == [2, 0, 1, 3, 1, 2]
    assert chromosome_blocks(chrom, start, 1_000_000).tolist() == [1, 0, 0, 1, 0, 1]


def test_spread_agrees_with_the_exact_variance():
    rng = np.random.default_rng(4)
    positives, negatives = rng.normal(1, 1, (1, 150)), rng.normal(0, 1, (1, 400))
    drawn = bootstrap_auroc(positives, negatives, 4000, rng)
    exact = delong(positives, negatives)
    error = exact.covariance[0, 0] ** 0.5
    assert drawn.mean() == pytest.approx(exact.auroc[0], abs=4 * error / 4000**0.5)
    assert drawn.std() == pytest.approx(error, rel=0.05)
    low, high = logit_interval(exact.auroc, drawn, 150, 0.05)
    assert high[0] - low[0] == pytest.approx(2 * norm.isf(0.025) * error, rel=0.08)


def test_literal_interval():
    # bias 0.02 and standard deviation 0.02; t with 3 degrees of freedom has the quantile 3.1824
    low, high = logit_interval(np.array([0.8]), np.array([[0.80, 0.82, 0.84]]), 4, 0.05)
    centre, half = logit(0.8) - 0.02 / 0.16, 3.18245 * 0.02 / 0.16 * (4 / 3) ** 0.5
    assert low[0] == pytest.approx(expit(centre - half), abs=1e-5)
    assert high[0] == pytest.approx(expit(centre + half), abs=1e-5)


def test_an_interval_contains_its_estimate():
    # all resamples far above the estimate, and hardly any spread
    low, high = logit_interval(np.array([0.5]), np.array([[0.7, 0.7001, 0.7002]]), 50, 0.05)
    assert low[0] < high[0] == 0.5


def test_extremes_have_no_width_and_one_replicate_no_interval():
    estimate = np.array([0.0, 1.0, 1 - 1e-15, 0.5])
    resampled = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 1 - 1e-15], [0.4, 0.6]])
    low, high = logit_interval(estimate, resampled, 5, 0.05)
    assert low[:3].tolist() == high[:3].tolist() == estimate[:3].tolist()
    assert 0 < low[3] < 0.5 < high[3] < 1
    low, high = logit_interval(estimate, resampled, 1, 0.05)
    assert low[:3].tolist() == high[:3].tolist() == estimate[:3].tolist()
    assert np.isnan([low[3], high[3]]).all()


def test_average_precision_is_that_of_scikit_learn():
    rng = np.random.default_rng(12)
    positives = np.round(rng.normal(1, 1, (2, 12)), 1)
    negatives = np.round(rng.normal(0, 1, (2, 30)), 1)
    label = np.repeat([1, 0], [12, 30])
    expected = [average_precision_score(label, np.r_[one, other])
                for one, other in zip(positives, negatives, strict=True)]  # fmt: skip
    assert average_precision(positives, negatives) == pytest.approx(expected, abs=1e-12)


def test_intervals_cover_the_true_average_precision():
    """Of 400 intervals, 95 % should contain the truth; percentile intervals fail this test.

    The band is that of 99.9 % of binomial counts with a coverage of 94 to 96 %. AUROC .95, 20
    positives and 20 negatives: the true average precision is .9507 (benchmarks).
    """
    truth, rng = 0.950684, np.random.default_rng(13)
    covered = {"logit": 0, "percentile": 0}
    above = 0
    for _ in range(400):
        positives, negatives = rng.normal(2.32617, 1, (1, 20)), rng.normal(0, 1, (1, 20))
        drawn = bootstrap_ranking(positives, negatives, 200, rng).auprc
        low, high = logit_interval(average_precision(positives, negatives), drawn, 20, 0.05)
        covered["logit"] += low[0] <= truth <= high[0]
        above += low[0] > truth
        ends = np.quantile(drawn, [0.025, 0.975])
        covered["percentile"] += ends[0] <= truth <= ends[1]
    least, most = binom.ppf([0.0005, 0.9995], 400, 0.94)[0], binom.ppf(0.9995, 400, 0.96)
    assert (least, most) == (359, 395)
    assert covered["percentile"] < least <= covered["logit"] <= most
    # the rest is about as often too high (5.5 % at most) as too low
    assert above <= 22


def test_all_batches_share_one_random_stream(monkeypatch):
    rng = np.random.default_rng(5)
    positives, negatives = rng.normal(1, 1, (2, 20)), rng.normal(0, 1, (2, 25))
    monkeypatch.setattr(bootstrap, "CELLS", 100)
    drawn = bootstrap_auroc(positives, negatives, 10, np.random.default_rng(6))
    again = bootstrap_auroc(positives, negatives, 10, np.random.default_rng(6))
    assert (drawn == again).all()
    assert len(np.unique(drawn[0])) > 7


def test_edges():
    rng = np.random.default_rng(7)
    constant = bootstrap_ranking(np.zeros((1, 5)), np.zeros((1, 9)), 50, rng)
    assert (constant.auroc == 0.5).all()
    assert constant.auprc == pytest.approx(np.full((1, 50), 5 / 14))
    perfect = bootstrap_ranking(np.ones((1, 1)), np.zeros((1, 1)), 50, rng)
    for values in (perfect.auroc, perfect.auprc):
        assert (values == 1.0).all()
    worst = bootstrap_ranking(np.zeros((1, 3)), np.ones((1, 6)), 50, rng)
    assert (worst.auroc == 0).all()
    assert worst.auprc == pytest.approx(np.full((1, 50), 1 / 3))
