"""Files of an explanation: figure, tables and, on request, a bedGraph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from tfmoe.application.explain.figure import draw_explanation
from tfmoe.application.explain.motif_hits import MotifHit, find_hits, hit_table
from tfmoe.application.explain.run import DEFAULT, Explanation, explain, flank_of
from tfmoe.application.reading.stretches import read_stretch
from tfmoe.core.errors import InputError
from tfmoe.core.files import FLOAT_FORMAT, Pathlike, atomic_path, write_tsv
from tfmoe.figures.save import fix_layout, save_figure
from tfmoe.figures.style import figure_style

if TYPE_CHECKING:
    from tfmoe.application.model.model import Model, Query
    from tfmoe.jaspar.matrices import Matrix

SUFFIXES = (".svg", ".png", ".tsv", ".members.tsv", ".gates.tsv", ".hits.tsv")
BEDGRAPH = ".bedgraph"


def output_paths(prefix: Path, bedgraph: bool = False) -> list[Path]:
    """Return the paths that `write_explanation` writes."""
    suffixes = [*SUFFIXES, BEDGRAPH] if bedgraph else SUFFIXES
    return [Path(f"{prefix}{suffix}") for suffix in suffixes]


def explain_to_files(
    model: Model,
    query: Query,
    target: str,
    genome: Pathlike | None,
    prefix: Path,
    method: str = DEFAULT,
    strand: str = "+",
    bedgraph: bool = False,
) -> Explanation:
    """Explain a locus or a sequence and write the explanation.

    Parameters
    ----------
    model, query
        The mixture and the factor asked about.
    target, genome, strand
        As for `tfmoe.application.reading.stretches.read_stretch`.
    prefix, bedgraph
        As for `write_explanation`.
    method
        Attribution method of the networks.

    Raises
    ------
    InputError
        If there is no such method, the target cannot be read, or all its bases are unknown.
    """
    stretch = read_stretch(target, genome, model.window, flank_of(method), strand)
    if bedgraph and not stretch.on_genome:
        raise InputError(
            f"{target}: a sequence has no genome coordinates; --bedgraph needs a locus"
        )
    explanation = explain(model, query, stretch, method)
    own = () if query.evidence is None else query.evidence.matrices
    hits = find_hits(explanation, own, release_matrices(model))
    write_explanation(explanation, hits, question_label(query), prefix, bedgraph)
    return explanation


def release_matrices(model: Model) -> Sequence[Matrix]:
    """Return the matrices of the model's JASPAR release."""
    tables = model.matrix_files.read() if model.conditioned is None else model.conditioned.tables
    return tables.matrices


def question_label(query: Query) -> str:
    """Return the factor of a query for titles."""
    return query.factor or "mixture without a factor"


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
        As for `tfmoe.application.explain.figure.draw_explanation`.
    prefix
        Start of the paths: ``.svg`` and ``.png``, the figure; ``.tsv``, one row per base;
        ``.members.tsv``, ``.gates.tsv`` and ``.hits.tsv``; ``.bedgraph``, the contributions of the
        observed bases.
    bedgraph
        Whether to write the bedGraph.
    """
    svg, png, table, members, gates, found, *graph = output_paths(prefix, bedgraph)
    write_tsv(explanation.table(), table)
    write_tsv(explanation.members, members)
    write_tsv(explanation.gates, gates)
    write_tsv(hit_table(explanation, hits), found)
    for path in graph:
        _write_bedgraph(explanation, path)
    with figure_style():
        figure = draw_explanation(explanation, hits, question)
        fix_layout(figure)
        for path in (svg, png):
            save_figure(figure, path)


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
