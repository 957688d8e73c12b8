"""Figure of the AUROCs: rows, models, and runs with many sets."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures import auroc
from tfmoe.figures.auroc import Marks, auroc_table, draw_auroc, split_columns
from tfmoe.figures.save import fix_layout

Sets = list[EvaluationSet]


@pytest.fixture
def metrics() -> pd.DataFrame:
    rows = []
    for experiment, role in (("Tbf1", "ood"), ("Reb1", "in_distribution")):
        for model in ("moe", "expert_Reb1", "expert_Abf1", "pwm"):
            for seed in [None] if model == "pwm" else [0, 1]:
                for negatives, subset in (("genomic", "all"), ("dinucleotide", "all")):
                    value = 0.8 + 0.02 * (seed or 0)
                    rows.append(
                        {
                            "experiment": experiment,
                            "factor": experiment,
                            "role": role,
                            "stratum": "-",
                            "negatives": negatives,
                            "subset": subset,
                            "model": model,
                            "seed": seed,
                            "n_pos": 1200,
                            "n_neg": 6000,
                            "auroc": value,
                            "auroc_low": value - 0.05,
                            "auroc_high": value + 0.05,
                        }
                    )
    return pd.DataFrame(rows)


def texts(figure: Figure) -> list[str]:
    return [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]


def test_the_table_holds_one_kind_in_the_sets_order(metrics: pd.DataFrame, sets: Sets) -> None:
    table = auroc_table(metrics, sets, "genomic")
    assert list(dict.fromkeys(table["experiment"])) == ["Reb1", "Tbf1"]
    assert set(table["negatives"]) == {"genomic"}
    assert len(table) == 14


def test_sets_are_rows_and_strata_panels(metrics: pd.DataFrame, sets: Sets) -> None:
    figure = draw_auroc(auroc_table(metrics, sets, "genomic"), sets).figure
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["in-distribution", "OOD, motif family seen in training"]
    assert texts(figure) == ["Reb1", "Tbf1"]
    written = [text.get_text() for text in figure.axes[0].texts]
    assert written == ["1,200 / 6,000"]
    assert all(axes.get_xlim()[1] == 1 for axes in figure.axes)
    note = figure.texts[-1].get_text()
    assert "mean of 2 training seeds" in note
    assert "95 % bootstrap interval" in note
    assert "Below each name: number of positives / negatives" in note
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [
        "mixture",
        "own factor's expert",
        "JASPAR matrix",
        "other experts",
    ]


def sets_of(**members: int) -> Sets:
    """Return as many sets of each stratum as given, named a0, a1, ..."""
    return [
        EvaluationSet(f"{stratum}{index}", f"{stratum}{index}", "ood", stratum, None)
        for stratum, number in members.items()
        for index in range(number)
    ]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"a": 4}, [[4]]),
        ({"a": 3, "b": 2}, [[3], [2]]),
        # 14 and 10 rows instead of 12 and 12, so that no stratum is divided
        ({"a": 8, "b": 6, "c": 8, "d": 1, "e": 1}, [[8, 6], [8, 1, 1]]),
        ({"a": 20, "b": 2}, [[11], [9, 2]]),
        ({"a": 7}, [[4], [3]]),
    ],
)
def test_columns_are_about_equally_long(members: dict[str, int], expected: list[list[int]]) -> None:
    columns = split_columns(sets_of(**members))
    assert [[len(found) for found in panels.values()] for panels in columns] == expected


def test_a_divided_stratum_is_named_twice() -> None:
    first, second = split_columns(sets_of(within_family=12, general_factor=2))
    assert list(first) == ["OOD, motif family seen in training"]
    assert list(second) == [
        "OOD, motif family seen in training\n(continued)",
        "OOD, general factor",
    ]
    names = [found.name for panels in (first, second) for own in panels.values() for found in own]
    assert names == [f"within_family{index}" for index in range(12)] + [
        "general_factor0",
        "general_factor1",
    ]


def test_rows_of_both_columns_are_equally_high_and_24_factors_fit_a_page(
    metrics: pd.DataFrame,
) -> None:
    many = sets_of(within_family=8, cross_family=14, general_factor=1, no_own_motif=1)
    row = metrics[metrics["model"] == "moe"].drop_duplicates("model")
    models = ["moe", "pwm", "gkm", "pooled", "pooled_ensemble", "mean_of_experts"]
    parts = [row.assign(experiment=found.name, model=name) for found in many for name in models]
    figure = draw_auroc(auroc_table(pd.concat(parts), many, "genomic"), many).figure
    fix_layout(figure)
    width, height = figure.get_size_inches()
    assert width <= 7.3 and height <= 9
    # a divided stratum's first part, the rest of the first column, and the second column
    heights = {
        round(axes.get_window_extent().height / figure.dpi / len(axes.get_yticks()), 2)
        for axes in figure.axes
    }
    assert max(heights) - min(heights) <= 0.05
    written = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert written == ["1,200 / 6,000"] * 24
    assert all(len(axes.collections) >= len(models) for axes in figure.axes)
    labelled = [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()]
    assert labelled == ["AUROC (chance: 0.5)"] * 2


def test_names_and_numbers_overlap_nothing(metrics: pd.DataFrame) -> None:
    many = sets_of(within_family=3, cross_family=3)
    row = metrics[metrics["model"] == "moe"].drop_duplicates("model")
    table = pd.concat([row.assign(experiment=found.name) for found in many])
    figure = draw_auroc(auroc_table(table, many, "genomic"), many).figure
    fix_layout(figure)
    boxes = [
        text.get_window_extent()
        for axes in figure.axes
        for text in [*axes.get_yticklabels(), *axes.texts, axes.xaxis.label]
        if text.get_text()
    ]
    boxes += [axes.get_window_extent() for axes in figure.axes]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    assert len(boxes) == 6 * 2 + 2 + 2 + 1
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:place])


def test_the_marker_is_the_mean_of_the_seeds(metrics: pd.DataFrame, sets: Sets) -> None:
    axes = draw_auroc(auroc_table(metrics, sets, "genomic"), sets).figure.axes[0]
    marker = next(line for line in axes.lines if line.get_marker() == "o")
    assert np.asarray(marker.get_xdata()) == pytest.approx([0.81])


def test_an_expert_on_a_further_backbone_is_another_expert(
    metrics: pd.DataFrame, sets: Sets
) -> None:
    further = metrics[metrics["model"] == "expert_Reb1"].assign(model="expert_Reb1_legnet")
    metrics = pd.concat([metrics[metrics["model"] != "expert_Abf1"], further])
    figure = draw_auroc(auroc_table(metrics, sets, "genomic"), sets).figure
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["mixture", "own factor's expert", "JASPAR matrix", "other experts"]


def test_the_mixtures_of_two_recipes_look_different(metrics: pd.DataFrame, sets: Sets) -> None:
    mixture = metrics[metrics["model"] == "moe"]
    beside = [mixture.assign(model=f"moe_{recipe}") for recipe in ("plain", "free")]
    table = auroc_table(pd.concat([mixture, *beside]), sets, "genomic")
    handles = draw_auroc(table, sets).figure.legends[0].legend_handles
    drawn = {(line.get_color(), line.get_marker()) for line in handles}  # type: ignore[union-attr]
    assert len(handles) == len(drawn) == 3


def test_values_from_elsewhere_are_marked(metrics: pd.DataFrame, sets: Sets) -> None:
    marks = Marks("published", {"Tbf1": 0.7})
    figure = draw_auroc(auroc_table(metrics, sets, "genomic"), sets, marks).figure
    marked = [
        np.asarray(lines.get_segments())[0, :, 0].tolist()
        for axes in figure.axes
        for lines in axes.collections
        if lines.get_linestyle()[0][1] is not None
    ]
    assert marked == [[0.7, 0.7]]
    assert figure.legends[0].get_texts()[-1].get_text() == "published"


def test_a_set_that_could_not_be_scored_has_no_row(metrics: pd.DataFrame, sets: Sets) -> None:
    metrics.loc[metrics["experiment"] == "Tbf1", "auroc"] = np.nan
    figure = draw_auroc(auroc_table(metrics, sets, "genomic"), sets).figure
    assert texts(figure) == ["Reb1"]


def test_without_any_score_the_figure_has_the_reason(metrics: pd.DataFrame, sets: Sets) -> None:
    drawing = draw_auroc(auroc_table(metrics, sets, "neighbour"), sets)
    assert len(drawing.table) == 0
    assert "no set has positives" in drawing.figure.texts[0].get_text()


def test_with_many_sets_models_are_rows(
    metrics: pd.DataFrame, sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auroc, "MOST_ROWS", 1)
    figure = draw_auroc(auroc_table(metrics, sets, "genomic"), sets).figure
    assert texts(figure) == [
        "mixture",
        "own factor's expert",
        "JASPAR matrix",
        "mixture",
        "JASPAR matrix",
    ]
