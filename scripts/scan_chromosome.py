"""Scan a chromosome with the trained mixture."""

from contextlib import nullcontext
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.application.model.model import load
    from tfmoe.application.scan.run import ScanOptions, scan
    from tfmoe.models.device import Compute

    inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
    compute = Compute(**params.compute)
    model = load(inputs.model, compute.device, compute.threads, compute.batch_size)
    scan(
        model,
        model.query(params.factor),
        inputs.fasta,
        outputs.track,
        outputs.hits,
        ScanOptions(params.stride, params.precision, chromosomes=[str(snakemake.wildcards.chrom)]),
        lambda _: nullcontext(lambda _: None),
    )
