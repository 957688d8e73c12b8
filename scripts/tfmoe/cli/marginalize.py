"""The command `tfmoe marginalize`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfmoe.cli.options import Device, FactorName, Force, MatrixPath, ModelPath, Threads
from tfmoe.cli.shell import check_prefix, note, prepare, progress, table


def marginalize(
    model: ModelPath,
    motif: Annotated[
        str,
        typer.Option(
            "--motif",
            metavar="CONSENSUS|FILE",
            help="Consensus of IUPAC codes, or a MEME file. N keeps the background's base; other "
            "ambiguous codes are drawn at random per sequence.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Start of the files' names.")],
    factor: FactorName = None,
    matrix: MatrixPath = None,
    name: Annotated[
        str | None, typer.Option(help="Id or name of the matrix, for a file with several.")
    ] = None,
    sample: Annotated[
        bool,
        typer.Option(
            "--sample",
            help="Draw a site from the matrix per sequence; otherwise its most probable word.",
        ),
    ] = False,
    background: Annotated[
        Path | None,
        typer.Option(
            help="FASTA of background sequences, at least as long as the window; by default "
            "dinucleotide shuffles of the model's background windows."
        ),
    ] = None,
    number: Annotated[
        int, typer.Option("--sequences", min=2, help="Most shuffled background sequences.")
    ] = 100,
    every: Annotated[int, typer.Option(min=1, help="Distance of the positions, in bases.")] = 5,
    force: Force = False,
    threads: Threads = None,
    device: Device = "auto",
) -> None:
    """Measure the effect of a motif in background sequences, by position and orientation.

    It writes OUTPUT.tsv (mean and standard deviation over sequences of the logit with the motif
    minus the logit without it, in all and per kind of member), OUTPUT.svg and OUTPUT.png.

    **Examples**

    `tfmoe marginalize model --motif TGGCCACCAGGGGGCGCTA --factor CTCF -o ctcf`

    `tfmoe marginalize model --motif jaspar.meme --name MA0139.2 --sample --factor CTCF -o ctcf`
    """
    threads = prepare(threads)
    from tfmoe.application.explain.files import question_label
    from tfmoe.application.marginalize.figure import output_paths, write_marginalization
    from tfmoe.application.marginalize.run import (
        check_width,
        model_background,
        placements,
        read_background,
        read_motif,
    )
    from tfmoe.application.marginalize.run import marginalize as measure
    from tfmoe.application.model.model import load

    inputs = (model, Path(motif), matrix, background)
    check_prefix(output, output_paths(output), force, inputs)
    inserted = read_motif(motif, sample, name)
    loaded = load(model, device, threads)
    query = loaded.query(factor, matrix)
    check_width(inserted, loaded.window)
    if background is None:
        sequences = model_background(loaded, number)
    else:
        sequences = read_background(background, loaded.window)
    total = placements(loaded.window, inserted, every)
    with progress("marginalize", total, "placements") as advance:
        found = measure(loaded, query, inserted, sequences, every, advance)
    write_marginalization(found, question_label(query), output)
    note(f"{output}: wrote the effect of {inserted.name} in {found.sequences} sequences")
    columns = ["position", "strand", "effect", "sd"]
    rows = found.table[columns].to_numpy(dtype=object)
    texts = [[value if isinstance(value, str) else f"{value:.4g}" for value in row] for row in rows]
    table("change of the logit", columns, texts)
