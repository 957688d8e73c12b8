"""Files of an explanation: figure, tables and, on request, a bedGraph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tfmoe.application.explain import Explanation
from tfmoe.application.explain_figure import draw_explanation
from tfmoe.application.motif_hits import MotifHit, hit_table
from tfmoe.core.errors import InputError
from tfmoe.core.files import FLOAT_FORMAT, atomic_path, write_tsv
from tfmoe.figures.save import save_figure
from tfmoe.figures.style import figure_style

SUFFIXES = (".svg", ".png", ".tsv", ".members.tsv", ".gates.tsv", ".hits.tsv")
BEDGRAPH = ".bedgraph"


def output_paths(prefix: Path, bedgraph: bool = False) -> list[Path]:
    """Return the paths that `write_explanation` writes."""
    suffixes = [*SUFFIXES, BEDGRAPH] if bedgraph else SUFFIXES
    return [Path(f"{prefix}{suffix}") for suffix in suffixes]


def write_explanation(
    explanation: Explanation,
    hits: Sequence[MotifHit],
    question: str,
    prefix: Path,
    bedgraph: bool = False,
) -> None:
    """Write an explanation.

    Parameters
    ----------
    explanation, hits, question
        As for `tfmoe.application.explain_figure.draw_explanation`.
    prefix
        Start of the paths: ``.svg`` and ``.png``, the figure; ``.tsv``, one row per base;
        ``.members.tsv``, ``.gates.tsv`` and ``.hits.tsv``; ``.bedgraph``, the contributions of the
        observed bases.
    bedgraph
        Whether to write the bedGraph.

    Raises
    ------
    InputError
        If a bedGraph is requested for a sequence without genome coordinates.
    """
    if bedgraph:
        check_bedgraph(explanation.stretch.on_genome)
    svg, png, table, members, gates, found, *graph = output_paths(prefix, bedgraph)
    write_tsv(explanation.table(), table)
    write_tsv(explanation.members, members)
    write_tsv(explanation.gates, gates)
    write_tsv(hit_table(explanation, hits), found)
    for path in graph:
        _write_bedgraph(explanation, path)
    with figure_style():
        figure = draw_explanation(explanation, hits, question)
        # one layout serves both formats
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for path in (svg, png):
            save_figure(figure, path)


def check_bedgraph(on_genome: bool) -> None:
    """Raise an `InputError` if a bedGraph is requested without genome coordinates."""
    if not on_genome:
        raise InputError(
            "--bedgraph: a sequence has no genome coordinates; name a locus and --genome instead"
        )


def bedgraph_rows(explanation: Explanation) -> pd.DataFrame:
    """Return chrom, start (from 0), end and contribution of each base, by position."""
    table = explanation.table()
    rows = pd.DataFrame(
        {
            "chrom": table["chrom"],
            "start": table["position"] - 1,
            "end": table["position"],
            "contribution": table["contribution"],
        }
    )
    return rows.sort_values("start", ignore_index=True)


def _write_bedgraph(explanation: Explanation, path: Path) -> None:
    rows = bedgraph_rows(explanation)
    with atomic_path(path) as temporary:
        rows.to_csv(
            temporary,
            sep="\t",
            index=False,
            header=False,
            float_format=FLOAT_FORMAT,
            lineterminator="\n",
        )
