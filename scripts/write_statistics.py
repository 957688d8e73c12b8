"""Run the tests over data sets and seeds, and write their tables."""

from dataclasses import fields
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import read_tsv, write_tsv
    from tfmoe.evaluation.settings import StatisticsSettings
    from tfmoe.evaluation.statistics import run_tests

    tables = {name: read_tsv(path) for name, path in snakemake.input.items()}
    settings = StatisticsSettings(**snakemake.params.settings)
    statistics = run_tests(**tables, settings=settings, seed=snakemake.params.seed)
    for field in fields(statistics):
        write_tsv(getattr(statistics, field.name), snakemake.output[field.name])
