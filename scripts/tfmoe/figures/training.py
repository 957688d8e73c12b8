"""Figure of the training curves: loss and validation AUROC of each network and seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import GREY, INK, empty_figure, figure_with_strip, label, look

COLUMNS = ["epoch", "train_loss", "validation_loss", "validation_auroc"]
NETWORKS_A_ROW = 5


@dataclass(frozen=True)
class History:
    """History of one training: model (``expert_<x>``, ``pooled``, ``moe``), seed and file."""

    model: str
    seed: int
    path: Pathlike


def training_table(histories: Iterable[History]) -> pd.DataFrame:
    """Return all histories: model, seed, epoch, train_loss, validation_loss, validation_auroc.

    Raises
    ------
    InputError
        If a history is missing or lacks one of these columns.
    """
    parts = [
        read_tsv(found.path, COLUMNS)[COLUMNS].assign(model=found.model, seed=found.seed)
        for found in histories
    ]
    columns = ["model", "seed", *COLUMNS]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def draw_training(table: pd.DataFrame) -> Drawing:
    """Draw the losses of each network above its validation AUROC, one line per seed.

    A dot marks the epoch whose weights were kept, which has the best validation AUROC.
    """
    models = list(dict.fromkeys(table["model"]))
    if not models:
        return Drawing(empty_figure("no network was trained"), table)
    columns = min(NETWORKS_A_ROW, len(models))
    rows = -(-len(models) // columns)
    figure = figure_with_strip(max(1.75 * columns + 0.4, 4.6), 2.5 * rows + 0.35, strip=0.3)
    grid: Any = figure.subplots(2 * rows, columns, squeeze=False, sharey=False)
    for index, model in enumerate(models):
        row, column = divmod(index, columns)
        loss, auroc = grid[2 * row, column], grid[2 * row + 1, column]
        _draw_network(loss, auroc, model, table[table["model"] == model])
        if column == 0:
            loss.set_ylabel("loss (nats)")
            auroc.set_ylabel("validation AUROC")
    _share_heights(grid, len(models), columns)
    for index in range(len(models), rows * columns):
        row, column = divmod(index, columns)
        grid[2 * row, column].set_visible(False)
        grid[2 * row + 1, column].set_visible(False)
    _draw_legend(figure)
    return Drawing(figure, table)


def _draw_network(loss: Axes, auroc: Axes, model: str, table: pd.DataFrame) -> None:
    colour = look(model).colour
    for _, run in table.groupby("seed"):
        loss.plot(run["epoch"], run["train_loss"], color=GREY, linewidth=0.8, linestyle="--")
        loss.plot(run["epoch"], run["validation_loss"], color=colour, linewidth=1.0)
        auroc.plot(run["epoch"], run["validation_auroc"], color=colour, linewidth=1.0)
        if run["validation_auroc"].notna().any():
            best = int(run["validation_auroc"].argmax())
            kept = run.iloc[[best]]
            auroc.plot(kept["epoch"], kept["validation_auroc"], ".", color=INK, markersize=5)
    loss.set_title(label(model))
    auroc.set_xlabel("epoch")
    for axes in (loss, auroc):
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(4))
    loss.tick_params(labelbottom=False)


def _share_heights(grid: Any, number: int, columns: int) -> None:
    """Set the same scale in all panels of a kind, so that networks can be compared."""
    cells: Sequence[tuple[int, int]] = [divmod(index, columns) for index in range(number)]
    for offset in (0, 1):
        panels = [grid[2 * row + offset, column] for row, column in cells]
        limits = [panel.get_ylim() for panel in panels]
        for panel, (_, column) in zip(panels, cells, strict=True):
            panel.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
            panel.tick_params(labelleft=column == 0)


def _draw_legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=GREY, linewidth=0.8, linestyle="--"),
        Line2D([], [], color=INK, linewidth=1.0),
        Line2D([], [], color=INK, linestyle="none", marker=".", markersize=5),
    ]
    labels = ["training", "validation (one line per seed)", "epoch that was kept"]
    figure.legend(handles, labels, loc="lower left", ncols=3)
