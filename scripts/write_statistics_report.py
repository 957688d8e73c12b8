"""Write the statistics report from the tables of the tests."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import read_tsv, write_text
    from tfmoe.evaluation.settings import StatisticsSettings
    from tfmoe.evaluation.statistics import read_statistics
    from tfmoe.report.narrative.statistics import statistics_report

    inputs = snakemake.input
    report = statistics_report(
        read_statistics(Path(inputs.two_way).parent),
        read_tsv(inputs.metrics),
        read_tsv(inputs.best_expert),
        StatisticsSettings(**snakemake.params.settings),
    )
    write_text(report, snakemake.output.report)
