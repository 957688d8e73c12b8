"""Figure of the motifs: an example, the first pattern, and its match in JASPAR."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure, SubFigure

from tfmoe.attribution.maps import read_maps
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.figures.examples import Example, choose_example
from tfmoe.figures.logos import (
    POSITION,
    draw_aligned,
    draw_comparison,
    draw_contributions,
    letter_rows,
    matrix_logo,
    pattern_logo,
    turned,
)
from tfmoe.figures.save import Drawing, save_figure
from tfmoe.figures.style import GREY, INK, empty_figure, label
from tfmoe.jaspar.matrices import Matrix
from tfmoe.motifs.match_run import read_motifs
from tfmoe.motifs.matching import MATCH_COLUMNS
from tfmoe.motifs.shown_match import MatchedPattern, choose_match

MOST_ROWS = 40
MOST_LOGOS = 4
ROW = 1.4
LETTERS = ["A", "C", "G", "T"]
COLUMNS = [
    "experiment",
    "factor",
    "model",
    "pattern",
    "n_seqlets",
    "matrix_id",
    "matrix_name",
    "relation",
    "q",
    "panel",
    "place",
    *LETTERS,
]


@dataclass(frozen=True)
class Search:
    """A motif search and its output files.

    Attributes
    ----------
    experiment, factor, model
        Experiment, its factor, and the attributed model.
    patterns, meme
        ``motifs/<x>/<model>/patterns.tsv`` and ``motifs.meme``.
    maps
        Attribution maps that were searched.
    """

    experiment: str
    factor: str
    model: str
    patterns: Pathlike
    meme: Pathlike
    maps: Pathlike

    @property
    def title(self) -> str:
        """Label of the experiment and the model."""
        return f"{self.experiment}, {label(self.model)}"


def read_found(
    search: Search, matches: pd.DataFrame, matrices: Mapping[str, Matrix], fdr: float
) -> list[MatchedPattern]:
    """Read the patterns of one search, most seqlets first, with the match to draw.

    Parameters
    ----------
    search
        The search.
    matches
        ``motifs/jaspar.tsv``.
    matrices
        Matrices by id.
    fdr
        Level of the joint q-values.

    Raises
    ------
    InputError
        If a file is missing or damaged, or a pattern has no motif.
    """
    motifs = read_motifs(search.patterns, search.meme)
    table = read_tsv(search.patterns, ["pattern", "n_seqlets"])
    own = matches[(matches["experiment"] == search.experiment) & (matches["model"] == search.model)]
    found = []
    for row in table.to_dict("records"):
        name = str(row["pattern"])
        if name not in motifs:
            raise InputError(
                f"{search.meme}: pattern {name} of {search.patterns} is missing; remove both files "
                "and run again"
            )
        match = choose_match(own[own["pattern"] == name], matrices, fdr)
        found.append(MatchedPattern(name, motifs[name], int(row["n_seqlets"]), match))
    return found


def read_matches(path: Pathlike) -> pd.DataFrame:
    """Read ``motifs/jaspar.tsv``."""
    return read_tsv(path, MATCH_COLUMNS)


def group_searches(searches: Sequence[Search]) -> list[Search]:
    """Group the searches by experiment, in order of first appearance."""
    order: dict[str, int] = {}
    for search in searches:
        order.setdefault(search.experiment, len(order))
    return sorted(searches, key=lambda search: order[search.experiment])


def draw_motifs(searches: Sequence[Search], found: Sequence[Sequence[MatchedPattern]]) -> Drawing:
    """Draw one row per search: an example's attribution, and the first pattern above its match.

    Parameters
    ----------
    searches
        Searches; those beyond `MOST_ROWS` are in the table only.
    found
        Result of `read_found` for each search.
    """
    if not searches:
        return Drawing(empty_figure("no attributions were searched"), pd.DataFrame(columns=COLUMNS))
    shown = min(len(searches), MOST_ROWS)
    left_out = len(searches) - shown
    figure = Figure(figsize=(9.2, ROW * shown + 0.3), layout="constrained")
    parts: Any = figure.subfigures(shown, 1, squeeze=False)
    rows: list[dict[str, object]] = []
    for index, (search, patterns) in enumerate(zip(searches, found, strict=True)):
        first = patterns[0] if patterns else None
        example = choose_example(read_maps(search.maps), _drawn_motif(first))
        rows += _rows(search, first, example)
        if index < shown:
            _draw_row(parts[index, 0], search, first, example, last=index == shown - 1)
    if left_out:
        figure.supxlabel(f"{left_out} more searches are in the table only", fontsize=8)
    return Drawing(figure, pd.DataFrame(rows, columns=COLUMNS))


def write_comparisons(
    searches: Sequence[Search], found: Sequence[Sequence[MatchedPattern]], folder: Pathlike
) -> None:
    """Write ``<x>.<model>.<pattern>.png`` for the first `MOST_LOGOS` patterns of each search."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for search, patterns in zip(searches, found, strict=True):
        for pattern in patterns[:MOST_LOGOS]:
            save_figure(draw_comparison(pattern), target / comparison_name(search, pattern.pattern))


def comparison_name(search: Search, pattern: str) -> str:
    """Return the file name of the figure of a pattern above its match."""
    return f"{search.experiment}.{search.model}.{pattern}.png"


def _drawn_motif(found: MatchedPattern | None) -> Any:
    if found is None:
        return None
    return turned(found.probabilities) if found.reverse else found.probabilities


def _draw_row(
    part: SubFigure, search: Search, found: MatchedPattern | None, example: Example, last: bool
) -> None:
    left, right = part.subfigures(1, 2, width_ratios=(1.5, 1))
    axes = left.subplots()
    draw_contributions(axes, example.logo)
    axes.axhline(0, color=GREY, linewidth=0.4)
    axes.set_title(search.title)
    if last:
        axes.set_xlabel(POSITION)
    above, below = right.subplots(2, 1)
    if found is None:
        for empty in (above, below):
            empty.axis("off")
        above.text(0, 0, "no pattern found", color=GREY, transform=above.transAxes)
        return
    draw_aligned(above, below, found)
    above.set_title(
        f"{found.pattern.replace('_', ' ')}, {found.n_seqlets:,} seqlets",
        fontsize=6.5,
        weight="normal",
    )
    if found.match is not None:
        colour = INK if found.match.significant else GREY
        below.set_title(match_text(found), fontsize=6.5, weight="normal", pad=3, color=colour)


def match_text(found: MatchedPattern) -> str:
    """Return the label of a pattern's match: matrix, relation to the factor, q and rank."""
    match = found.match
    if match is None:
        return "no match"
    note = ", reverse complement" if match.reverse != match.turned else ""
    doubt = "" if match.significant else ": not significant"
    return (
        f"{match.matrix.name} {match.matrix.matrix_id} ({match.relation}{note}), "
        f"rank {match.rank}, q = {match.q:.2g}{doubt}"
    )


def _rows(
    search: Search, found: MatchedPattern | None, example: Example
) -> Iterator[dict[str, object]]:
    match = found.match if found else None
    keys: dict[str, object] = {
        "experiment": search.experiment,
        "factor": search.factor,
        "model": search.model,
        "pattern": found.pattern if found else None,
        "n_seqlets": found.n_seqlets if found else None,
        "matrix_id": match.matrix.matrix_id if match else None,
        "matrix_name": match.matrix.name if match else None,
        "relation": match.relation if match else None,
        "q": match.q if match else None,
    }
    yield from letter_rows(f"example {example.name} ({example.strand})", example.logo, keys)
    if found is not None:
        yield from letter_rows("pattern", pattern_logo(found), keys)
        matrix = matrix_logo(found)
        if matrix is not None:
            yield from letter_rows("matrix", matrix, keys)
