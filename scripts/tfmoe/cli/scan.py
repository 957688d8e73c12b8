"""The command `tfmoe scan`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from tfmoe.cli.options import Device, FactorName, Force, MatrixPath, ModelPath, Threads
from tfmoe.cli.shell import check_input, check_outputs, note, prepare, progress


def scan(
    model: ModelPath,
    genome: Annotated[
        Path, typer.Option("--genome", "-g", help="Genome, FASTA; indexed on first use.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Logits along the genome, bigWig (`.bw`).")
    ] = None,
    hits: Annotated[
        Path | None,
        typer.Option(help="Hits, BED6 with logit and probability; `-` is standard output."),
    ] = None,
    regions: Annotated[
        Path | None,
        typer.Option("--regions", "-r", help="Regions to scan, BED; by default the whole genome."),
    ] = None,
    chromosome: Annotated[
        list[str] | None,
        typer.Option("--chromosome", "-c", help="Scan only this one; may be repeated."),
    ] = None,
    factor: FactorName = None,
    matrix: MatrixPath = None,
    stride: Annotated[
        int,
        typer.Option(
            min=1, help="Bases between scored windows; 10 misses 15 to 20 % of the hits at 1."
        ),
    ] = 1,
    precision: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Precision of the hits, on validation data."),
    ] = 0.9,
    threshold: Annotated[
        float | None, typer.Option(help="Least logit of the hits; replaces --precision.")
    ] = None,
    force: Force = False,
    threads: Threads = None,
    device: Device = "auto",
) -> None:
    """Score every base of a genome, or of regions: a bigWig of logits, and hits.

    The value of a base is the logit (log odds, mean over training seeds) of the window centred on
    it, on both strands. Bases beyond the ends of a chromosome count as unknown. A base has no value
    if more than half of its window is unknown. Hits are local maxima at or above the threshold, at
    least half a window apart; their intervals are the windows (0-based, half-open).

    The precision holds for validation data, where negatives are far fewer than in a genome: of the
    hits in a genome, a smaller share is right.

    **Examples**

        tfmoe scan results/demo/model --genome hg38.fa --factor CTCF -o ctcf.bw --hits ctcf.bed

        tfmoe scan model.zip -g hg38.fa --regions promoters.bed --matrix ctcf.meme -o ctcf.bw

        tfmoe scan model.zip -g hg38.fa --chromosome chr21 --stride 10 --hits any.bed
    """
    if output is None and hits is None:
        raise typer.BadParameter("give --output, --hits, or both", param_hint="--output")
    if threshold is not None and not math.isfinite(threshold):
        raise typer.BadParameter(f"found {threshold}, expected a number", param_hint="--threshold")
    check_outputs((output, hits), force, (model, genome, regions, matrix))
    check_input(genome)
    check_input(regions)
    threads = prepare(threads)
    import tfmoe
    from tfmoe.application.scan.run import ScanOptions
    from tfmoe.application.scan.run import scan as scan_genome

    loaded = tfmoe.load(model, device=device, threads=threads)
    query = loaded.query(factor=factor, matrix=matrix)
    options = ScanOptions(stride, precision, threshold, regions, tuple(chromosome or ()))
    summary = scan_genome(
        loaded, query, genome, output, hits, options, lambda bases: progress("scan", bases, "bases")
    )
    for line in summary.notes():
        note(line)
