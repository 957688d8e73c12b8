"""Merge the peaks of all training experiments."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.data.genome import read_chromosomes
    from tfmoe.data.intervals import write_bed
    from tfmoe.data.training_peaks import merge_training_peaks, place_by_factor

    inputs, params = snakemake.input, snakemake.params
    chromosomes = read_chromosomes(inputs.chromosomes)
    peaks = place_by_factor(inputs.peaks, params.factors, chromosomes, **params.genome)
    write_bed(
        merge_training_peaks(peaks, chromosomes.used_lengths, params.length), snakemake.output.bed
    )
