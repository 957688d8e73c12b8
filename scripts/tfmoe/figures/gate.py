"""Figure of the gate: mean weight of each network of the mixture's pool on each set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_parquet
from tfmoe.evaluation.sets import EvaluationSet, by_stratum
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import (
    INK,
    POOLED_NETWORK,
    SMALLEST,
    empty_figure,
    figure_with_strip,
    network_label,
    note_height,
    row_label,
    stratum_label,
    write_note,
)

MOST_NUMBERS = 12
TALLEST_BAR = 2.4
"""Height of the longest scale of colours in inches."""
MOST_ROWS = 100
COLOURS = "PuOr_r"
COLUMNS = [
    "experiment",
    "stratum",
    "expert",
    "n_pos",
    "n_seeds",
    "weight",
    "lowest",
    "highest",
    "weight_low",
    "weight_high",
]
_NORMAL = 1.96
_NARROW = 7
_DARK = 0.35
"""Distance from the middle of the colours beyond which they are too dark for black text."""


def gate_table(
    gates: Mapping[str, Pathlike],
    predictions: Mapping[str, Pathlike],
    sets: Sequence[EvaluationSet],
    experts: Sequence[str],
) -> pd.DataFrame:
    """Average the gate's weights over the positives of each set's test split.

    Parameters
    ----------
    gates
        Path of ``predictions/<x>.gates.parquet`` by experiment: name, seed, one column per expert.
    predictions
        Path of ``predictions/<x>.parquet`` by experiment, which identify the test positives.
    sets
        Evaluation sets, in order.
    experts
        Names of the networks in the mixture, experts and pooled ones, in the order of the gate.

    Returns
    -------
    pandas.DataFrame
        experiment, stratum, expert, n_pos, n_seeds; weight (mean over seeds of the mean over
        positives), and the lowest and highest of the seeds; weight_low and weight_high (95 %
        interval over positives, by the normal distribution; missing for a single positive).

    Raises
    ------
    InputError
        If a file is missing or damaged, or lacks the column of an expert.
    """
    rows = []
    for found in sets:
        for source in (gates, predictions):
            if found.experiment not in source:
                raise InputError(
                    f"the gate weights or predictions of {found.experiment} are missing"
                )
        columns = ["name", "label", "split"]
        scored = read_parquet(predictions[found.experiment], columns)
        names = scored.loc[(scored["label"] == 1) & (scored["split"] == "test"), "name"]
        weights = read_parquet(gates[found.experiment], ["name", "seed", *experts])
        by_seed = weights[weights["name"].isin(names)].groupby("seed")[list(experts)].mean()
        if not len(by_seed):
            continue
        by_positive = weights[weights["name"].isin(names)].groupby("name")[list(experts)].mean()
        half = _NORMAL * by_positive.sem()
        rows += [
            {
                "experiment": found.experiment,
                "stratum": found.stratum,
                "expert": expert,
                "n_pos": len(names),
                "n_seeds": len(by_seed),
                "weight": float(by_seed[expert].mean()),
                "lowest": float(by_seed[expert].min()),
                "highest": float(by_seed[expert].max()),
                "weight_low": float(by_positive[expert].mean() - half[expert]),
                "weight_high": float(by_positive[expert].mean() + half[expert]),
            }
            for expert in experts
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def draw_gate(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Draw `gate_table` as a heat map, rows grouped by stratum; a set's own expert is framed.

    Colours are centred on the weight of a gate that ignores the sequence: one over the number of
    networks. With more than `MOST_ROWS` sets, each row is the mean of a stratum.
    """
    present = set(table["experiment"])
    drawn = [found for found in sets if found.experiment in present]
    if not drawn:
        return Drawing(empty_figure("no set has positives in the test split"), table)
    experts = list(dict.fromkeys(table["expert"]))
    sizes = table.groupby("experiment")["n_pos"].first().to_dict()
    half = None
    if len(drawn) > MOST_ROWS:
        weights, drawn = _average_strata(table, drawn)
    else:
        weights = table.pivot_table("weight", "experiment", "expert")
        widths = table.assign(half=(table["weight_high"] - table["weight_low"]) / 2)
        half = widths.pivot_table("half", "experiment", "expert", dropna=False)
    norm = gate_norm(weights.to_numpy(), len(experts))
    groups = by_stratum(drawn)
    numbers = len(experts) <= MOST_NUMBERS
    note = f"White: 1/{len(experts)}, the weight of a gate that ignores the sequence."
    if numbers and half is not None:
        note += " \u00b1: half of the 95 % interval over the n test positives."
    note = note.replace(". ", ".\n") if len(experts) < _NARROW else note
    width = (0.6 if numbers else 0.26) * len(experts) + 3.2
    height = max(0.24 * (len(drawn) + 1.6 * len(groups)) + 1.0, 2.2) + note_height(note)
    figure = figure_with_strip(width, height, note_height(note))
    axes = figure.subplots()
    labels: dict[float, str] = {}
    top = 0.0
    for stratum, members in groups.items():
        axes.text(-0.5, top + 0.75, stratum_label(stratum), fontweight="bold", fontsize=8)
        top += 1.1
        values = weights.loc[[found.experiment for found in members], experts].to_numpy()
        _draw_block(axes, values, top, norm)
        for index, found in enumerate(members):
            labels[top + index + 0.5] = row_label(found, sizes.get(found.experiment))
            if found.expert in experts:
                corner = (experts.index(found.expert) - 0.5, top + index)
                axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=INK, linewidth=1.2))
            if numbers:
                own = None if half is None else half.loc[[found.experiment], experts].to_numpy()[0]
                write_weights(axes, values[index], own, norm, top + index + 0.5)
        top += len(members) + 0.4
    axes.set(xlim=(-0.5, len(experts) - 0.5), ylim=(top, 0))
    axes.set_yticks(list(labels), list(labels.values()))
    _finish(figure, axes, experts)
    write_note(figure, note)
    return Drawing(figure, table)


def _average_strata(
    table: pd.DataFrame, sets: Sequence[EvaluationSet]
) -> tuple[pd.DataFrame, list[EvaluationSet]]:
    rows, names = [], []
    for stratum, members in by_stratum(sets).items():
        own = table[table["experiment"].isin([found.experiment for found in members])]
        name = f"mean of {len(members)} sets, {stratum.replace('_', ' ')}"
        rows.append(own.groupby("expert")["weight"].mean().rename(name))
        names.append(EvaluationSet(name, "", members[0].role, stratum, None))
    return pd.DataFrame(rows), names


def gate_norm(weights: NDArray[np.float64], networks: int) -> Normalize:
    """Return a scale of colours whose middle is the weight of a gate that ignores the sequence.

    It covers at least 0 to twice this weight, so that nearly uniform weights look so.

    Parameters
    ----------
    weights
        Weights to draw; missing ones are ignored.
    networks
        Number of networks of the gate.
    """
    uniform = 1 / networks
    reach = max(uniform, float(np.nanmax(np.abs(weights - uniform))))
    return Normalize(uniform - reach, uniform + reach)


def draw_bar(figure: Figure, axes: Axes, **settings: Any) -> Colorbar:
    """Draw the scale of colours next to a heat map, at most `TALLEST_BAR` inches tall."""
    shrink = min(0.7, TALLEST_BAR / figure.get_figheight())
    bar = figure.colorbar(axes.images[0], ax=axes, shrink=shrink, aspect=18, pad=0.02, **settings)
    bar.outline.set_visible(False)  # type: ignore[operator]
    return bar


def draw_scale(figure: Figure, axes: Axes, norm: Normalize, title: str) -> None:
    """Draw the scale of colours of weights, without the negative part of its range."""
    bar = draw_bar(figure, axes)
    bar.ax.set_ylim(0, norm.vmax)
    bar.set_label(title)


def _draw_block(axes: Axes, values: NDArray[np.float64], top: float, norm: Normalize) -> None:
    extent = (-0.5, values.shape[1] - 0.5, top + len(values), top)
    axes.imshow(values, cmap=COLOURS, norm=norm, extent=extent, aspect="auto", interpolation="none")


def _finish(figure: Figure, axes: Axes, experts: Sequence[str]) -> None:
    names = list(map(network_label, experts))
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_xlabel("network" if any(map(POOLED_NETWORK.fullmatch, experts)) else "expert")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    norm = axes.images[0].norm
    draw_scale(figure, axes, norm, f"mean gate weight\n(uniform: {1 / len(experts):.2f})")


def write_weights(
    axes: Axes,
    values: NDArray[np.float64],
    half: NDArray[np.float64] | None,
    norm: Normalize,
    height: float,
) -> None:
    """Write the weights of a row, and half of their intervals, into the cells of a heat map."""
    for index, value in enumerate(values):
        text = f"{value:.2f}".removeprefix("0")
        if half is not None and not np.isnan(half[index]):
            text += " \u00b1" + f"{half[index]:.2f}".removeprefix("0")
        colour = "white" if abs(float(norm(value)) - 0.5) > _DARK else INK
        written = axes.text(index, height, text, ha="center", va="center", color=colour)
        written.set_fontsize(SMALLEST)
