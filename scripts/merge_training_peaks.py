"""Merge the peaks of each training experiment."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.data.intervals import write_bed
    from tfmoe.data.reading.genome import read_chromosomes
    from tfmoe.data.reading.peak_layout import choices
    from tfmoe.data.windows.training_peaks import merge_training_peaks, place_by_experiment

    inputs, params = snakemake.input, snakemake.params
    chromosomes = read_chromosomes(inputs.chromosomes)
    reading = choices(params.reading)
    peaks = place_by_experiment(
        inputs.peaks, params.experiments, chromosomes, **params.genome, reading=reading
    )
    factors = dict(zip(params.experiments, params.factors, strict=True))
    lengths = chromosomes.used_lengths
    write_bed(merge_training_peaks(peaks, factors, lengths, params.length), snakemake.output.bed)
