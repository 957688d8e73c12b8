"""Summarise the development proxy: one row per recipe, kind of negatives and model."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.studies.development.tables import read_scores, summarise

    scores = read_scores(snakemake.input.scores)
    write_tsv(summarise(scores, snakemake.params.own), snakemake.output.summary)
