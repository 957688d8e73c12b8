import numpy as np
import pytest
from scipy.stats import spearmanr

from tfmoe.attribution.estimates import bootstrap
from tfmoe.attribution.faithfulness import correlate, faithfulness_table, spearman
from tfmoe.attribution.maps import Maps, centre
from tfmoe.core.dna import Codes
from tolerance import close

LABELS = {"experiment": "Reb1", "model": "expert_Reb1"}


def example(rows: int, length: int = 30) -> tuple[Maps, Codes]:
    rng = np.random.default_rng(4)
    reference = centre(rng.normal(size=(rows, 4, length)).astype(np.float32))
    return reference, rng.integers(0, 4, (rows, length)).astype(np.uint8)


def test_ranks_are_correlated_row_by_row() -> None:
    first = np.array([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [0, 0, 1, 5]], dtype=np.float32)
    second = np.array([[1, 8, 9, 99], [4, 3, 2, 1], [2, 1, 4, 3], [0, 3, 1, 1]], dtype=np.float32)
    expected = [1, -1, 0.6, spearmanr(first[3], second[3]).statistic]
    close(spearman(first, second), expected, terms=4)


def test_a_constant_row_has_no_correlation() -> None:
    first = np.array([[2, 2, 2], [0, 0, 0]], dtype=np.float32)
    second = np.array([[1, 2, 3], [1, 2, 3]], dtype=np.float32)
    np.testing.assert_array_equal(spearman(first, second), [0, 0])


def test_rounding_errors_do_not_order_irrelevant_positions() -> None:
    reference = np.array([[0, 0, 0, 0, 1, 2]], dtype=np.float32)
    noisy = np.array([[3e-7, -2e-7, 5e-7, 1e-7, 1, 2]], dtype=np.float32)
    np.testing.assert_allclose(spearman(noisy, reference), [1])


def test_the_two_variants_differ_at_the_other_bases() -> None:
    reference, codes = example(3)
    maps = reference.copy()
    observed = (np.arange(3)[:, None], codes, np.arange(30))
    wrong = -reference
    wrong[observed] = reference[observed]
    found = correlate(wrong, reference, codes)
    np.testing.assert_allclose(found.observed, [1, 1, 1])
    assert (found.whole < 0.3).all()
    np.testing.assert_allclose(correlate(maps, reference, codes).whole, [1, 1, 1])


def test_a_dead_gradient_counts_as_zero_and_a_constant_reference_is_ignored() -> None:
    reference, codes = example(4)
    maps = reference.copy()
    maps[1] = 0
    reference[2] = 1e-8
    maps[3] = 7  # constant, but not zero
    found = correlate(maps, reference, codes)
    np.testing.assert_allclose(found.observed, [1, 0, np.nan, 0])
    np.testing.assert_allclose(found.whole, [1, 0, np.nan, 0])
    assert found.zero.tolist() == [False, True, False, False]
    assert found.usable.tolist() == [True, True, False, True]


def test_the_table_has_one_row_per_method_with_counts_medians_and_gains() -> None:
    reference, codes = example(40)
    noise = np.random.default_rng(5).normal(size=reference.shape).astype(np.float32)
    reference[0] = 0
    dead = reference + noise
    dead[1:3] = 0
    maps = {
        "gradient": dead,
        "gradient_corrected": reference + noise / 3,
        "ism": reference,
    }
    table = faithfulness_table(maps, reference, codes, LABELS, 200, seed=1)
    assert table["method"].tolist() == ["gradient", "gradient_corrected"]
    assert table["model"].tolist() == ["expert_Reb1"] * 2
    assert table["n_sequences"].tolist() == [39, 39]
    assert table["n_zero"].tolist() == [2, 0]
    assert table["n_constant"].tolist() == [1, 1]
    plain, corrected = table.to_dict("records")
    values = {name: correlate(maps[name], reference, codes) for name in table["method"]}
    assert plain["spearman"] == np.nanmedian(values["gradient"].observed)
    assert corrected["spearman_map"] == np.nanmedian(values["gradient_corrected"].whole)
    gain = np.nanmean(values["gradient_corrected"].observed - values["gradient"].observed)
    np.testing.assert_allclose(corrected["gain"], gain)
    assert corrected["gain_low"] < gain < corrected["gain_high"]
    assert plain["spearman_low"] < plain["spearman"] < plain["spearman_high"]
    assert np.isnan(plain["gain"])
    again = faithfulness_table(maps, reference, codes, LABELS, 200, seed=1)
    assert again.equals(table)


def test_constant_references_are_counted() -> None:
    reference, codes = example(3)
    table = faithfulness_table({"gradient": reference}, 0 * reference, codes, LABELS, 10, seed=1)
    row = table.iloc[0]
    assert (row["n_sequences"], row["n_constant"]) == (0, 3)
    assert np.isnan(row["spearman"])
    assert np.isnan(row["spearman_low"])


def test_the_bootstrap_of_a_mean_has_the_interval_of_theory() -> None:
    values = np.random.default_rng(6).normal(3, 2, size=400)
    found = bootstrap(values, np.mean, 4000, np.random.default_rng(7))
    assert found.value == values.mean()
    error = 1.96 * values.std() / 20
    assert found.low == pytest.approx(values.mean() - error, abs=0.02)
    assert found.high == pytest.approx(values.mean() + error, abs=0.02)
    assert list(found.columns("auprc")) == ["auprc", "auprc_low", "auprc_high"]


def test_the_bootstrap_of_one_and_of_no_value() -> None:
    one = bootstrap(np.array([0.5]), np.median, 10, np.random.default_rng(1))
    assert (one.value, one.low, one.high) == (0.5, 0.5, 0.5)
    none = bootstrap(np.zeros(0), np.median, 10, np.random.default_rng(1))
    assert np.isnan([none.value, none.low, none.high]).all()


def test_large_samples_are_resampled_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(50.0)
    whole = bootstrap(values, np.mean, 100, np.random.default_rng(1))
    monkeypatch.setattr("tfmoe.attribution.estimates._BLOCK", 350)
    assert bootstrap(values, np.mean, 100, np.random.default_rng(1)) == whole
