"""Draw the negatives of one part, training or test, of one experiment."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.data.datasets import write_sequences
    from tfmoe.data.negatives.context import NegativeSources
    from tfmoe.data.negatives.draw import draw_negatives
    from tfmoe.data.negatives.kinds.user import place_supplied
    from tfmoe.data.negatives.parts import NegativeSettings, Part
    from tfmoe.data.reading.blacklist import place_blacklist
    from tfmoe.data.reading.genome import Genome, read_chromosomes
    from tfmoe.data.reading.peak_layout import choices
    from tfmoe.data.reading.peaks import place_all
    from tfmoe.data.windows.select import WindowSettings, read_windows
    from tfmoe.data.windows.splits import SplitSettings, split_regions

    inputs, params = snakemake.input, snakemake.params
    windows, splits = WindowSettings(**params.windows), SplitSettings(**params.splits)
    chromosomes = read_chromosomes(inputs.chromosomes)
    names = {"chromosomes": chromosomes, **params.genome}
    with Genome(inputs.genome) as genome:
        sources = NegativeSources(
            genome,
            split_regions(chromosomes.used_lengths, splits, windows.span, params.seed),
            place_all(inputs.peaks, **names, reading=choices(params.reading)).table,
            place_blacklist(next(iter(inputs.blacklist), None), **names),
            [read_windows(path) for path in inputs.others],
            place_supplied(inputs.supplied, params.supplied_checksums, **names),
        )
        drawn = draw_negatives(
            snakemake.wildcards.experiment, params.role, Part(params.part),
            read_windows(inputs.windows), sources, NegativeSettings(**params.settings), windows,
            params.seed,
        )  # fmt: skip
    write_sequences(drawn.sequences, snakemake.output.sequences)
    write_tsv(drawn.summary, snakemake.output.summary)
