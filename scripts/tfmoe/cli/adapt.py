"""The command `tfmoe adapt`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfmoe.application.model.folder import check_new_folder
from tfmoe.cli.options import Device, Force, MatrixPath, ModelPath, Threads
from tfmoe.cli.shell import prepare, table
from tfmoe.data.adaptation.settings import MAX_PEAKS, MIN_PEAKS


def adapt(
    model: ModelPath,
    peaks: Annotated[
        Path,
        typer.Argument(
            metavar="PEAKS",
            help="Peaks of the factor: narrowPeak, BED, MACS and others; or packed.",
        ),
    ],
    genome: Annotated[
        Path, typer.Option("--genome", "-g", help="Genome, FASTA; indexed on first use.")
    ],
    factor: Annotated[str, typer.Option("--factor", "-f", help="Name of the factor.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of the adapted model, to be created.")
    ],
    matrix: MatrixPath = None,
    blacklist: Annotated[
        Path | None, typer.Option(help="Regions to leave out; needs the program bedtools.")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            help="Chromosome, or BED file of regions, to leave out; may be given several times. "
            "Exclude the regions on which you will evaluate. Files need the program bedtools."
        ),
    ] = None,
    max_peaks: Annotated[
        int, typer.Option(min=MIN_PEAKS, help="Number of peaks to use, the strongest.")
    ] = MAX_PEAKS,
    strength: Annotated[
        str | None,
        typer.Option(
            help="Column of the peaks' strength, by its name or its number from 1; by default the "
            "one of the format."
        ),
    ] = None,
    force: Force = False,
    threads: Threads = None,
    device: Device = "auto",
) -> None:
    """Adapt a model to a factor by its peaks: a model of its own, in seconds.

    The adapted model answers questions about the factor, and questions without a factor, from these
    peaks and all that the model knows; others it answers as before. Negatives are drawn from the
    genome outside of all given peaks, from chromosomes with peaks, with the same GC content. The
    expected AUROC, on such peaks against such negatives, comes from cross-validation over the given
    peaks; windows that overlap are left out together. No part of the genome is left out unless you
    exclude it: on windows that were used here, an evaluation would be too good.

    **Examples**

        tfmoe adapt results/chr22/model yy1.narrowPeak --genome hg38.fa --factor YY1 -o yy1/

        tfmoe adapt model.zip peaks.bed -g hg38.fa -f ZNF143 --matrix m.meme --exclude chr8 -o znf/

        tfmoe predict yy1/ new.fa -o scores.tsv
    """
    check_new_folder(output, force)
    threads = prepare(threads)
    import tfmoe
    from tfmoe.application.adapt.run import adapt_model
    from tfmoe.data.adaptation.peak_file import PeakSource
    from tfmoe.data.reading.peak_layout import NONE

    loaded = tfmoe.load(model, device=device, threads=threads)
    source = PeakSource(factor, peaks, genome, blacklist, exclude or (), strength or NONE)
    found = adapt_model(loaded, source, matrix, max_peaks, output, force).adapted
    assert found is not None
    interval = "-" if found.low is None else f"{found.low:.3f} to {found.high:.3f}"
    table(
        f"{output}: adapted to {factor}",
        ["peaks", "negatives", "expected AUROC", f"{found.level:.0%} interval"],
        [[str(found.peaks), str(found.negatives), f"{found.auroc:.3f}", interval]],
    )
