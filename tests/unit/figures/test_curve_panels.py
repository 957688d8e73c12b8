"""Panels of curves: rows under headings, and text where no curve can cross it."""

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.curve_panels import (
    Frame,
    Panel,
    draw_panels,
    model_lines,
    panels_by_role,
    score_lines,
)
from tfmoe.figures.save import fix_layout
from tfmoe.figures.style import looks

FRAME = Frame("x", "y", {"mixture": Line2D([], [])}, "test split", "a note")
LINES = [("mixture 0.85 (0.75\u20130.93)", "blue"), ("n = 2 / 2", "grey")]


def draw(axes: Axes, rows: pd.DataFrame) -> None:
    axes.plot([0, 1], [1, 1])


def panels(number: int) -> list[Panel]:
    return [Panel(f"P{index}", pd.DataFrame(), LINES) for index in range(number)]


def test_text_and_titles_overlap_neither_axes_nor_each_other() -> None:
    groups = {"seen": panels(5), "unseen": panels(2)}
    figure = draw_panels(groups, FRAME, 4, draw)
    fix_layout(figure)
    axes = [each for each in figure.axes if each.axison]
    boxes = [
        text.get_window_extent()
        for each in figure.axes
        for text in [*each.texts, each.title, each._left_title, each.xaxis.label]  # type: ignore[attr-defined]
        if text.get_text()
    ]
    boxes += [tick.get_window_extent() for each in axes for tick in each.get_xticklabels()]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    assert len(boxes) == 2 + 7 * 3 + 6 + 7 * 3 + 1
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:place])
    for each in axes:
        # a curve at 1 touches the upper end of its axes
        assert not any(box.overlaps(each.get_window_extent()) for box in boxes)


@pytest.mark.parametrize(("columns", "shape"), [(4, (5, 4)), (2, (6, 2))])
def test_panels_are_in_rows_below_their_heading(columns: int, shape: tuple[int, int]) -> None:
    figure = draw_panels({"seen": panels(5), "unseen": panels(2)}, FRAME, columns, draw)
    grid = figure.axes[0].get_gridspec()
    assert grid is not None and grid.get_geometry() == shape
    labelled = [each.get_title("left") for each in figure.axes if each.get_ylabel()]
    assert labelled == (["P0", "P4", "P0"] if columns == 4 else ["P0", "P2", "P4", "P0"])


def test_sets_are_grouped_by_role(sets: list[EvaluationSet]) -> None:
    table = pd.DataFrame({"experiment": ["Tbf1", "Reb1"], "value": [1, 2]})
    groups = panels_by_role(table, sets, lambda rows: [(str(rows["value"].iloc[0]), "grey")])
    assert {key: [(each.title, each.lines) for each in own] for key, own in groups.items()} == {
        "Factors with an expert of their own (in-distribution)": [("Reb1", [("2", "grey")])],
        "Unseen factors (OOD)": [("Tbf1", [("1", "grey")])],
    }


def test_scores_without_an_interval_and_models_without_a_score() -> None:
    rows = pd.DataFrame(
        {
            "model": ["moe", "own_expert", "moe_conditioned", "pwm"],
            "score": [0.9, None, 0.75, 0.6],
            "low": [0.85, None, None, 0.5],
            "high": [0.95, None, None, 0.7],
        }
    )
    styles = looks(rows["model"])
    assert score_lines(rows, ["score", "low", "high"], styles) == [
        ("conditioned 0.75", "#B2182B"),
        ("mixture 0.90 (0.85\u20130.95)", "#0072B2"),
    ]
    assert score_lines(rows, ["score"], styles)[1] == ("mixture 0.90", "#0072B2")


def test_one_expert_of_the_legend_represents_all() -> None:
    models = ["moe", "pwm", "expert_Reb1"]
    lines = model_lines(models, looks(models))
    assert {label: line.get_linestyle() for label, line in lines.items()} == {
        "mixture": "-",
        "JASPAR matrix": ":",
        "other experts": "-",
    }
