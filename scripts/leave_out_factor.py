"""Leave one factor out of the peaks, or the 31-mers, of the training experiments."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.data.windows.left_out import leave_out_factor

    leave_out_factor(
        snakemake.input.training_peaks, snakemake.wildcards.left_out, snakemake.output.peaks
    )
