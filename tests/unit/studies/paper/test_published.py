"""Figure and table of published and reproduced AUROCs."""

import numpy as np
import pandas as pd
import pytest

from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.studies.paper.benchmark import COLUMNS, MEAN
from tfmoe.studies.paper.published import draw_published, draw_published_table

Sets = list[EvaluationSet]


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [
        {"subset": "all", "role": "in_distribution", "experiment": "Reb1", "moe": 0.91},
        {"subset": "all", "role": "in_distribution", "experiment": MEAN, "moe": 0.91},
        {"subset": "all", "role": "ood", "experiment": "Tbf1", "moe": 0.82, "published": 0.85},
        {"subset": "all", "role": "ood", "experiment": MEAN, "moe": 0.82},
        {"subset": "no_overlap", "role": "ood", "experiment": "Tbf1", "moe": 0.7},
        {"subset": "no_overlap", "role": "ood", "experiment": MEAN, "moe": 0.7},
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["moe_sd"] = 0.01
    frame["moe_minus_published"] = frame["moe"] - frame["published"]
    return frame


def test_one_row_per_set_and_one_per_mean(table: pd.DataFrame, sets: Sets) -> None:
    figure = draw_published(table, sets).figure
    assert [axes.get_title("left") for axes in figure.axes] == [
        "all test sequences",
        "without overlap\nwith training",
    ]
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["Reb1", "in-distribution, mean", "Tbf1", "OOD, mean"]


def test_the_legend_has_only_series_with_values(table: pd.DataFrame, sets: Sets) -> None:
    drawn = draw_published(table, sets).figure
    names = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert names == ["published mixture", "this run, mixture"]
    table["published"] = np.nan
    drawn = draw_published(table, sets).figure
    assert len(drawn.legends[0].get_texts()) == 1
    assert "no published values for these sets" in drawn.texts[0].get_text()


def test_the_table_leaves_empty_columns_out(table: pd.DataFrame, sets: Sets) -> None:
    figure = draw_published_table(table, sets).figure
    texts = [text.get_text() for text in figure.axes[0].texts]
    minus = "\N{MINUS SIGN}"
    assert texts[:4] == [
        "set",
        "published\nmixture",
        "this run,\nmixture",
        f"mixture {minus}\npublished",
    ]
    first = texts.index("Tbf1")
    assert texts[first : first + 4] == ["Tbf1", "0.850", "0.820 ± 0.010", f"{minus}0.030"]
    assert "OOD, without overlap with training" in texts


def test_without_any_score_the_figures_say_so(table: pd.DataFrame, sets: Sets) -> None:
    for draw in (draw_published, draw_published_table):
        assert "no set has positives" in draw(table.iloc[:0], sets).figure.texts[0].get_text()
