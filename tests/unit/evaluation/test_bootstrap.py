import numpy as np
import pytest
from scipy.stats import norm

from tfmoe.evaluation import bootstrap
from tfmoe.evaluation.bootstrap import bootstrap_auroc, interval
from tfmoe.evaluation.delong import auroc, delong


class Fixed:
    """Draws that are known beforehand, in place of a generator."""

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


def test_spread_is_that_of_the_exact_variance():
    rng = np.random.default_rng(4)
    positives, negatives = rng.normal(1, 1, (1, 150)), rng.normal(0, 1, (1, 400))
    drawn = bootstrap_auroc(positives, negatives, 4000, rng)
    exact = delong(positives, negatives)
    error = exact.covariance[0, 0] ** 0.5
    assert drawn.mean() == pytest.approx(exact.auroc[0], abs=4 * error / 4000**0.5)
    assert drawn.std() == pytest.approx(error, rel=0.05)
    low, high = interval(drawn, 0.05)
    assert high[0] - low[0] == pytest.approx(2 * norm.isf(0.025) * error, rel=0.08)


def test_many_blocks_draw_on_one_stream(monkeypatch):
    rng = np.random.default_rng(5)
    positives, negatives = rng.normal(1, 1, (2, 20)), rng.normal(0, 1, (2, 25))
    monkeypatch.setattr(bootstrap, "BLOCK", 100)
    drawn = bootstrap_auroc(positives, negatives, 10, np.random.default_rng(6))
    again = bootstrap_auroc(positives, negatives, 10, np.random.default_rng(6))
    assert (drawn == again).all()
    assert len(np.unique(drawn[0])) > 7


def test_edges():
    rng = np.random.default_rng(7)
    constant = bootstrap_auroc(np.zeros((1, 5)), np.zeros((1, 9)), 50, rng)
    assert (constant == 0.5).all()
    perfect = bootstrap_auroc(np.ones((1, 1)), np.zeros((1, 1)), 50, rng)
    assert (perfect == 1.0).all()
    assert [bound.tolist() for bound in interval(perfect, 0.05)] == [[1.0], [1.0]]
