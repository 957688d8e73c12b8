import numpy as np
import pandas as pd
import pytest

from tfmoe.evaluation.null import COLUMNS, TypicalSet, reject_on_one_set, simulate_null
from tfmoe.evaluation.panel import make_panels
from tfmoe.evaluation.rejections import MARGIN_TESTS, TESTS
from tfmoe.evaluation.simulated_aurocs import hanley_mcneil

# resampled trials vary as much as samples of 500 positives and 500 negatives
SPREAD = float(hanley_mcneil(np.array(0.75), np.array(500.0), np.array(500.0)) ** 0.5)


def one_set(**changes):
    known = {"auroc": 0.75, "n_pos": 500, "n_neg": 500, "correlation": 0.5, "sd_trials": SPREAD}
    return TypicalSet(**(known | {"trials": 30} | changes))


@pytest.mark.parametrize(("trials", "known"), [(20, 0.84), (100, 0.975)])
def test_published_analysis_has_its_known_false_positive_rate(trials, known):
    # known rates are from real resampling: four models, 500 + 500 scores, correlation .5
    rejected, _ = reject_on_one_set(one_set(trials=trials), 0.05, 300, np.random.default_rng(1))
    assert rejected.mean() == pytest.approx(known, abs=4 * (known * (1 - known) / 300) ** 0.5)


def test_trials_that_vary_less_reject_more():
    rng = np.random.default_rng(2)
    rejected, paired = reject_on_one_set(one_set(sd_trials=0.1 * SPREAD), 0.05, 200, rng)
    assert rejected.mean() > 0.98, "dropout trials ignore that the set is a sample"
    assert 0.01 <= paired.mean() <= 0.1


def test_every_test_has_a_row(make_results, settings):
    table = make_results()[1].null_simulation
    assert tuple(table.columns) == COLUMNS
    over_sets = table[table["role"] != "all"]
    assert set(over_sets["role"]) == {"in_distribution", "ood"}
    assert set(over_sets["negatives"]) == {"genomic"}
    for _, own in over_sets.groupby(["role", "models_vary"]):
        assert own["test"].tolist() == [*TESTS, *MARGIN_TESTS]
    assert table["test"].tolist()[-2:] == ["anova_as_published", "delong"]
    ood = over_sets[over_sets["role"] == "ood"]
    assert set(ood["models"]) == {5}
    assert set(ood["sets"]) == {4}
    assert set(ood["seeds"]) == {2}
    assert set(ood["n_neg"]) == {40}
    assert ood["sd_residual"].gt(0).all()
    assert ood["true_auroc"].between(0.6, 0.95).all()
    margins = ood["test"].isin(MARGIN_TESTS)
    assert set(ood.loc[margins, "true_difference"]) == {-settings.margin}
    assert set(ood.loc[~margins, "true_difference"]) == {0}
    offered = table[~table["note"].str.startswith("not offered")]
    assert offered["false_positive_rate"].between(0, 1).all()
    np.testing.assert_allclose(offered["off_by"], offered["false_positive_rate"] - 0.05)
    published = table.iloc[-2]
    assert published["trials"] == 10
    assert published["trials_from"] == "bootstrap"


def test_a_large_deviation_is_in_the_note(make_results):
    table = make_results()[1].null_simulation
    offered = table[~table["note"].str.startswith("not offered")]
    far = offered["off_by"].abs() > 0.3 * 0.05
    assert far.any()
    assert offered.loc[far, "note"].str.contains("times the level").all()
    assert (offered.loc[~far, "note"] == "").all()


def test_impossible_tests_give_a_reason(make_results):
    table = make_results()[1].null_simulation
    found = table[(table["role"] == "ood") & (table["test"] == "wilcoxon")]
    assert found["false_positive_rate"].isna().all()
    assert found["note"].str.contains("no outcome of 4 sets could reject").all()


def test_one_set_and_no_trials_are_rows_with_a_reason(make_results, settings):
    result = make_results(n_ood=1)[0]
    panels = list(make_panels(result.metrics, settings.family, settings.shuffled))
    nothing = result.trials.iloc[:0]
    table = simulate_null(panels, result.comparisons, nothing, settings, 1)
    ood = table[table["role"] == "ood"]
    assert ood["test"].tolist() == [*TESTS, *MARGIN_TESTS]
    assert ood["false_positive_rate"].isna().all()
    assert ood["note"].str.startswith("skipped: 1 set").all()
    assert (
        table.loc[table["role"] == "all", "note"].tolist() == ["skipped: no trials that differ"] * 2
    )


def test_nothing_scored_is_a_reason(settings):
    comparisons = pd.DataFrame(
        columns=["experiment", "role", "negatives", "subset", "model", "other", "n_pos", "n_neg",
                 "auroc_model", "auroc_other", "low", "high"]
    )  # fmt: skip
    trials = pd.DataFrame(columns=["experiment", "negatives", "model", "auroc", "trials_from"])
    table = simulate_null([], comparisons, trials, settings, 1)
    assert table["test"].tolist() == ["anova_as_published", "delong"]
    assert set(table["note"]) == {"skipped: nothing was scored"}


def test_the_same_seed_gives_the_same_table(make_results, settings):
    result = make_results()[0]
    panels = list(make_panels(result.metrics, settings.family, settings.shuffled))
    one, two, other = (
        simulate_null(panels, result.comparisons, result.trials, settings, seed)
        for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, two)
    assert not one.equals(other)
