"""Figure and table of the effect of a motif by its position in background sequences."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfmoe.application.explain.figure import KINDS
from tfmoe.application.marginalize.run import COLUMNS, STRANDS, Marginalization
from tfmoe.core.files import write_tsv
from tfmoe.figures.save import fix_layout, save_figure
from tfmoe.figures.style import INK, figure_style
from tfmoe.models.conditioned.scores import Member

_COLOURS = {"+": "#0072B2", "-": "#D55E00"}
_LABELS = {"+": "as given", "-": "reverse complement"}


SUFFIXES = (".tsv", ".svg", ".png")


def output_paths(prefix: Path) -> list[Path]:
    """Return the paths that `write_marginalization` writes."""
    return [Path(f"{prefix}{suffix}") for suffix in SUFFIXES]


def write_marginalization(found: Marginalization, question: str, prefix: Path) -> None:
    """Write the table of effects and the figure.

    Parameters
    ----------
    found, question
        As for `draw_marginalization`.
    prefix
        Start of the paths; the ends are `SUFFIXES`.
    """
    table, *pictures = output_paths(prefix)
    write_tsv(found.table, table)
    with figure_style():
        figure = draw_marginalization(found, question)
        fix_layout(figure)
        for path in pictures:
            save_figure(figure, path)


def draw_marginalization(found: Marginalization, question: str) -> Figure:
    """Draw the effect of a motif by position.

    Parameters
    ----------
    found
        The effects.
    question
        The question that the mixture was asked, for the title, such as ``CTCF``.

    Returns
    -------
    Figure
        On the left the mean effect in both orientations, with bands of one standard deviation over
        sequences; on the right, if there are several kinds of members, the contribution of each in
        the given orientation. Draw it inside `tfmoe.figures.style.figure_style`.
    """
    kinds = [Member(name) for name in found.table.columns if name not in COLUMNS]
    several = len(kinds) > 1
    figure = Figure(figsize=(9.2 if several else 5.0, 3.2), layout="constrained")
    panels = figure.subplots(1, 2 if several else 1, sharey=True, squeeze=False)[0]
    _draw_effects(panels[0], found)
    if several:
        _draw_kinds(panels[1], found, kinds)
    name = found.motif.name if len(found.motif.name) <= 30 else f"{found.motif.name[:29]}\u2026"
    figure.suptitle(
        f"{question}: {name} in {found.sequences} background sequences, "
        f"mean logit {found.baseline:.2f} without it",
        x=0.01, ha="left", fontsize=8.5, fontweight="bold",
    )  # fmt: skip
    for axes in panels:
        axes.axhline(0, color=INK, linewidth=0.5)
        axes.set_xlabel("middle of the motif, from the middle of the window (bp)")
    panels[0].set_ylabel("change of the logit")
    return figure


def _draw_effects(axes: Axes, found: Marginalization) -> None:
    for strand in STRANDS:
        rows = found.table[found.table["strand"] == strand]
        place, mean, spread = (rows[name].to_numpy() for name in ("position", "effect", "sd"))
        colour, line = _COLOURS[strand], "-" if strand == "+" else "--"
        axes.fill_between(place, mean - spread, mean + spread, color=colour, alpha=0.15, lw=0)
        axes.plot(
            place, mean, line, color=colour, marker="o", markersize=2.5, label=_LABELS[strand]
        )
    axes.set_title("all members (band: SD over sequences)", fontweight="normal")
    _write_legend(axes)


def _write_legend(axes: Axes) -> None:
    """Write the legend below the axes, where it hides no curve."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3)


def _draw_kinds(axes: Axes, found: Marginalization, kinds: list[Member]) -> None:
    rows = found.table[found.table["strand"] == "+"]
    for kind in kinds:
        text, colour = KINDS[kind]
        place, mean = rows["position"].to_numpy(), rows[kind.value].to_numpy()
        axes.plot(place, mean, color=colour, marker="o", markersize=2.5, label=text)
    axes.set_title("kinds of members, motif as given", fontweight="normal")
    _write_legend(axes)
