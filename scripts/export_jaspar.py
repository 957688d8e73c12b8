"""Export the matrices of a JASPAR release, or those of a user's MEME file."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.jaspar.matrices import write_matrices
    from tfmoe.jaspar.release import JasparSettings, read_release
    from tfmoe.jaspar.user_matrices import read_user_matrices

    settings, user_file = JasparSettings(**snakemake.params.settings), snakemake.input.own
    matrices = read_user_matrices(user_file[0]) if user_file else read_release(settings)
    write_matrices(matrices, snakemake.output.motifs, snakemake.output.table)
