import numpy as np
import pytest

from tfmoe.core.dna import encode
from tfmoe.motifs.confirmation import confirm, rate_with_interval

MOTIF = np.full((4, 8), 0.01)
MOTIF[[3, 3, 0, 1, 1, 1, 2, 2], np.arange(8)] = 0.97

CARRIER = "GATGATTTACCCGGATGCAT"
TURNED = "GATGATCCGGGTAAATGCAT"
PLAIN = "GATGATGATTCAGATTGCAT"


def test_hits_are_counted_on_both_strands():
    result = confirm(MOTIF, encode([CARRIER, TURNED, PLAIN, PLAIN]), encode([PLAIN] * 6), 1e-4)
    assert (result.positives, result.positives_hit) == (4, 2)
    assert (result.negatives, result.negatives_hit) == (6, 0)
    assert result.rate_positives == 0.5
    assert result.rate_negatives == 0
    assert result.odds_ratio == pytest.approx((2.5 * 6.5) / (2.5 * 0.5))
    # both hits among the four positives of ten: C(4, 2) / C(10, 2)
    assert result.fisher_p == pytest.approx(6 / 45)


def test_a_laxer_threshold_is_lower():
    codes = encode([CARRIER, PLAIN])
    strict, lax = (confirm(MOTIF, codes, codes, p).threshold for p in (1e-4, 1e-2))
    assert lax < strict


def test_the_interval_is_wilsons():
    # Brown, Cai and DasGupta 2001: (p + z2/2n +- z sqrt(pq/n + z2/4n2)) / (1 + z2/n)
    assert rate_with_interval(5, 10) == pytest.approx((0.5, 0.236593, 0.763407), abs=1e-6)
    assert rate_with_interval(0, 10)[1] == 0


def test_without_negatives_nothing_is_compared():
    result = confirm(MOTIF, encode([CARRIER]), np.zeros((0, 20), dtype=np.uint8), 1e-4)
    assert result.positives_hit == 1
    assert np.isnan([result.rate_negatives, result.odds_ratio, result.fisher_p]).all()


def test_a_motif_longer_than_the_sequences_has_no_hit():
    result = confirm(MOTIF, encode(["TTACC"]), encode(["TTACC"]), 1e-4)
    assert (result.positives_hit, result.negatives_hit) == (0, 0)
    assert result.fisher_p == 1
