"""Write the report and the summary of a run."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_text
    from tfmoe.core.run_record import NAME
    from tfmoe.evaluation.sets import evaluation_sets
    from tfmoe.report.page import write_report
    from tfmoe.report.run_tables import ReportFiles, Run

    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    files = ReportFiles(
        tables=dict(zip(params.tables, inputs.tables, strict=True)),
        patterns=dict(zip(map(tuple, params.searched), inputs.patterns, strict=True)),
        statistics=inputs.statistics,
        checkpoints=inputs.checkpoints,
        figures=Path(inputs.figures[0]).parent,
        logos=Path(inputs.logos),
        # each job of a run makes sure that it exists
        record=Path(output.page).with_name(NAME),
    )
    sets = evaluation_sets(params.experiments, params.experts)
    run = Run(params.config["run"], params.config, sets, params.experts)
    ledger = Path(output.page).parent / ".state/looks.tsv"
    page, summary = write_report(files, run, ledger, output.page)
    write_text(page, output.page)
    write_text(summary, output.summary)
