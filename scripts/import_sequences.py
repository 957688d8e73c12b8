"""Read the ready sequences of one experiment."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.data.datasets import write_sequences
    from tfmoe.data.ready.sequences import import_sequences
    from tfmoe.data.windows.select import WindowSettings
    from tfmoe.data.windows.splits import SplitSettings

    inputs, params = snakemake.input, snakemake.params
    name = snakemake.wildcards.experiment
    imported = import_sequences(
        name,
        inputs.files,
        next(iter(inputs.negatives), None),
        WindowSettings(**params.windows),
        SplitSettings(**params.splits),
        params.seed,
    )
    write_sequences(imported.sequences, snakemake.output.sequences)
    write_tsv(imported.filters(name), snakemake.output.filters)
