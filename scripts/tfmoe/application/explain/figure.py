"""Figure of an explanation: logo on genome coordinates, motif hits, members and gate weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import MaxNLocator
from scipy.special import expit

from tfmoe.application.explain.motif_hits import JASPAR, OWN, MotifHit
from tfmoe.core.vocabulary import GKM, MIXTURE, PWM
from tfmoe.figures.logos import Logo, draw_letters
from tfmoe.figures.style import GREY, INK, LIGHT, look
from tfmoe.models.conditioned.scores import Member

if TYPE_CHECKING:
    import pandas as pd

    from tfmoe.application.explain.run import Explanation

KINDS = {
    Member.NETWORKS: ("networks", look(MIXTURE).colour),
    Member.KMERS: ("gapped k-mers", look(GKM).colour),
    Member.MATRIX: ("matrix", look(PWM).colour),
}
"""Label and colour of each kind of member."""
WIDTH = 9.2
MOST_GATES = 10
_SOURCES = {OWN: "own matrix (p)", JASPAR: "JASPAR (p)"}
_TICKS = 11
_STEPS = (5, 10, 20, 50, 100, 200, 500, 1000)
_LOGO, _LANE, _STRIP, _BAR = 1.7, 0.24, 0.17, 0.19  # inches
_CHARACTER = 0.055  # width in inches of a character of the names of hits


def draw_explanation(explanation: Explanation, hits: Sequence[MotifHit], question: str) -> Figure:
    """Draw an explanation.

    Parameters
    ----------
    explanation
        The explained window.
    hits
        Hits of matrices in it.
    question
        The question that the mixture was asked, for the title, such as ``CTCF``.

    Returns
    -------
    Figure
        From top to bottom: the logo of the observed bases' contributions; the hits, the factor's
        own matrices above JASPAR's; the contributions of each kind of member; contributions of the
        members to the logit, and gate weights. Draw it inside `tfmoe.figures.style.figure_style`.
    """
    lanes = _lanes(explanation, hits)
    kinds = list(explanation.maps) if len(explanation.maps) > 1 else []
    bars = max(len(explanation.members), min(len(explanation.gates), MOST_GATES + 1))
    heights = [_LOGO, _LANE * max(len(lanes), 1), _STRIP * len(kinds) or 0.01, 0.3 + _BAR * bars]
    figure = Figure(figsize=(WIDTH, sum(heights) + 1.15), layout="constrained")
    grid = GridSpec(4, 2, figure=figure, height_ratios=heights, width_ratios=(1.15, 1))
    logo, marks, strips = (figure.add_subplot(grid[row, :]) for row in range(3))
    _draw_logo(logo, explanation, question)
    _draw_hits(marks, explanation, lanes)
    _draw_strips(strips, explanation, kinds)
    _write_positions(strips if kinds else marks, explanation)
    if kinds:
        _draw_members(figure.add_subplot(grid[3, 0]), explanation.members, bars)
    # without several kinds of members, the networks make up the whole logit
    gates = grid[3, 1] if kinds else grid[3, :]
    _draw_gates(figure.add_subplot(gates), explanation.gates, bars)
    return figure


def _columns(explanation: Explanation) -> tuple[int, int]:
    """Return the first column of the window with a base, and the one after the last."""
    inside = np.flatnonzero(explanation.stretch.inside)
    return int(inside[0]), int(inside[-1]) + 1


def _draw_logo(axes: Axes, explanation: Explanation, question: str) -> None:
    first, end = _columns(explanation)
    codes = explanation.stretch.core
    heights = np.zeros((4, len(codes)))
    known = np.flatnonzero(codes < 4)
    heights[codes[known], known] = explanation.observed(explanation.total)[known]
    draw_letters(axes, Logo(heights[:, first:end], first))
    axes.set_xlim(first - 0.6, end - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.spines["left"].set(visible=True, linewidth=0.6, color="#555555")
    axes.set_ylabel("contribution\n(logit)")
    place = explanation.stretch.describe().replace("(-)", "(\u2212)").replace("-", "\u2013")
    axes.set_title(f"{question}: {place}; {_score(explanation)}")


def _strand(strand: str) -> str:
    return strand.replace("-", "\u2212")


def _score(explanation: Explanation) -> str:
    logits = explanation.logits.astype(np.float64)
    spread = f" \u00b1 {logits.std(ddof=1):.2f}" if len(logits) > 1 else ""
    probability = expit(logits).mean()
    return f"logit {logits.mean():.2f}{spread}, probability {probability:.3g}"


def _lanes(explanation: Explanation, hits: Sequence[MotifHit]) -> list[list[MotifHit]]:
    """Return the hits of each source in lanes in which neither hits nor names overlap."""
    first, end = _columns(explanation)
    bases = _CHARACTER * (end - first) / (WIDTH - 0.9)
    lanes: list[list[MotifHit]] = []
    for source in (OWN, JASPAR):
        own: list[list[MotifHit]] = []
        for hit in (hit for hit in hits if hit.source == source):
            begin = hit.start
            for lane in own:
                last = lane[-1]
                if max(last.end, last.start + bases * len(_hit_label(last))) + 1 <= begin:
                    lane.append(hit)
                    break
            else:
                own.append([hit])
        lanes += own
    return lanes


def _hit_label(hit: MotifHit) -> str:
    arrow = "\u2192" if hit.forward else "\u2190"
    return f"{arrow} {hit.name} {hit.p_value:.0e}"


def _draw_hits(axes: Axes, explanation: Explanation, lanes: list[list[MotifHit]]) -> None:
    first, end = _columns(explanation)
    axes.set_xlim(first - 0.6, end - 0.4)
    axes.set_ylim(max(len(lanes), 1), 0)
    axes.spines[:].set_visible(False)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    sources = [lane[0].source for lane in lanes]
    named = {sources.index(source): _SOURCES[source] for source in dict.fromkeys(sources)}
    axes.set_yticks([row + 0.7 for row in named], list(named.values()))
    if not lanes:
        axes.text(first, 0.5, "no motif hit with p < 1e-4", color=GREY, va="center", fontsize=6.5)
    for row, lane in enumerate(lanes):
        for hit in lane:
            colour = KINDS[Member.MATRIX][1] if hit.source == OWN else GREY
            _arrow(axes, hit, row + 0.78, colour)
            right = hit.start > first + 0.85 * (end - first)
            x, side = (hit.end - 0.5, "right") if right else (hit.start - 0.5, "left")
            text = _hit_label(hit)
            axes.text(x, row + 0.6, text, fontsize=6, color=INK, ha=side, va="bottom")


def _arrow(axes: Axes, hit: MotifHit, height: float, colour: str) -> None:
    """Draw a bar under the bases of a hit with a head in the direction of the matrix."""
    ends = (hit.start - 0.5, hit.end - 0.5)
    tail, head = ends if hit.forward else ends[::-1]
    axes.annotate(
        "",
        (head, height),
        (tail, height),
        arrowprops={
            "arrowstyle": "-|>,head_width=0.16,head_length=0.3",
            "color": colour,
            "linewidth": 2.2,
            "shrinkA": 0,
            "shrinkB": 0,
            "mutation_scale": 10,
        },
    )


def _draw_strips(axes: Axes, explanation: Explanation, kinds: Sequence[Member]) -> None:
    """Draw one strip of colours per kind: its part of the contribution of each base."""
    first, end = _columns(explanation)
    axes.spines[:].set_visible(False)
    axes.set_xlim(first - 0.6, end - 0.4)
    if not kinds:
        axes.axis("off")
        return
    values = np.stack([explanation.observed(explanation.maps[kind]) for kind in kinds])
    largest = max(float(np.abs(values).max()), 1e-12)
    axes.pcolormesh(
        np.arange(first, end + 1) - 0.5,
        np.arange(len(kinds) + 1),
        values[:, first:end],
        cmap="RdBu_r",
        vmin=-largest,
        vmax=largest,
        edgecolors="white",
        linewidth=0.3,
        rasterized=False,
    )
    axes.set_ylim(len(kinds), 0)
    axes.set_yticks(np.arange(len(kinds)) + 0.5, [KINDS[kind][0] for kind in kinds])
    axes.tick_params(axis="y", length=0)


def _write_positions(axes: Axes, explanation: Explanation) -> None:
    """Write positions, counted from 1, at round numbers."""
    first, end = _columns(explanation)
    positions = explanation.stretch.positions + 1
    step = next((size for size in _STEPS if (end - first) / size <= _TICKS), _STEPS[-1])
    chosen = [i for i in range(first, end) if positions[i] % step == 0]
    axes.set_xticks(chosen, [f"{positions[i]:,}" for i in chosen])
    axes.tick_params(axis="x", length=3)
    stretch = explanation.stretch
    where = f"position on {stretch.name} (bp)" if stretch.on_genome else "position (bp)"
    strips = "; red raises the logit, blue lowers it" if len(explanation.maps) > 1 else ""
    axes.set_xlabel(f"{where}, {_strand(stretch.strand)} strand from 5\u2032 to 3\u2032{strips}")


def _bar_labels(members: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the label and the colour of each row of the table of members."""
    labels, colours, colour = [], [], INK
    for level, member, weight in zip(
        members["level"], members["member"], members["weight"], strict=True
    ):
        if level == "kind":
            text, colour = KINDS[Member(member)]
            labels.append(f"{text} (weight {weight:.2f})" if weight < 1 else text)
            colours.append(colour)
        elif level == "network":  # a part of the kind above
            labels.append(member)
            colours.append(colour)
        else:
            labels.append(level)
            colours.append(look(member).colour if level == "logit" else GREY)
    return labels, colours


def _draw_members(axes: Axes, members: pd.DataFrame, bars: int) -> None:
    """Draw a bar per member: its contribution, with the standard deviation over seeds."""
    labels, colours = _bar_labels(members)
    places, parts = range(len(members)), (members["level"] == "network").tolist()
    values, spread = members["contribution"].tolist(), members["sd"].fillna(0).tolist()
    for place, value, error, colour, part in zip(
        places, values, spread, colours, parts, strict=True
    ):
        axes.barh(
            place,
            value,
            height=0.45 if part else 0.75,
            color=colour,
            alpha=0.45 if part else 1.0,
            xerr=error or None,
            error_kw={"linewidth": 0.7, "ecolor": INK},
        )
    axes.set_yticks(places, labels)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(bars - 0.4, -0.6)
    axes.axvline(0, color=INK, linewidth=0.6)
    axes.set_xlabel("contribution to the logit")
    axes.set_title("members of the mixture")


def _draw_gates(axes: Axes, gates: pd.DataFrame, bars: int) -> None:
    """Draw the gate weights of the networks, the largest first, the others together."""
    shown = gates.iloc[:MOST_GATES]
    names = [str(name) for name in shown["member"]]
    weights, spread = shown["weight"].tolist(), shown["sd"].fillna(0).tolist()
    left = len(gates) - len(shown)
    if left:
        names.append(f"{left} others")
        weights.append(float(gates["weight"].iloc[MOST_GATES:].sum()))
        spread.append(0.0)
    places = np.arange(len(names))
    axes.barh(
        places,
        weights,
        height=0.75,
        color=look(MIXTURE).colour,
        xerr=spread if any(spread) else None,
        error_kw={"linewidth": 0.7, "ecolor": INK},
    )
    axes.axvline(1 / max(len(gates), 1), color=LIGHT, linewidth=0.8, zorder=0)
    axes.set_yticks(places, names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(bars - 0.4, -0.6)
    axes.set_xlabel("gate weight (line: equal weights)")
    axes.set_title("gate weights of the networks")
