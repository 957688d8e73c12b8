"""The command `tfmoe explain`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from tfmoe.cli.options import (
    Device,
    FactorName,
    Force,
    GenomePath,
    MatrixPath,
    ModelPath,
    Threads,
)
from tfmoe.cli.shell import check_prefix, note, prepare, table


def explain(
    model: ModelPath,
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="Locus such as `chr1:1,001-1,100` (from 1, end included), or a sequence.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Start of the files' names.")],
    genome: GenomePath = None,
    factor: FactorName = None,
    matrix: MatrixPath = None,
    method: Annotated[
        str,
        typer.Option(
            help="Attribution method of the networks: `ism`, or one of the config's "
            "`attribution.methods`, such as `shiftsmooth_n5_corrected`. K-mers and matrix always "
            "use `ism`."
        ),
    ] = "ism",
    strand: Annotated[str, typer.Option(help="Strand to read: `+` or `-`.")] = "+",
    bedgraph: Annotated[
        bool, typer.Option("--bedgraph", help="Also write the contributions as bedGraph.")
    ] = False,
    force: Force = False,
    threads: Threads = None,
    device: Device = "auto",
) -> None:
    """Explain a score: which bases and which members of the mixture it comes from.

    One window is explained. A shorter locus is extended about its middle, a shorter sequence is
    padded with N; of a longer one, the window with the highest score is chosen.

    It writes OUTPUT.svg and .png (logo of the bases' contributions to the logit, motif hits,
    members), OUTPUT.tsv (one row per base: position, base, contribution in all and per kind of
    member), OUTPUT.members.tsv, OUTPUT.gates.tsv (gate weights) and OUTPUT.hits.tsv. The method
    `ism`, in-silico mutagenesis, is exact for all members, so that their maps add up to that of the
    logit.

    **Examples**

    `tfmoe explain model chr22:17,539,212-17,539,312 -g hg19.fa --factor CTCF -o ctcf`

    `tfmoe explain model TGGCCACCAGGGGGCGCTA --factor CTCF -o site`
    """
    threads = prepare(threads)
    from tfmoe.application.explain.files import explain_to_files, output_paths
    from tfmoe.application.model.model import load

    inputs = (model, genome, matrix)
    check_prefix(output, output_paths(output, bedgraph), force, inputs)
    loaded = load(model, device, threads)
    query = loaded.query(factor, matrix)
    found = explain_to_files(loaded, query, target, genome, output, method, strand, bedgraph)
    note(f"{output}: wrote the explanation of {found.stretch.describe()}")
    columns = ["member", "score", "weight", "contribution", "sd"]
    rows = found.members[columns].to_numpy(dtype=object)
    texts = [[_text(value) for value in row] for row in rows]
    table("contributions to the logit", columns, texts)


def _text(value: str | float) -> str:
    """Return a cell of the table; numbers that do not apply are empty."""
    if isinstance(value, str):
        return value
    return "" if math.isnan(value) else f"{value:.4g}"
