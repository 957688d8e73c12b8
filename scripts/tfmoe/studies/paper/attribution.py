"""Draw the mixture's attribution of high-scoring positives by several methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from numpy.typing import NDArray

from tfmoe.attribution.maps import AttributionMaps, read_maps
from tfmoe.attribution.method_names import REFERENCE, Method, parse_method
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_parquet
from tfmoe.core.vocabulary import MIXTURE, Split
from tfmoe.evaluation.predictions import parse_column
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.examples import cut_out, window_sums
from tfmoe.figures.logos import Logo, draw_letters, letter_rows
from tfmoe.figures.save import Drawing
from tfmoe.figures.style import empty_figure, figure_with_strip, note_height, write_note

SEQUENCES = 2
"""Number of positives shown per set."""
MOST_SETS = 6
"""Maximum number of sets that are drawn."""
CENTRE = 11
"""Width, in bases, of the strongest stretch, on which panels are centred."""
NOTE = (
    "contribution of the observed base (map x input), each panel on its own scale; positions are "
    "relative to the centre of the window"
)


@dataclass(frozen=True, eq=False)
class AttributedSequence:
    """One sequence of a set: its score by the mixture, and one logo per method."""

    evaluation_set: EvaluationSet
    name: str
    score: float
    logos: dict[str, Logo]


def read_top_positives(
    maps: Mapping[str, Pathlike], predictions: Pathlike, evaluation_set: EvaluationSet
) -> list[AttributedSequence]:
    """Read the maps of the positives with the highest scores, cut to one stretch per positive.

    The stretch is centred on the `CENTRE` bases with the largest contributions. Contributions are
    summed over methods after each map is scaled by its maximum.

    Parameters
    ----------
    maps
        Path of ``attribution/<x>/moe/<method>.npz`` by method.
    predictions
        Path of ``predictions/<x>.parquet``, which contains the scores of the test positives.
    evaluation_set
        The set.

    Returns
    -------
    list
        At most `SEQUENCES` sequences, highest score first; empty if no test positive was
        attributed.

    Raises
    ------
    InputError
        If a file is missing or damaged, or the maps contain different sequences.
    """
    read = {method: read_maps(path) for method, path in sorted(maps.items(), key=_order)}
    first, *others = read.values()
    if any(not np.array_equal(first.name, other.name) for other in others):
        raise InputError(
            f"attribution/{evaluation_set.experiment}/{MIXTURE}: the maps contain different "
            "sequences; remove them and run again"
        )
    scores = _scores(predictions)
    known = np.array([scores.get(str(name), np.nan) for name in first.name])
    rows = np.flatnonzero(np.isfinite(known))
    chosen = rows[np.argsort(-known[rows], kind="stable")][:SEQUENCES]
    sequences = []
    for row in chosen.tolist():
        centre = _strongest(read.values(), row)
        logos = {method: cut_out(own, row, centre, False).logo for method, own in read.items()}
        name, score = str(first.name[row]), float(known[row])
        sequences.append(AttributedSequence(evaluation_set, name, score, logos))
    return sequences


def draw_attribution(sequences: Sequence[AttributedSequence]) -> Drawing:
    """Draw one block per set, with one column per sequence and one row per method.

    Only the first `MOST_SETS` sets are drawn; the table contains all sets.
    """
    table = pd.DataFrame([row for sequence in sequences for row in _table_rows(sequence)])
    blocks: dict[str, list[AttributedSequence]] = {}
    for sequence in sequences:
        blocks.setdefault(sequence.evaluation_set.experiment, []).append(sequence)
    if not blocks:
        return Drawing(empty_figure("no test positive was attributed"), table)
    shown = list(blocks.values())[:MOST_SETS]
    note = NOTE if len(shown) == len(blocks) else f"{NOTE}; the first {len(shown)} sets"
    methods = list(sequences[0].logos)
    heights = [height for _ in shown for height in (0.24, *(0.42 for _ in methods))]
    strip = note_height(note)
    figure = figure_with_strip(7.2, sum(heights) + 0.2 + strip, strip)
    grid = figure.add_gridspec(len(heights), SEQUENCES, height_ratios=heights, hspace=0, wspace=0)
    for index, block in enumerate(shown):
        for column, sequence in enumerate(block):
            _draw_sequence(figure, grid, sequence, index * (len(methods) + 1), column)
    write_note(figure, note)
    return Drawing(figure, table)


def _draw_sequence(
    figure: Figure, grid: GridSpec, sequence: AttributedSequence, top: int, column: int
) -> None:
    """Draw a title and one logo per method, from row `top` of the grid downwards."""
    title = figure.add_subplot(grid[top, column])
    title.axis("off")
    text = f"{sequence.evaluation_set.name}: {sequence.name} (logit {sequence.score:.1f})"
    written = title.text(0, 0.1, text, va="bottom", transform=title.transAxes)
    written.set(fontweight="bold", fontsize=7.5)
    for row, (method, logo) in enumerate(sequence.logos.items(), start=1):
        axes = figure.add_subplot(grid[top + row, column])
        draw_letters(axes, logo)
        axes.margins(y=0.05)
        if row == len(sequence.logos):
            axes.set_xticks(list(range(-(-logo.first // 10) * 10, logo.end, 10)))
            axes.tick_params(labelsize=6.5, length=2)
        if column == 0:
            axes.set_ylabel(method_label(method), rotation=0, ha="right", va="center")
            axes.yaxis.label.set_fontsize(7)


def method_label(name: str) -> str:
    """Return the label of a method, in at most two lines."""
    method = parse_method(name)
    label = {
        "gradient": "gradient",
        "gradient_x_input": "gradient x input",
        "smoothgrad": f"SmoothGrad, {method.number} copies",
        "shiftsmooth": f"ShiftSmooth, n = {method.shifts}",
        "integrated_gradients": "integrated gradients",
        "deeplift": "DeepLIFT",
        "ism": "in-silico\nmutagenesis",
    }[method.kind]
    details = {
        "padded": method.fill == "padded",
        "rolled": method.fill == "rolled",
        "triangular": method.triangular,
        "shuffles": method.shuffles > 0,
        "both strands": method.both_strands,
        "gated": method.gated,
        "corrected": method.corrected and not method.centred,
    }
    chosen = ", ".join(detail for detail, applies in details.items() if applies)
    return f"{label},\n{chosen}" if chosen else label


def _order(item: tuple[str, Pathlike]) -> tuple[bool, bool, str, int]:
    """Sort key of methods: uncorrected, then corrected, mutagenesis last; smaller shifts first."""
    method: Method = parse_method(item[0])
    return (method.kind == REFERENCE, method.corrected, method.kind, method.shifts)


def _scores(predictions: Pathlike) -> dict[str, float]:
    """Return the mixture's logit of each test positive, mean over seeds."""
    table = read_parquet(predictions)
    positives = table[(table["label"] == 1) & (table["split"] == Split.TEST)]
    columns = [name for name in table.columns if parse_column(name).model == MIXTURE]
    means = positives[columns].mean(axis=1)
    return dict(zip(positives["name"].astype(str), means.astype(float), strict=True))


def _strongest(maps: Iterable[AttributionMaps], row: int) -> int:
    """Return the centre of the stretch with the largest contributions, summed over methods."""
    total: NDArray[np.float64] = np.zeros(0)
    for own in maps:
        values = own.observed[row].astype(np.float64)
        scaled = values / max(float(np.abs(values).max()), np.finfo(np.float64).tiny)
        total = scaled if not total.size else total + scaled
    width = min(CENTRE, total.size)
    return int(window_sums(total[None], width)[0].argmax()) + width // 2


def _table_rows(sequence: AttributedSequence) -> list[dict[str, object]]:
    keys = {
        "experiment": sequence.evaluation_set.experiment,
        "name": sequence.name,
        "logit": sequence.score,
    }
    logos = sequence.logos.items()
    return [row for method, logo in logos for row in letter_rows(method, logo, keys)]
