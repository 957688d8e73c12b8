import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tfmoe.figures.style import figure_style
from tfmoe.studies.attribution.figure import draw_study


def values() -> pd.DataFrame:
    methods = ["gradient", "shiftsmooth_n1", "shiftsmooth_n2", "shiftsmooth_n2_corrected", "ism"]
    rows = [
        {
            "experiment": experiment,
            "recipe": "tfmoe",
            "backbone": backbone,
            "networks": networks,
            "method": method,
            "measure": measure,
            "value": 0.1 * place + 0.2 * (experiment == "b"),
            "chance": 0.05 if measure == "auprc" else np.nan,
        }
        for experiment in "ab"
        for backbone in ("convnet", "legnet")
        for networks, measure in (
            ("mean", "auprc"),
            ("single", "auprc"),
            ("single", "stability_seeds"),
            ("mean", "likeness"),
        )
        for place, method in enumerate(methods)
    ]
    return pd.DataFrame(rows)


def draw(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    with figure_style():
        drawing = draw_study(table)
        drawing.figure.draw_without_rendering()
    return drawing.figure, drawing.table


def test_one_panel_per_measure_and_kind_of_network() -> None:
    figure, table = draw(values())
    assert len(figure.axes) == 2 * 2
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == [
        "convnet, tfmoe",
        "legnet, tfmoe",
    ]
    assert set(table["measure"]) == {"auprc", "stability_seeds"}
    kinds = table.groupby("measure")["networks"].unique().map(list).to_dict()
    assert kinds == {"auprc": ["mean"], "stability_seeds": ["single"]}
    first = figure.axes[0].get_lines()
    np.testing.assert_allclose(first[1].get_ydata(), [0.1, 0.2, 0.3])
    np.testing.assert_allclose(first[1].get_xdata(), [0, 1, 2])
    assert first[0].get_ydata()[0] == 0.05, "a map at random"
    crosses = [line for line in first if line.get_marker() == "x" and len(line.get_ydata())]
    np.testing.assert_allclose(crosses[0].get_ydata(), [0.5])


def test_an_empty_figure_says_so() -> None:
    figure, table = draw(values().assign(value=np.nan))
    assert len(table) == 0
    assert figure.texts[0].get_text() == "nothing was measured"
