"""Draw sets of few peaks of one OOD experiment, with negatives, to adapt the mixture to."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.data.adaptation.negatives import AdaptationSources
    from tfmoe.data.adaptation.sets import draw_sets
    from tfmoe.data.adaptation.settings import AdaptationSettings
    from tfmoe.data.datasets import write_sequences
    from tfmoe.data.intervals import read_training_peaks
    from tfmoe.data.negatives.parts import NegativeSettings
    from tfmoe.data.reading.blacklist import place_blacklist
    from tfmoe.data.reading.genome import Genome, read_chromosomes
    from tfmoe.data.windows.select import WindowSettings, read_windows
    from tfmoe.data.windows.splits import SplitSettings, split_regions

    inputs, params = snakemake.input, snakemake.params
    windows, splits = WindowSettings(**params.windows), SplitSettings(**params.splits)
    chromosomes = read_chromosomes(inputs.chromosomes)
    blacklist = next(iter(inputs.blacklist), None)
    with Genome(inputs.genome) as genome:
        sources = AdaptationSources(
            genome,
            split_regions(chromosomes.used_lengths, splits, windows.span, params.seed),
            read_training_peaks(inputs.training_peaks),
            place_blacklist(blacklist, chromosomes=chromosomes, **params.genome),
        )
        drawn = draw_sets(
            snakemake.wildcards.experiment, read_windows(inputs.windows), sources,
            AdaptationSettings(**params.settings), NegativeSettings(**params.negatives), windows,
            params.seed,
        )  # fmt: skip
    write_sequences(drawn.sequences, snakemake.output.sequences)
    write_tsv(drawn.summary, snakemake.output.summary)
