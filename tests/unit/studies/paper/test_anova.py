"""The analysis of variance as published: its table and the note below it."""

import numpy as np
import pandas as pd
import pytest

from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.studies.paper.anova import anova_table, draw_anova

Sets = list[EvaluationSet]
NULL = pd.DataFrame(
    {
        "test": ["anova_as_published", "delong"],
        "alpha": 0.05,
        "false_positive_rate": [0.84, 0.05],
    }
)


@pytest.fixture
def anova() -> pd.DataFrame:
    rows = [
        ("Tbf1", "file", 4, 30, 3.2, 3, 116, 0.026, 0.076, ""),
        ("Reb1", "file", 4, 30, 627.0, 3, 116, 1.7e-71, 0.942, ""),
        ("Reb1", "genomic", 4, 30, 1.0, 3, 116, 0.4, 0.02, ""),
    ]
    columns = ["experiment", "negatives", "models", "trials", "f", "df_between", "df_within", "p"]
    return pd.DataFrame(rows, columns=[*columns, "eta_squared", "note"])


def test_the_table_has_one_row_per_set_in_their_order(anova: pd.DataFrame, sets: Sets) -> None:
    table = anova_table(anova, sets, "file")
    assert list(table["experiment"]) == ["Reb1", "Tbf1"]
    assert list(table["p"]) == [1.7e-71, 0.026]


def test_f_exact_p_and_eta_squared_are_printed(anova: pd.DataFrame, sets: Sets) -> None:
    figure = draw_anova(anova_table(anova, sets, "file"), sets, NULL).figure
    texts = [text.get_text() for text in figure.axes[0].texts]
    first = texts.index("Reb1")
    assert texts[first : first + 7] == [
        "Reb1",
        "4",
        "30",
        "627.0",
        "3, 116",
        "1.7 \N{MULTIPLICATION SIGN} 10⁻⁷¹",
        "0.942",
    ]


def test_the_note_explains_why_the_test_is_invalid(anova: pd.DataFrame, sets: Sets) -> None:
    figure = draw_anova(anova_table(anova, sets, "file"), sets, NULL).figure
    note = figure.texts[0].get_text().replace("\n", " ")
    assert note.startswith("Invalid: the 30 trials of a model")
    assert "pseudo-replication" in note
    assert "84 % of simulated sets" in note


def test_sets_without_a_test_are_left_out(anova: pd.DataFrame, sets: Sets) -> None:
    table = anova_table(anova, sets, "file")
    table["p"] = [np.nan, 0.026]
    drawn = draw_anova(table, sets, NULL).figure
    assert "Reb1" not in [text.get_text() for text in drawn.axes[0].texts]
    table["p"] = np.nan
    assert "on any set" in draw_anova(table, sets, NULL).figure.texts[0].get_text()
