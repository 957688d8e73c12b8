"""Precision and recall: the step function, means over seeds and the drawing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from tfmoe.core.errors import InputError
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.precision_recall import (
    AUPRCS,
    GRID,
    curve_on_grid,
    draw_precision_recall,
    precision_recall_table,
)

Sets = list[EvaluationSet]
Paths = dict[str, Path]
METRICS = pd.DataFrame(
    {
        "experiment": ["Reb1"] * 4,
        "model": ["moe"] * 4,
        "negatives": ["genomic", "genomic", "dinucleotide", "genomic"],
        "subset": ["all", "all", "all", "no_overlap"],
        "seed": [0, 1, 0, 0],
        "auprc": [0.60, 0.80, 0.1, 0.2],
        "auprc_low": [0.50, 0.70, 0.1, 0.2],
        "auprc_high": [0.70, 0.86, 0.1, 0.2],
    }
)


def test_a_curve_is_the_step_function_of_average_precision() -> None:
    # thresholds from the top: a positive (1 of 1), a negative (1 of 2), a positive (2 of 3)
    positive, scores = np.array([True, False, True, False]), np.array([4.0, 3.0, 2.0, 1.0])
    curve = curve_on_grid(positive, scores)
    values = dict(zip(GRID.round(2), curve, strict=True))
    assert (values[0.01], values[0.5], values[0.51], values[1.0]) == pytest.approx(
        (1.0, 1.0, 2 / 3, 2 / 3)
    )
    assert curve.mean() == pytest.approx(average_precision_score(positive, scores))


def test_tied_scores_have_the_precision_of_chance() -> None:
    curve = curve_on_grid(np.array([True, False, False, False]), np.zeros(4))
    assert curve == pytest.approx(np.full(len(GRID), 0.25))


def test_seeds_are_averaged_and_other_experts_left_out(predictions: Paths, sets: Sets) -> None:
    table = precision_recall_table(predictions, sets, "genomic", METRICS)
    assert "own_expert" in set(table["model"])
    assert not any(model.startswith("expert_") for model in table["model"])
    moe = table[(table["experiment"] == "Reb1") & (table["model"] == "moe")]
    assert len(moe) == len(GRID)
    assert set(moe["n_seeds"]) == {2} and set(moe["prevalence"]) == {0.5}
    assert list(dict.fromkeys(table["experiment"])) == [
        found.experiment for found in sets if found.experiment in set(table["experiment"])
    ]


def test_average_precision_comes_from_the_metrics(predictions: Paths, sets: Sets) -> None:
    table = precision_recall_table(predictions, sets, "genomic", METRICS)
    rows = table[(table["experiment"] == "Reb1") & (table["model"] == "moe")]
    assert rows[AUPRCS].iloc[0].to_list() == pytest.approx([0.7, 0.6, 0.78])
    assert table.loc[table["model"] == "own_expert", "auprc"].isna().all()


def test_each_panel_states_its_score_its_prevalence_and_n(predictions: Paths, sets: Sets) -> None:
    table = precision_recall_table(predictions, sets, "genomic", METRICS)
    figure = draw_precision_recall(table, sets, "genomic").figure
    seen, panel, unseen, tbf1 = figure.axes
    assert seen.texts[0].get_text() == "Factors with an expert of their own (in-distribution)"
    assert unseen.texts[0].get_text() == "Unseen factors (OOD)"
    assert [text.get_text() for text in panel.texts] == [
        "prevalence 0.50, n = 2 / 2",
        "mixture 0.70 (0.60\u20130.78)",
    ]
    assert [text.get_text() for text in tbf1.texts] == ["prevalence 0.50, n = 2 / 2"]
    assert panel.get_xlabel() == "recall"
    chance = [line for line in panel.lines if line.get_linestyle() == "--"]
    assert [np.asarray(line.get_ydata()).tolist() for line in chance] == [[0.5, 0.5]]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["mixture", "own factor's expert", "prevalence"]
    # as in the figure of ROC curves, styles repeat what colours show
    assert [line.get_linestyle() for line in figure.legends[0].get_lines()] == ["-", "-.", "--"]


def test_no_set_and_missing_predictions(sets: Sets) -> None:
    empty = precision_recall_table({}, [], "genomic", METRICS)
    assert empty.empty and draw_precision_recall(empty, sets, "genomic").figure.texts
    with pytest.raises(InputError, match="no predictions of"):
        precision_recall_table({}, sets, "genomic", METRICS)
