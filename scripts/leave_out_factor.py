"""Remove one factor from the training experiments' peaks, or from their 31-mers."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.data.windows.training_peaks_without import leave_out_factor

    leave_out_factor(
        snakemake.input.training_peaks, snakemake.wildcards.left_out, snakemake.output.peaks
    )
