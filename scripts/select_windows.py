"""Select the positive windows of one experiment."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.data.reading.blacklist import place_blacklist
    from tfmoe.data.reading.genome import Genome, read_chromosomes
    from tfmoe.data.reading.peak_layout import choices
    from tfmoe.data.reading.peaks import place_all
    from tfmoe.data.windows.select import WindowSettings, select_windows, write_windows
    from tfmoe.data.windows.splits import SplitSettings, split_regions

    inputs, params = snakemake.input, snakemake.params
    name, settings = snakemake.wildcards.experiment, WindowSettings(**params.settings)
    chromosomes = read_chromosomes(inputs.chromosomes)
    with Genome(inputs.genome) as genome:
        windows = select_windows(
            name,
            place_all(inputs.peaks, chromosomes, **params.genome, reading=choices(params.reading)),
            genome,
            place_blacklist(next(iter(inputs.blacklist), None), chromosomes, **params.genome),
            settings,
            split_regions(
                chromosomes.used_lengths, SplitSettings(**params.splits), settings.span, params.seed
            ),
        )
    write_windows(windows, snakemake.output.windows)
    write_tsv(windows.filters(name), snakemake.output.filters)
