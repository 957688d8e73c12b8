"""Export the matrices of a JASPAR release."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.jaspar.matrices import write_matrices
    from tfmoe.jaspar.release import JasparSettings, read_release

    matrices = read_release(JasparSettings(**snakemake.params.settings))
    write_matrices(matrices, snakemake.output.motifs, snakemake.output.table)
