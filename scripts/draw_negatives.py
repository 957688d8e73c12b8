"""Draw the negatives of one experiment."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.data.datasets import write_sequences
    from tfmoe.data.negatives.draw import NegativeSettings, Surroundings, draw_negatives
    from tfmoe.data.negatives.user_negatives import place_supplied
    from tfmoe.data.reading.genome import Genome, read_chromosomes
    from tfmoe.data.reading.peaks import place_all, place_blacklist
    from tfmoe.data.windows.select import WindowSettings, read_windows
    from tfmoe.data.windows.splits import SplitSettings, split_regions

    inputs, params = snakemake.input, snakemake.params
    settings, windows = NegativeSettings(**params.settings), WindowSettings(**params.windows)
    splits, chromosomes = SplitSettings(**params.splits), read_chromosomes(inputs.chromosomes)
    names = {"chromosomes": chromosomes, **params.genome}
    with Genome(inputs.genome) as genome:
        surroundings = Surroundings(
            genome,
            split_regions(chromosomes.used_lengths, splits, windows.span, params.seed),
            place_all(inputs.peaks, **names).table,
            place_blacklist(next(iter(inputs.blacklist), None), **names),
            [read_windows(path) for path in inputs.others],
            place_supplied(inputs.supplied, params.supplied_checksums, **names),
        )
        drawn = draw_negatives(
            snakemake.wildcards.experiment, params.role, read_windows(inputs.windows),
            surroundings, settings, windows, params.seed,
        )  # fmt: skip
    write_sequences(drawn.sequences, snakemake.output.sequences)
    write_tsv(drawn.summary, snakemake.output.summary)
