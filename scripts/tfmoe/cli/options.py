"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

ModelPath = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Folder `model` of a run, or its zip file.")
]
GenomePath = Annotated[
    Path | None, typer.Option("--genome", "-g", help="Genome, FASTA; indexed on first use.")
]
FactorName = Annotated[
    str | None,
    typer.Option(
        "--factor",
        "-f",
        help="Factor that is asked about. Without a factor or a matrix, the mixture "
        "scores whether any factor binds.",
    ),
]
MatrixPath = Annotated[
    Path | None,
    typer.Option("--matrix", "-m", help="Matrices of the factor, MEME format; replace JASPAR's."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")]
Threads = Annotated[
    int | None,
    typer.Option("--threads", "-t", min=1, help="Threads; by default all cores, at most 8."),
]
Device = Annotated[
    Literal["auto", "cpu", "cuda"],
    typer.Option("--device", help="`auto` is a GPU if there is one."),
]
