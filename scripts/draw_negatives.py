"""Draw the negatives of one experiment."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.data.datasets import write_sequences
    from tfmoe.data.genome import Genome, read_chromosomes
    from tfmoe.data.negatives import NegativeSettings, draw_negatives, forbidden_regions
    from tfmoe.data.peaks import place_blacklist, place_peaks
    from tfmoe.data.splits import assign_splits
    from tfmoe.data.windows import WindowSettings, read_windows

    inputs, params = snakemake.input, snakemake.params
    settings, windows = NegativeSettings(**params.settings), WindowSettings(**params.windows)
    chromosomes = read_chromosomes(inputs.chromosomes)
    blacklist = place_blacklist(next(iter(inputs.blacklist), None), chromosomes, **params.genome)
    peaks = [place_peaks(path, chromosomes, **params.genome).table for path in inputs.peaks]
    with Genome(inputs.genome) as genome:
        drawn = draw_negatives(
            snakemake.wildcards.experiment,
            params.role,
            read_windows(inputs.windows),
            forbidden_regions(peaks, blacklist, windows.length, settings.margin),
            genome,
            assign_splits(chromosomes.used, params.splits),
            settings,
            windows,
            params.seed,
        )
    write_sequences(drawn.sequences, snakemake.output.sequences)
    write_tsv(drawn.summary, snakemake.output.summary)
