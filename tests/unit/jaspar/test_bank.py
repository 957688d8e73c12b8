from __future__ import annotations

import numpy as np
import pytest

from tfmoe.core.dna import encode
from tfmoe.core.sliding import SlidingWindows
from tfmoe.jaspar.bank import scan_bank
from tfmoe.jaspar.scanning import scan

# reads GAT: a match scores 1 at each position, anything else -1
GAT = np.array([[-1, 1, -1], [-1, -1, -1], [1, -1, -1], [-1, -1, 1]], dtype=np.float64)


def test_a_bank_scores_each_matrix_as_if_it_were_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    codes = rng.choice(5, (30, 25), p=[0.24, 0.24, 0.24, 0.24, 0.04]).astype(np.uint8)
    codes[0] = 4
    bank = [rng.normal(size=(4, width)) for width in (25, 1, 7, 7, 12, 24, 3)]
    expected = np.stack([scan(codes, pwm).score for pwm in bank], axis=1)
    for strands in (2, 6, 100):  # several blocks, the last one smaller; one block
        monkeypatch.setattr("tfmoe.jaspar.bank._BANK_BLOCK", strands)
        found = scan_bank(codes, bank)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(scan_bank(codes[5:6], bank[2:4]), expected[5:6, 2:4])


def test_a_bank_finds_hits_on_both_strands() -> None:
    found = scan_bank(encode(["CCGATCC", "CCATCCC", "CCCCCCC", "NNNNNNN"]), [GAT, GAT[:, :1]])
    assert found.tolist() == [[3, 1], [3, 1], [-1, 1], [-3, -1]]


def test_a_bank_may_be_empty_and_rejects_what_scan_rejects() -> None:
    codes = encode(["GATC", "AAAA"])
    assert scan_bank(codes, []).shape == (2, 0)
    assert scan_bank(codes[:0], [GAT, GAT]).shape == (0, 2)
    with pytest.raises(ValueError, match="4 bases are shorter than the matrix of 5"):
        scan_bank(codes, [GAT, np.zeros((4, 5))])
    with pytest.raises(ValueError, match="pwm"):
        scan_bank(codes, [GAT.T])


@pytest.mark.parametrize("stride", [1, 3])
def test_windows_of_a_long_sequence_have_the_hits_that_they_have_alone(stride: int) -> None:
    rng = np.random.default_rng(4)
    codes = rng.choice(5, 120, p=[0.24, 0.24, 0.24, 0.24, 0.04]).astype(np.uint8)
    codes[50:90] = 4
    bank = [rng.normal(size=(4, width)) for width in (25, 1, 7, 24, 23, 12)]
    windows = SlidingWindows(codes, 25, stride)
    np.testing.assert_array_equal(scan_bank(windows, bank), scan_bank(windows.rows(), bank))
    assert scan_bank(windows, []).shape == (len(windows), 0)
    assert scan_bank(SlidingWindows(codes[:24], 25), bank).shape == (0, 6)
    with pytest.raises(ValueError, match="25 bases are shorter than the matrix of 26"):
        scan_bank(windows, [np.zeros((4, 26))])
