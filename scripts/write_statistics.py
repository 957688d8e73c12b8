"""Test over data sets which models differ, and say in words what the tests carry."""

from dataclasses import fields
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import read_tsv, write_text, write_tsv
    from tfmoe.evaluation.settings import EvaluationSettings
    from tfmoe.evaluation.statistics import run_tests
    from tfmoe.report.narrative.statistics import write_report

    tables = {name: read_tsv(path) for name, path in snakemake.input.items()}
    best_expert = tables.pop("best_expert")
    settings = EvaluationSettings(**snakemake.params.settings)
    statistics = run_tests(**tables, settings=settings, seed=snakemake.params.seed)
    for field in fields(statistics):
        write_tsv(getattr(statistics, field.name), snakemake.output[field.name])
    report = write_report(statistics, tables["metrics"], best_expert, settings)
    write_text(report, snakemake.output.report)
