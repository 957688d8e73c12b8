import numpy as np

from tfmoe.evaluation.null import simulate_null


def test_published_anova_rejects_a_true_null_and_delong_does_not():
    table = simulate_null(30, 0.05, 60, np.random.default_rng(1)).set_index("test")
    # 84 % were found with 20 trials and 97.5 % with 100
    assert 0.75 < table.loc["anova_as_published", "false_positive_rate"] <= 1
    assert table.loc["delong", "false_positive_rate"] < 0.16
    assert table.loc["delong", "standard_error"] < 0.06
    assert table["trials"].tolist() == [30, 1]


def test_more_trials_reject_more():
    few = simulate_null(3, 0.05, 60, np.random.default_rng(2))
    many = simulate_null(60, 0.05, 60, np.random.default_rng(2))
    assert few.loc[0, "false_positive_rate"] < many.loc[0, "false_positive_rate"]
