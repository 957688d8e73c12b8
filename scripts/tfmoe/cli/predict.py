"""The command `tfmoe predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfmoe.cli.options import Device, FactorName, Force, GenomePath, MatrixPath, ModelPath, Threads
from tfmoe.cli.shell import check_input, check_outputs, note, prepare, progress


def predict(
    model: ModelPath,
    sequences: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="Sequences (FASTA) or intervals (BED), plain or packed; - is standard input.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="`.tsv`, `.tsv.gz` or `.parquet`; - is standard output (TSV)."
        ),
    ],
    genome: GenomePath = None,
    factor: FactorName = None,
    matrix: MatrixPath = None,
    stride: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Bases between the tiles of longer sequences; by default a quarter of the window.",
        ),
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Precision of the threshold, on validation data; by default 0.9 if it is reached.",
        ),
    ] = None,
    every_column: Annotated[
        bool,
        typer.Option(
            "--all", help="Also the scores of all members by seed, gate weights, descriptions."
        ),
    ] = False,
    force: Force = False,
    threads: Threads = None,
    device: Device = "auto",
) -> None:
    """Score sequences or intervals: the probability that a factor binds them.

    One row per sequence, in the order and with the names of the input: probability, logit (log
    odds; mean and SD over training seeds), and whether the logit reaches the threshold. With a
    factor or a matrix also the scores of the kinds of members, in standard deviations of background
    windows. Sequences longer than the model's window are tiled, and the best tile is reported
    (0-based, half-open); shorter ones are padded with unknown bases, or, for intervals, extended in
    the genome; below a third of the window there is no score. Both strands are read.

    **Examples**

        tfmoe predict results/demo/model peaks.fa --factor CTCF -o scores.tsv

        tfmoe predict model.zip peaks.bed --genome hg38.fa --matrix ctcf.meme -o scores.parquet

        bedtools getfasta -fi hg38.fa -bed peaks.bed | tfmoe predict model.zip - -o - | head
    """
    check_input(sequences)
    check_input(genome)
    check_outputs((output,), force, (model, sequences, genome, matrix))
    threads = prepare(threads)
    import tfmoe
    from tfmoe.application.predict.run import PredictOptions, predict_file
    from tfmoe.application.predict.table_output import check_suffix

    check_suffix(output)
    loaded = tfmoe.load(model, device=device, threads=threads)
    query = loaded.query(factor=factor, matrix=matrix)
    options = PredictOptions(stride, precision, every_column)
    with progress("predict", None, "sequences") as advance:
        summary = predict_file(loaded, query, sequences, output, genome, options, advance)
    for line in summary.notes():
        note(line)
