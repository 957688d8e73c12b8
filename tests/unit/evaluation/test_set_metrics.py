from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from tfmoe.evaluation.predictions import Column
from tfmoe.evaluation.scored_sets import ScoredSet
from tfmoe.evaluation.set_metrics import METRIC_COLUMNS, score_set

KEYS = {
    "experiment": "X",
    "factor": "x",
    "role": "ood",
    "stratum": "cross_family",
    "negatives": "genomic",
    "subset": "all",
}
FEW = "too few negatives for an AUPRC at 1:10, 1:100, 1:1000"
NO_LOGITS = "scores are no probabilities: no Brier score and no calibration"
RESAMPLED = ["auroc_low", "auroc_high", "auprc_low", "auprc_high"]
BY_BLOCK = ["auroc_block_low", "auroc_block_high"]


@pytest.fixture
def scored():
    """Return 30 positives and 70 negatives, 60,000 bases apart, in alternating groups."""
    rng = np.random.default_rng(11)
    positive = np.arange(100) % 10 < 3
    return ScoredSet(
        keys=KEYS,
        positive=positive,
        chrom=np.repeat(np.array(["chr1", "chr2"], dtype=object), 50),
        start=60_000 * np.arange(100),
        scores=rng.normal(size=(2, 100)) + positive,
        columns=[Column("moe", 0), Column("pwm", None)],
        fault="",
    )


def test_rows(scored, settings):
    mixture, matrix = score_set(scored, settings, 1)
    assert tuple(mixture) == METRIC_COLUMNS
    expected = roc_auc_score(scored.positive, scored.scores[0])
    assert mixture["auroc"] == pytest.approx(expected)
    assert mixture["auroc_low"] < expected < mixture["auroc_high"]
    assert mixture["auroc_block_low"] < expected < mixture["auroc_block_high"]
    expected = average_precision_score(scored.positive, scored.scores[0])
    assert mixture["auprc"] == pytest.approx(expected)
    assert mixture["auprc_low"] < expected < mixture["auprc_high"]
    assert (mixture["n_pos"], mixture["n_neg"], mixture["prevalence"]) == (30, 70, 0.3)
    # 3 million bases per chromosome, and every block has a window
    assert mixture["blocks"] == 30 + 30
    assert mixture["calibration_slope"] > 0
    assert mixture["note"] == FEW
    assert np.isnan(matrix["calibration_slope"])
    assert (
        matrix["note"] == f"{FEW}; scores are no probabilities: no Brier score and no calibration"
    )


@pytest.mark.parametrize(("role", "note"), [("in_distribution", FEW), ("ood", NO_LOGITS)])
def test_gapped_kmers_are_calibrated_where_the_factor_has_a_model(scored, settings, role, note):
    gapped = replace(scored, keys=KEYS | {"role": role}, columns=[Column("gkm", None)] * 2)
    row = score_set(gapped, settings, 1)[0]
    assert row["note"].split("; ")[-1] == note
    assert np.isnan(row["brier"]) == (role == "ood")


def test_longer_blocks_are_fewer(scored, settings):
    row = score_set(scored, replace(settings, block_length=500_000), 1)[0]
    # starts are 0 to 2,940,000 on chr1 and 3,000,000 to 5,940,000 on chr2
    assert row["blocks"] == 6 + 6
    assert row["auroc_block_low"] < row["auroc"]
    few = score_set(scored, replace(settings, block_length=1_000_000), 1)[0]
    assert few["blocks"] == 6
    assert np.isnan([few[name] for name in BY_BLOCK]).all()
    only = "positives in 6 stretches of chromosome only, fewer than 10, so no interval by these"
    assert few["note"] == f"{FEW}; {only}"


def test_the_scarcer_class_counts(scored, settings):
    start = np.where(scored.positive, scored.start, 5)
    row = score_set(replace(scored, start=start), settings, 1)[0]
    assert "negatives in 2 stretches of chromosome only" in row["note"]
    assert row["blocks"] > 10


def test_no_coordinates(scored, settings):
    for start in (np.full(100, -1), np.where(np.arange(100) == 7, -1, scored.start)):
        row = score_set(replace(scored, start=start), settings, 1)[0]
        assert row["blocks"] == 0
        assert np.isnan([row[name] for name in BY_BLOCK]).all()
        assert np.isfinite([row[name] for name in RESAMPLED]).all()
        assert row["note"] == f"{FEW}; no coordinates, so no interval by stretches of chromosome"


def test_bad_scores_of_one_model_do_not_affect_others(scored, settings):
    scores = scored.scores.copy()
    scores[1, 3] = np.nan
    good, bad = score_set(replace(scored, scores=scores), settings, 1)
    assert good == score_set(scored, settings, 1)[0]
    assert bad["note"] == "1 of 100 scores are not finite"
    measures = METRIC_COLUMNS[METRIC_COLUMNS.index("auroc") : -1]
    assert np.isnan([bad[name] for name in measures]).all()


def test_ties_constants_and_separation(scored, settings):
    positive = scored.positive.astype(float)
    scores = np.array([np.zeros(100), positive, -positive, np.round(scored.scores[0])])
    columns = [Column(name, 0) for name in ("constant", "perfect", "reversed", "tied")]
    rows = score_set(replace(scored, scores=scores, columns=columns), settings, 1)
    ends = [(row["auroc_low"], row["auroc_high"], row["auroc_block_low"]) for row in rows]
    assert ends[:3] == [(0.5, 0.5, 0.5), (1, 1, 1), (0, 0, 0)]
    assert [row["auprc"] for row in rows[:3]] == pytest.approx([0.3, 1, 0.3])
    assert (rows[1]["auprc_low"], rows[1]["auprc_high"]) == (1, 1)
    no_slope = "the classes do not overlap in score: no calibration slope"
    for row in rows[:3]:
        assert np.isnan(row["calibration_slope"])
        assert no_slope in row["note"]
    assert rows[0]["note"].startswith("all scores are equal")
    assert rows[1]["note"].startswith("perfect separation: ")
    assert rows[2]["note"].startswith("perfect separation, the wrong way round: ")
    assert np.isfinite(rows[3]["calibration_slope"])
    assert rows[3]["auroc"] == pytest.approx(roc_auc_score(scored.positive, scores[3]))


@pytest.mark.parametrize(("value", "reason"), [(True, "no negatives"), (False, "no positives")])
def test_one_class(scored, settings, value, reason):
    rows = score_set(replace(scored, positive=np.full(100, value)), settings, 1)
    assert {row["note"] for row in rows} == {reason}
    assert np.isnan([row["auroc"] for row in rows]).all()


def test_no_sequences(scored, settings):
    empty = ScoredSet(
        KEYS,
        positive=np.zeros(0, bool),
        chrom=np.zeros(0, object),
        start=np.zeros(0, int),
        scores=np.zeros((2, 0)),
        columns=scored.columns,
        fault="overlap with training peaks is not known",
    )
    rows = score_set(empty, settings, 1)
    assert {row["note"] for row in rows} == {"overlap with training peaks is not known"}
    assert np.isnan([row["prevalence"] for row in rows]).all()
