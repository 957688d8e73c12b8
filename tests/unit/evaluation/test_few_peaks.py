"""AUROC against the number of peaks of a new factor."""

import numpy as np
import pandas as pd
import pytest

from tfmoe.evaluation.few_peaks import few_peaks_table, find_crossovers, numbers_of_peaks

# per factor: conditioned, then adapted and from scratch at 10, then at 100 peaks
AUROCS = {
    "A": [0.70, 0.72, 0.60, 0.80, 0.82],
    "B": [0.80, 0.84, 0.70, 0.90, 0.92],
    "C": [0.60, 0.66, 0.50, 0.70, 0.78],
    "D": [0.90, 0.90, 0.80, None, None],
}
NAMES = [
    "moe_conditioned",
    *(f"{m}_{k}" for k in (10, 100) for m in ("moe_adapted", "gkm_from_scratch")),
]
MATRICES = {"A": 0.75, "B": 0.65, "C": 0.55}


def row(factor, model, auroc, seed=0, **more):
    keys = {"model": model, "factor": factor, "experiment": factor, "role": "adapted"}
    sizes = {"negatives": "genomic", "subset": "all", "n_pos": 20, "n_neg": 100}
    return keys | sizes | {"seed": seed, "auroc": auroc} | more


@pytest.fixture
def metrics():
    """Two draws, 0.01 below and above each AUROC."""
    rows = [
        row(factor, model, None if value is None else value + shift, seed)
        for factor, values in AUROCS.items()
        for model, value in zip(NAMES, values, strict=True)
        for seed, shift in enumerate((-0.01, 0.01))
    ]
    rows += [row(factor, "pwm", MATRICES.get(factor), None) for factor in AUROCS]
    return pd.DataFrame(rows)


def pick(table, group, peaks, model):
    found = table[(table["group"] == group) & (table["peaks"] == peaks) & (table["model"] == model)]
    assert len(found) == 1
    return found.iloc[0]


def test_means_are_over_the_factors_that_have_a_number_of_peaks(metrics):
    table = few_peaks_table(metrics)
    at_0 = pick(table, "all", "0", "moe_conditioned")
    assert (at_0["factors"], at_0["auroc"]) == (4, pytest.approx(0.75))
    at_10 = pick(table, "all", "10", "moe_adapted_10")
    assert (at_10["factors"], at_10["auroc"]) == (4, pytest.approx(0.78))
    # D has no hundred peaks, so the reference is averaged without it
    assert pick(table, "all", "100", "moe_adapted_100")["auroc"] == pytest.approx(0.80)
    reference = pick(table, "all", "100", "moe_conditioned")
    assert (reference["factors"], reference["auroc"]) == (3, pytest.approx(0.70))


def test_the_matrix_is_compared_on_factors_that_have_one(metrics):
    table = few_peaks_table(metrics)
    assert "pwm" not in set(table.loc[table["group"] == "all", "model"])
    matrix = pick(table, "with_matrix", "10", "pwm")
    assert (matrix["factors"], matrix["auroc"]) == (3, pytest.approx(0.65))
    assert pick(table, "with_matrix", "10", "moe_adapted_10")["auroc"] == pytest.approx(0.74)
    assert matrix["difference"] == pytest.approx(0.09)


def test_intervals_are_paired_over_factors(metrics):
    found = pick(few_peaks_table(metrics), "all", "100", "gkm_from_scratch_100")
    # differences -0.02, -0.02, -0.08: mean -0.04, SD 0.03464, t of 2 degrees of freedom 4.3027
    assert found["difference"] == pytest.approx(-0.04)
    assert found["difference_low"] == pytest.approx(-0.12605, abs=1e-5)
    assert found["difference_high"] == pytest.approx(0.04605, abs=1e-5)
    # AUROCs 0.82, 0.92, 0.78: mean 0.84, SD 0.07211
    assert found["auroc_low"] == pytest.approx(0.66087, abs=1e-5)
    assert found["auroc_high"] == pytest.approx(1.01913, abs=1e-5)


def test_a_draw_that_one_model_lacks_counts_for_none(metrics):
    lost = (metrics["factor"] == "A") & (metrics["model"] == "gkm_from_scratch_10")
    metrics.loc[lost & (metrics["seed"] == 0), "auroc"] = np.nan
    table = few_peaks_table(metrics)
    # A's adapted mixture: 0.73, of its second draw alone
    assert pick(table, "all", "10", "moe_adapted_10")["auroc"] == pytest.approx(0.7825)


def test_experiments_of_one_factor_are_averaged_first(metrics):
    again = metrics[metrics["factor"] == "A"].copy()
    again["auroc"] -= 0.1
    table = few_peaks_table(pd.concat([metrics, again.assign(experiment="A_cells")]))
    found = pick(table, "all", "10", "moe_adapted_10")
    assert (found["factors"], found["auroc"]) == (4, pytest.approx(0.7675))


@pytest.mark.parametrize("column", ["n_pos", "n_neg"])
def test_small_sets_are_left_out(metrics, column):
    metrics.loc[metrics["factor"] == "B", column] = 9
    assert pick(few_peaks_table(metrics), "all", "0", "moe_conditioned")["factors"] == 3


def test_other_roles_and_kinds_are_left_out_and_subsets_apart(metrics):
    strange = metrics.assign(auroc=0.1)
    shifted = metrics.assign(subset="no_overlap", auroc=metrics["auroc"] - 0.2)
    others = [strange.assign(role="ood"), strange.assign(negatives="dinucleotide"), shifted]
    table = few_peaks_table(pd.concat([metrics, *others]))
    everything = table[table["subset"] == "all"].reset_index(drop=True)
    pd.testing.assert_frame_equal(everything, few_peaks_table(metrics))
    apart = table[table["subset"] == "no_overlap"]
    assert pick(apart, "all", "0", "moe_conditioned")["auroc"] == pytest.approx(0.55)


def test_without_adapted_models_the_table_is_empty(metrics):
    assert few_peaks_table(metrics.assign(role="ood")).empty
    assert find_crossovers(few_peaks_table(metrics.assign(role="ood"))) == []


def test_two_factors_have_means_without_intervals(metrics):
    table = few_peaks_table(metrics[metrics["factor"].isin(["A", "B"])])
    found = pick(table, "all", "10", "moe_adapted_10")
    assert found["auroc"] == pytest.approx(0.78)
    assert np.isnan([found["auroc_low"], found["difference_high"]]).all()


def test_the_crossover_is_the_smallest_number_at_which_a_rival_is_as_good(metrics):
    (found,) = find_crossovers(few_peaks_table(metrics))
    assert (found.rival, found.reached, found.peaks) == ("gkm_from_scratch_", True, "100")
    assert (found.difference, found.factors) == (pytest.approx(-0.04), 3)


def test_without_a_crossover_the_smallest_difference_is_given(metrics):
    late = metrics["model"] == "gkm_from_scratch_100"
    metrics.loc[late, "auroc"] -= 0.05
    (found,) = find_crossovers(few_peaks_table(metrics))
    assert (found.reached, found.peaks, found.difference) == (False, "100", pytest.approx(0.01))


def test_numbers_are_in_ascending_order():
    models = ["moe", "moe_adapted_100", "fine_tuned_all", "gkm_from_scratch_30", "moe_adapted_5"]
    assert numbers_of_peaks(models) == ["5", "30", "100", "all"]
