"""Figure of the gate: mean weight of each network of the mixture's pool on each set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_parquet
from tfmoe.evaluation.sets import EvaluationSet, by_stratum
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import INK, empty_figure, stratum_label

MOST_NUMBERS = 12
MOST_ROWS = 100
COLOURS = "YlGnBu"
POOLED = re.compile(r"pooled(_\d+)?")
COLUMNS = ["experiment", "stratum", "expert", "n_pos", "n_seeds", "weight", "lowest", "highest"]


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
        positives), and the lowest and highest of the seeds.

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
            }
            for expert in experts
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def draw_gate(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Draw `gate_table` as a heat map, rows grouped by stratum; a set's own expert is framed.

    With more than `MOST_ROWS` sets, each row is the mean of a stratum.
    """
    present = set(table["experiment"])
    drawn = [found for found in sets if found.experiment in present]
    if not drawn:
        return Drawing(empty_figure("no set has positives in the test split"), table)
    experts = list(dict.fromkeys(table["expert"]))
    if len(drawn) > MOST_ROWS:
        weights, drawn = _average_strata(table, drawn)
    else:
        weights = table.pivot_table("weight", "experiment", "expert")
    groups = by_stratum(drawn)
    numbers = len(experts) <= MOST_NUMBERS
    width = (0.55 if numbers else 0.26) * len(experts) + 3.0
    height = max(0.24 * (len(drawn) + 1.6 * len(groups)) + 1.0, 2.2)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    labels: dict[float, str] = {}
    top = 0.0
    for stratum, members in groups.items():
        axes.text(-0.5, top + 0.75, stratum_label(stratum), fontweight="bold", fontsize=8)
        top += 1.1
        values = weights.loc[[found.experiment for found in members], experts].to_numpy()
        _draw_block(axes, values, top)
        for index, found in enumerate(members):
            labels[top + index + 0.5] = found.name
            if found.expert in experts:
                corner = (experts.index(found.expert) - 0.5, top + index)
                axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=INK, linewidth=1.2))
            if numbers:
                _write_numbers(axes, values[index], top + index + 0.5)
        top += len(members) + 0.4
    axes.set(xlim=(-0.5, len(experts) - 0.5), ylim=(top, 0))
    axes.set_yticks(list(labels), list(labels.values()))
    _finish(figure, axes, experts)
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


def _draw_block(axes: Axes, values: NDArray[np.float64], top: float) -> None:
    extent = (-0.5, values.shape[1] - 0.5, top + len(values), top)
    axes.imshow(
        values, cmap=COLOURS, vmin=0, vmax=1, extent=extent, aspect="auto", interpolation="none"
    )


def _finish(figure: Figure, axes: Axes, experts: Sequence[str]) -> None:
    axes.set_xticks(range(len(experts)), experts, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_xlabel("network" if any(map(POOLED.fullmatch, experts)) else "expert")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(axes.images[0], ax=axes, shrink=0.7, aspect=18, pad=0.02)
    bar.set_label(f"mean gate weight\n(uniform: {1 / len(experts):.2f})")
    bar.outline.set_visible(False)  # type: ignore[operator]


def _write_numbers(axes: Axes, values: NDArray[np.float64], height: float) -> None:
    for index, value in enumerate(values):
        axes.text(
            index,
            height,
            f"{value:.2f}",
            ha="center",
            va="center",
            fontsize=6.5,
            color="white" if value > 0.6 else INK,
        )
