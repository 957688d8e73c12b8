import numpy as np
import pandas as pd
import pytest

from tfmoe.studies.development.figure import draw_ablations


def test_one_row_per_ablation_and_one_panel_per_part() -> None:
    rows = [
        ("small", "in_distribution", "A", -0.02),
        ("small", "in_distribution", "B", -0.04),
        ("small", "left_out", "A", 0.01),
        ("top_k", "in_distribution", "A", 0.0),
    ]
    changes = pd.DataFrame(rows, columns=["recipe", "part", "experiment", "change"])
    drawing = draw_ablations(changes.assign(negatives="genomic"))
    known, left_out = drawing.figure.axes
    assert [axes.get_title("left") for axes in (known, left_out)] == [
        "training factors",
        "left-out factors",
    ]
    assert [text.get_text() for text in known.get_yticklabels()] == ["small", "top k"]
    means = [line for line in known.lines if line.get_marker() == "o"]
    assert [np.asarray(line.get_xdata())[0] for line in means] == pytest.approx([-0.03, 0.0])
    assert len([line for line in left_out.lines if line.get_marker() == "o"]) == 1


def test_no_ablations_are_no_error() -> None:
    columns = ["recipe", "part", "experiment", "negatives", "change"]
    figure = draw_ablations(pd.DataFrame(columns=columns)).figure
    assert figure.texts[0].get_text() == "the config has no ablations"
