"""Figure of the gate's weights and of the enrichment of each expert's motif, set by set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, TwoSlopeNorm

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.evaluation.sets import EvaluationSet, by_stratum
from tfmoe.figures.gate import COLOURS, draw_bar, draw_scale, gate_norm, write_weights
from tfmoe.figures.save import Drawing, save_drawing
from tfmoe.figures.style import (
    GREY,
    INK,
    LIGHT,
    empty_figure,
    figure_style,
    figure_with_strip,
    network_label,
    note_height,
    row_label,
    stratum_label,
    write_note,
)
from tfmoe.motifs.gating import GATE_MOTIF_COLUMNS

MOST_NUMBERS = 12
SIGNIFICANT = 0.05
LARGEST = 5.0
"""Log2 odds ratio at the end of the colour scale."""
NOTE = (
    "n: test positives. Dot: the motif's hits are enriched in positives over negatives "
    f"(Fisher's test, q < {SIGNIFICANT:g}).\n"
    f"In brackets: best match in JASPAR (n.s.: not significant, q is at least {SIGNIFICANT:g})."
)


def top_motifs(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the first motif of each experiment and expert, which has the most seqlets."""
    return table.drop_duplicates(["experiment", "expert"])


def draw_gate_motifs(table: pd.DataFrame, sets: Sequence[EvaluationSet]) -> Drawing:
    """Draw two heat maps over sets and experts: gate weight, and odds ratio of the top motif.

    Parameters
    ----------
    table
        ``motifs/gate_motifs.tsv``.
    sets
        Evaluation sets, in order.
    """
    top = top_motifs(table)
    present = set(top.loc[top["weight"].notna(), "experiment"])
    drawn = [found for found in sets if found.experiment in present]
    if not drawn:
        return Drawing(empty_figure("no set has positives in the test split"), table)
    experts = list(dict.fromkeys(top["expert"]))
    with_motif = [
        name for name in experts if top.loc[top["expert"] == name, "pattern"].notna().any()
    ]
    groups = by_stratum(drawn)
    sizes = top.groupby("experiment")["positives"].max().dropna().to_dict()
    height = max(0.24 * (len(drawn) + 1.5 * len(groups)) + 1.5, 2.6) + note_height(NOTE)
    width = 0.5 * (len(experts) + max(len(with_motif), 1)) + 4.2
    figure = figure_with_strip(width, height, note_height(NOTE))
    ratios = (len(experts), max(len(with_motif), 1))
    left, right = figure.subplots(1, 2, width_ratios=ratios, sharey=True)
    order, labels, top_edge = [], {}, 0.0
    for stratum, members in groups.items():
        left.text(-0.5, top_edge + 0.7, stratum_label(stratum), weight="bold", fontsize=7.5)
        top_edge += 1.0
        for found in members:
            order.append((found, top_edge))
            labels[top_edge + 0.5] = row_label(found, sizes.get(found.experiment))
            top_edge += 1
        top_edge += 0.3
    weights = top.pivot_table("weight", "experiment", "expert")
    norm = gate_norm(weights.to_numpy(dtype=float), len(experts))
    _draw(left, weights, order, experts, norm, COLOURS)
    draw_scale(figure, left, norm, f"mean gate weight (white: 1/{len(experts)})")
    left.set_yticks(list(labels), list(labels.values()))
    left.set_title("gate")
    if with_motif:
        enriched = top.assign(value=np.log2(top["odds_ratio"].astype(float)))
        values = enriched.pivot_table("value", "experiment", "expert")
        span = TwoSlopeNorm(0, -LARGEST, LARGEST)
        _draw(right, values, order, with_motif, span, COLOURS)
        draw_bar(figure, right, extend="both").set_label("log2 odds ratio of hits")
        _mark(right, top, order, with_motif)
        _name_motifs(right, top, with_motif)
    else:
        right.axis("off")
        right.text(0, 0.5, "no expert has a motif", color=GREY, transform=right.transAxes)
    left.set_ylim(top_edge, 0)
    write_note(figure, NOTE)
    return Drawing(figure, table)


def write_gate_motifs(path: Pathlike, sets: Sequence[EvaluationSet], folder: Pathlike) -> None:
    """Read ``motifs/gate_motifs.tsv`` and write the figure ``gate_motifs`` into `folder`."""
    with figure_style():
        drawing = draw_gate_motifs(read_tsv(path, GATE_MOTIF_COLUMNS), sets)
        save_drawing(drawing, folder, "gate_motifs")


def _draw(
    axes: Axes,
    values: pd.DataFrame,
    order: Sequence[tuple[EvaluationSet, float]],
    experts: Sequence[str],
    norm: Normalize,
    colours: str,
) -> None:
    axes.set_facecolor("white")
    shown = values.reindex(columns=list(experts))
    for found, top in order:
        row = shown.loc[[found.experiment]].to_numpy() if found.experiment in shown.index else None
        if row is None:
            continue
        masked = np.ma.masked_invalid(row)
        extent = (-0.5, len(experts) - 0.5, top + 1, top)
        image = axes.imshow(masked, cmap=colours, norm=norm, extent=extent, aspect="auto")
        image.cmap.set_bad(LIGHT)
        if len(experts) <= MOST_NUMBERS:
            if isinstance(norm, TwoSlopeNorm):
                _write_ratios(axes, row[0], top + 0.5)
            else:
                write_weights(axes, row[0], None, norm, top + 0.5)
    axes.set_xlim(-0.5, len(experts) - 0.5)
    names = list(map(network_label, experts))
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _write_ratios(axes: Axes, row: np.ndarray, height: float) -> None:
    for index, value in enumerate(row):
        if np.isnan(value):
            axes.text(index, height, "\u2013", ha="center", va="center", fontsize=6.5, color=GREY)
            continue
        text = f"{value:+z.1f}".replace("-", "\u2212")
        colour = "white" if abs(value) > 0.75 * LARGEST else INK
        axes.text(index, height, text, ha="center", va="center", fontsize=6.5, color=colour)


def _mark(
    axes: Axes,
    top: pd.DataFrame,
    order: Sequence[tuple[EvaluationSet, float]],
    experts: Sequence[str],
) -> None:
    """Put a dot where hits of the motif are enriched in positives at q < 0.05."""
    q = top.set_index(["experiment", "expert"])["q"].astype(float)
    for found, height in order:
        for index, expert in enumerate(experts):
            if q.get((found.experiment, expert), np.nan) < SIGNIFICANT:
                axes.plot(index + 0.4, height + 0.2, ".", color=INK, markersize=3)


def _name_motifs(axes: Axes, top: pd.DataFrame, experts: Sequence[str]) -> None:
    first = top[top["pattern"].notna()].drop_duplicates("expert").set_index("expert")
    names = [
        f"{network_label(expert)}\n{first['consensus'][expert]}\n"
        f"{_match_name(first['match'][expert], first['match_q'][expert])}"
        for expert in experts
    ]
    axes.set_xticks(range(len(experts)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="x", labelsize=6.5)
    axes.set_title("the expert's top motif")


def _match_name(match: object, q: float) -> str:
    """Return the name of a motif's best match, in brackets; ``n.s.``: it may be chance."""
    if not isinstance(match, str) or not match:
        return "(no match)"
    return f"({match}{'' if q < SIGNIFICANT else ', n.s.'})"
