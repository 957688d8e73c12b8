"""Figures of a search's seqlets and hits: their positions, and five example sequences."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tfmoe.attribution.maps import AttributionMaps
from tfmoe.core.dna import one_hot
from tfmoe.core.text import MINUS
from tfmoe.figures.logos import POSITION, Heights, Logo, draw_contributions
from tfmoe.figures.style import GREY, INK, SMALLEST
from tfmoe.jaspar.scanning import base_composition, hits_at, log_odds

EXAMPLES = 5
SPAN = 121
"""Maximum length of an example in bases."""
BIN = 5
MARKS = ("#56B4E9", "#CC79A7", "#B8A800", "#8C3D00")
"""Colours of the first patterns; all others are grey."""


@dataclass(frozen=True, eq=False)
class Marked:
    """A pattern to mark: its name, probabilities (4, W), and score threshold of a hit in bits."""

    name: str
    probabilities: Heights
    threshold: float


def sequences_with_hits(maps: AttributionMaps, pattern: Marked) -> set[str]:
    """Return the names of the sequences with a hit of a pattern on either strand."""
    if pattern.probabilities.shape[1] > maps.sequences.shape[1] or pd.isna(pattern.threshold):
        return set()
    pwm = log_odds(pattern.probabilities, base_composition(maps.sequences))
    rows = np.unique(hits_at(maps.sequences, pwm, pattern.threshold).row)
    return {str(name) for name in maps.name[rows]}


def choose_sequences(
    seqlets: pd.DataFrame, pattern: str, with_hits: Collection[str], number: int = EXAMPLES
) -> list[str]:
    """Choose sequences by rule: evenly spread from a pattern's strongest seqlet to its weakest.

    Parameters
    ----------
    seqlets
        See `tfmoe.motifs.seqlets.seqlet_table`.
    pattern
        The pattern.
    with_hits
        Sequences with a hit of the pattern; only these are used if there are enough.
    number
        Number of sequences to choose; all of them if there are fewer.

    Returns
    -------
    list of str
        Names, the strongest first. Each sequence is ranked by its strongest seqlet.
    """
    own = seqlets[seqlets["pattern"] == pattern]
    best = own.groupby("sequence", sort=True)["contribution"].max()
    ordered: list[str] = best.sort_values(ascending=False, kind="stable").index.tolist()
    hit = [name for name in ordered if name in with_hits]
    ordered = hit if len(hit) >= number else ordered
    if len(ordered) <= number:
        return ordered
    positions = (np.arange(number) + 0.5) / number * len(ordered)
    return [ordered[int(position)] for position in positions]


def draw_positions(seqlets: pd.DataFrame, pattern: str, width: int, length: int) -> Figure:
    """Draw a histogram of the distance of a pattern's seqlets from the middle of their windows.

    Parameters
    ----------
    seqlets
        See `tfmoe.motifs.seqlets.seqlet_table`.
    pattern
        The pattern.
    width, length
        Length of the motif and of the windows, in bases.
    """
    own = seqlets[seqlets["pattern"] == pattern]
    positions = own["offset"].to_numpy(dtype=np.float64) + (width - length) / 2
    figure = Figure(figsize=(3.0, 1.2), layout="constrained")
    axes = figure.subplots()
    edge = BIN * np.ceil(length / 2 / BIN)
    colours = {"+": MARKS[0], "-": GREY}
    parts = [positions[(own["strand"] == strand).to_numpy()] for strand in colours]
    axes.hist(
        parts,
        bins=np.arange(-edge, edge + BIN, BIN).tolist(),
        stacked=True,
        color=list(colours.values()),
        label=["+ strand", f"{MINUS} strand"],
    )
    axes.axvline(0, color=INK, linewidth=0.6, linestyle=":")
    axes.set(xlim=(-edge, edge), ylabel="seqlets")
    axes.set_xlabel(POSITION, fontsize=7)
    axes.legend(fontsize=SMALLEST, loc="upper left", handlelength=1, borderaxespad=0)
    axes.set_title(f"n = {len(own):,}", fontsize=SMALLEST, weight="normal", loc="right", pad=2)
    return figure


def draw_examples(
    maps: AttributionMaps,
    names: Sequence[str],
    seqlets: pd.DataFrame,
    patterns: Sequence[Marked],
) -> Figure:
    """Draw the attribution of some sequences, with their seqlets and hits marked.

    Seqlets are shaded in the colour of their pattern. Bars below the letters are hits of the
    patterns on either strand.

    Parameters
    ----------
    maps
        Maps that were searched.
    names
        Sequences, from top to bottom.
    seqlets
        See `tfmoe.motifs.seqlets.seqlet_table`.
    patterns
        Patterns, most seqlets first.
    """
    rows = {str(name): row for row, name in enumerate(maps.name)}
    figure = Figure(figsize=(9.2, 1.1 * max(len(names), 1) + 0.3), layout="constrained")
    background = base_composition(maps.sequences)
    drawn = figure.subplots(max(len(names), 1), 1, squeeze=False)[:, 0]
    for axes, name in zip(drawn, names, strict=False):
        row = rows[name]
        own = seqlets[seqlets["sequence"] == name]
        strongest = own.sort_values("contribution", ascending=False).iloc[:1]
        length = maps.sequences.shape[1]
        centre = int(strongest["offset"].iloc[0]) if len(strongest) else length // 2
        first = min(max(centre - SPAN // 2, 0), max(length - SPAN, 0))
        columns = slice(first, min(first + SPAN, length))
        codes = maps.sequences[row]
        heights = maps.attributions[row].astype(np.float64) * one_hot(codes)
        draw_contributions(axes, Logo(heights[:, columns], first - length // 2))
        axes.set_title(name, fontsize=6, weight="normal", pad=7)
        _shade(axes, own, patterns, length)
        _mark_hits(axes, codes, patterns, background, length)
        axes.set_xlim(columns.start - length // 2 - 0.6, columns.stop - length // 2 - 0.4)
    drawn[-1].set_xlabel(POSITION, fontsize=SMALLEST)
    return figure


def _colour(patterns: Sequence[Marked]) -> Mapping[str, str]:
    return {
        pattern.name: MARKS[index] if index < len(MARKS) else GREY
        for index, pattern in enumerate(patterns)
    }


def _shade(axes: Axes, own: pd.DataFrame, patterns: Sequence[Marked], length: int) -> None:
    colours, middle = _colour(patterns), length // 2
    for row in own.to_dict("records"):
        start = row["offset"] - middle - 0.5
        end = start + row["end"] - row["start"]
        colour = colours.get(row["pattern"], GREY)
        axes.axvspan(start, end, color=colour, alpha=0.3, linewidth=0, zorder=-2)
        strand = row["strand"].replace("-", MINUS)
        text = f"{row['pattern'].replace('_', ' ')} ({strand})"
        axes.annotate(
            text,
            ((start + end) / 2, 1.0),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize=SMALLEST,
            annotation_clip=True,
        )


def _mark_hits(
    axes: Axes,
    codes: NDArray[np.uint8],
    patterns: Sequence[Marked],
    background: NDArray[np.float64],
    length: int,
) -> None:
    colours = _colour(patterns)
    for pattern in patterns:
        width = pattern.probabilities.shape[1]
        if width > length or pd.isna(pattern.threshold):
            continue
        pwm = log_odds(pattern.probabilities, background)
        found = hits_at(codes[None, :], pwm, pattern.threshold)
        for start in found.start:
            first = int(start) - length // 2 - 0.5
            axes.plot(
                (first, first + width),
                (0.02, 0.02),
                transform=axes.get_xaxis_transform(),
                color=colours[pattern.name],
                linewidth=2.5,
                solid_capstyle="butt",
                clip_on=True,
            )
