"""Draw genomic windows for the baseline that never sees a peak, in a run on ready sequences."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.data.datasets import write_sequences
    from tfmoe.data.kmers import read_index
    from tfmoe.data.negatives.parts import NegativeSettings
    from tfmoe.data.reading.sources import InputFile
    from tfmoe.data.ready import background
    from tfmoe.data.windows.select import WindowSettings
    from tfmoe.data.windows.splits import SplitSettings

    inputs, params = snakemake.input, snakemake.params
    checksums = (*params.genome_checksums, *params.peaks_checksums)
    genome, *peaks = map(InputFile, (inputs.genome, *inputs.peaks), checksums)
    settings = background.BackgroundSettings(
        params.number, NegativeSettings(**params.negatives), WindowSettings(**params.windows),
        SplitSettings(**params.splits),
    )  # fmt: skip
    files = background.BackgroundFiles(genome, params.chromosomes, peaks)
    positives, known = background.read_positives(inputs.positives), read_index(inputs.kmers)
    drawn = background.draw_from_files(files, positives, known, settings, params.seed)
    write_sequences(drawn, snakemake.output.sequences)
