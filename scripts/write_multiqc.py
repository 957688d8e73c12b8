"""Write the run's results as a table that MultiQC reads."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_text
    from tfmoe.evaluation.sets import evaluation_sets
    from tfmoe.report.multiqc import Tables, multiqc_text

    inputs, params = snakemake.input, snakemake.params
    tables = Tables(inputs.metrics, inputs.windows, inputs.motifs)
    sets = evaluation_sets(params.experiments, params.experts)
    write_text(multiqc_text(params.run, tables, sets), snakemake.output.table)
