"""Index the 31-mers of the positives of all training experiments."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.data.kmers import write_index
    from tfmoe.data.ready.sequences import index_training

    params = snakemake.params
    paths = dict(zip(params.experiments, snakemake.input.sequences, strict=True))
    factors = dict(zip(params.experiments, params.factors, strict=True))
    write_index(index_training(paths, factors), snakemake.output.kmers)
