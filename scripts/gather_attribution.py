"""Concatenate the attribution tables of all models and experiments."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.attribution.gather import gather_tables
    from tfmoe.core.files import write_tsv

    write_tsv(gather_tables(snakemake.input.faithfulness), snakemake.output.faithfulness)
    write_tsv(gather_tables(snakemake.input.quality), snakemake.output.quality)
