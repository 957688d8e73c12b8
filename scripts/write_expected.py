"""Write the AUROC to expect on a factor without peaks."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.evaluation.expectation import expect_auroc

    inputs = snakemake.input
    write_tsv(expect_auroc(inputs.left_out, inputs.metrics), snakemake.output.table)
