import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from tfmoe.evaluation.multiplicity import adjust_benjamini_hochberg, adjust_holm

# Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57:289, section 4: 15
# endpoints of a trial; at 0.05, Bonferroni's method rejects 3 and their method the first 4
ENDPOINTS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
    0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_holm_keeps_nan():
    adjusted = adjust_holm([0.04, np.nan, 0.01, 0.03])
    assert adjusted[0] == pytest.approx(0.06)
    assert np.isnan(adjusted[1])
    assert adjusted[2:] == pytest.approx([0.03, 0.06])
    assert adjust_holm([0.9, 0.8]) == [1, 1]
    assert np.isnan(adjust_holm([np.nan])).all()
    assert adjust_holm([]) == []


def test_benjamini_hochberg_published_example():
    q = adjust_benjamini_hochberg(ENDPOINTS)
    assert (q < 0.05).tolist() == [True] * 4 + [False] * 11
    assert q[0] == pytest.approx(15 * 0.0001)
    assert q[3] == pytest.approx(15 / 4 * 0.0095)
    assert (np.array(adjust_holm(ENDPOINTS)) < 0.05).sum() == 3


def test_benjamini_hochberg_keeps_nan():
    q = adjust_benjamini_hochberg([0.04, np.nan, 0.01, 0.03])
    # 0.03 takes the value of its larger neighbour, 3 / 3 * 0.04
    assert q[[0, 2, 3]] == pytest.approx([0.04, 0.03, 0.04])
    assert np.isnan(q[1])
    assert np.isnan(adjust_benjamini_hochberg([np.nan, np.nan])).all()
    assert adjust_benjamini_hochberg([]).size == 0


def test_both_agree_with_statsmodels():
    p = np.random.default_rng(3).random(50).round(2) ** 2
    assert adjust_holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-15)
    assert adjust_benjamini_hochberg(p) == pytest.approx(
        multipletests(p, method="fdr_bh")[1], abs=1e-15
    )
