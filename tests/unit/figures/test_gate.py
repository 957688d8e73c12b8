"""Heat map of the gate: averaged sequences, and drawing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tfmoe.core.errors import InputError
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures import gate
from tfmoe.figures.gate import TALLEST_BAR, draw_bar, draw_gate, gate_norm, gate_table
from tfmoe.figures.style import network_label

Sets = list[EvaluationSet]
Paths = dict[str, Path]


def test_weights_are_means_over_test_positives_and_seeds(
    gates: Paths, predictions: Paths, sets: Sets
) -> None:
    table = gate_table(gates, predictions, sets, ["Reb1", "Abf1"])
    row = table[(table["experiment"] == "Reb1") & (table["expert"] == "Reb1")].iloc[0]
    # seed 0: (.9 + .7) / 2; seed 1: .6
    assert row["weight"] == pytest.approx(0.7)
    assert (row["lowest"], row["highest"]) == pytest.approx((0.6, 0.8))
    assert (row["n_pos"], row["n_seeds"]) == (2, 2)


def test_an_expert_without_weights_is_named(gates: Paths, predictions: Paths, sets: Sets) -> None:
    with pytest.raises(InputError, match="column Rap1 is missing"):
        gate_table(gates, predictions, sets, ["Reb1", "Rap1"])


def test_the_own_expert_is_framed_and_numbers_are_written(
    gates: Paths, predictions: Paths, sets: Sets
) -> None:
    table = gate_table(gates, predictions, sets, ["Reb1", "Abf1"])
    axes = draw_gate(table, sets).figure.axes[0]
    frames = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [frame.get_x() for frame in frames] == [-0.5]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["Reb1 (n = 2)", "Tbf1 (n = 2)"]
    # Reb1: means over seeds of its two positives are .75 and .65, so the interval is .7 +- .098
    assert {".70 \u00b1.10", ".30 \u00b1.10"} <= {text.get_text() for text in axes.texts}


def test_the_interval_is_over_positives(gates: Paths, predictions: Paths, sets: Sets) -> None:
    table = gate_table(gates, predictions, sets, ["Reb1", "Abf1"])
    row = table[(table["experiment"] == "Reb1") & (table["expert"] == "Reb1")].iloc[0]
    assert (row["weight_low"], row["weight_high"]) == pytest.approx((0.602, 0.798))


def test_a_single_positive_has_no_interval(gates: Paths, predictions: Paths, sets: Sets) -> None:
    for path in predictions.values():
        frame = pd.read_parquet(path)
        frame[frame["name"] != "p1"].to_parquet(path)
    table = gate_table(gates, predictions, sets, ["Reb1", "Abf1"])
    assert table["weight_low"].isna().all()
    axes = draw_gate(table, sets).figure.axes[0]
    assert {".75", ".25"} <= {text.get_text() for text in axes.texts}


@pytest.mark.parametrize(
    ("weights", "networks", "low", "high"),
    [([0.5, 0.25, 0.25], 4, 0.0, 0.5), ([0.9, 0.1], 2, 0.0, 1.0), ([0.7, 0.3], 4, -0.2, 0.7)],
)
def test_colours_are_centred_on_a_gate_that_ignores_the_sequence(
    weights: list[float], networks: int, low: float, high: float
) -> None:
    norm = gate_norm(np.array([*weights, np.nan]), networks)
    assert (norm.vmin, norm.vmax) == pytest.approx((low, high))
    assert norm(1 / networks) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("members", "axis"),
    [(["Reb1", "Abf1"], "expert"), (["Reb1", "pooled"], "network"), (["A", "pooled_2"], "network")],
)
def test_the_axis_label_depends_on_pooled_networks(
    members: list[str], axis: str, gates: Paths, predictions: Paths, sets: Sets
) -> None:
    table = gate_table(gates, predictions, sets, ["Reb1", "Abf1"])
    table["expert"] = table["expert"].map(dict(zip(["Reb1", "Abf1"], members, strict=True)))
    axes = draw_gate(table, sets).figure.axes[0]
    assert axes.get_xlabel() == axis
    assert [tick.get_text() for tick in axes.get_xticklabels()] == list(map(network_label, members))


@pytest.mark.parametrize(("height", "bar"), [(2.0, 2.0), (12.0, TALLEST_BAR)])
def test_the_scale_of_colours_stays_short_in_a_tall_figure(height: float, bar: float) -> None:
    figure = Figure(figsize=(6, height), layout="constrained")
    axes = figure.subplots()
    axes.imshow([[0.0, 1.0]], aspect="auto")
    scale = draw_bar(figure, axes)
    figure.draw_without_rendering()
    assert scale.ax.get_position().height * height <= bar


def test_with_many_sets_strata_are_rows(
    gates: Paths, predictions: Paths, sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MOST_ROWS", 1)
    table = gate_table(gates, predictions, sets, ["Reb1", "Abf1"])
    axes = draw_gate(table, sets).figure.axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["mean of 1 sets, in distribution", "mean of 1 sets, within family"]
