import numpy as np
import pandas as pd
import pytest

from tfmoe.studies.recipes import figure
from tfmoe.studies.recipes.comparison import EFFECT_COLUMNS
from tfmoe.studies.recipes.figure import draw_effect


@pytest.fixture
def table() -> pd.DataFrame:
    rows = []
    for experiment, role in (("A", "in_distribution"), ("X", "ood"), ("-", "ood")):
        for model in ("mixture", "own_expert", "mean_of_experts"):
            if (role, model) == ("ood", "own_expert"):
                continue  # an OOD set has none
            for negatives, difference in (("dinucleotide", 0.5), ("genomic", -0.1)):
                values = (experiment, experiment, role, "-", negatives, "all", 1, model)
                numbers = (3, 0.8, 0.1, 0.7, 0.1, difference, difference - 0.05, difference + 0.05)
                rows.append((*values, *numbers))
    return pd.DataFrame(rows, columns=list(EFFECT_COLUMNS))


def test_rows_are_sets_and_the_mean_on_the_primary_negatives(table: pd.DataFrame) -> None:
    figure = draw_effect(table).figure
    first, second = figure.axes
    assert [text.get_text() for text in first.get_yticklabels()] == ["A"]
    assert [text.get_text() for text in second.get_yticklabels()] == ["X", "mean"]
    drawn = [line for line in first.lines if line.get_marker() in ("o", "D", "s")]
    assert [np.asarray(line.get_xdata()).tolist() for line in drawn] == [[-0.1]] * 3
    assert figure.texts[0].get_text() == "genomic negatives, split test; bars: intervals over seeds"


def test_of_many_sets_only_the_means_are_drawn(
    table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figure, "MOST_ROWS", 2)
    (axes,) = draw_effect(table).figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["mean"]


def test_nothing_to_compare_is_no_error(table: pd.DataFrame) -> None:
    figure = draw_effect(table.assign(difference=np.nan)).figure
    assert figure.texts[0].get_text() == "no set has positives and negatives in the test split"
