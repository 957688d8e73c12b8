"""Precision and recall: the step function, means over seeds and the drawing."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tfmoe.core.errors import InputError
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.precision_recall import (
    GRID,
    curve_on_grid,
    draw_precision_recall,
    precision_recall_table,
)

Sets = list[EvaluationSet]
Paths = dict[str, Path]


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
    table = precision_recall_table(predictions, sets, "genomic")
    assert "own_expert" in set(table["model"])
    assert not any(model.startswith("expert_") for model in table["model"])
    moe = table[(table["experiment"] == "Reb1") & (table["model"] == "moe")]
    assert len(moe) == len(GRID)
    assert set(moe["n_seeds"]) == {2} and set(moe["prevalence"]) == {0.5}
    assert list(dict.fromkeys(table["experiment"])) == [
        found.experiment for found in sets if found.experiment in set(table["experiment"])
    ]


def test_each_panel_states_its_prevalence(predictions: Paths, sets: Sets) -> None:
    table = precision_recall_table(predictions, sets, "genomic")
    panel = draw_precision_recall(table, sets, "genomic").figure.axes[0]
    assert panel.get_xlabel() == "recall\nprevalence 0.50 (2 / 2)"
    chance = [line for line in panel.lines if line.get_linestyle() == "--"]
    assert [list(line.get_ydata()) for line in chance] == [[0.5, 0.5]]


def test_no_set_and_missing_predictions(sets: Sets) -> None:
    empty = precision_recall_table({}, [], "genomic")
    assert empty.empty and draw_precision_recall(empty, sets, "genomic").figure.texts
    with pytest.raises(InputError, match="no predictions of"):
        precision_recall_table({}, sets, "genomic")
