"""Check that files of ready sequences can be read, and that no split lacks positives."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.experiments import read_experiments
    from tfmoe.core.files import write_tsv
    from tfmoe.data.preflight import check_experts
    from tfmoe.data.reading.sources import group_files
    from tfmoe.data.ready.sequences import check_sequences
    from tfmoe.data.windows.select import WindowSettings
    from tfmoe.data.windows.splits import SplitSettings

    inputs, params = snakemake.input, snakemake.params
    table = check_sequences(
        read_experiments(inputs.experiments),
        group_files(params.owners, inputs.files, params.checksums),
        group_files(params.negative_owners, inputs.negatives, params.negative_checksums),
        WindowSettings(**params.windows),
        SplitSettings(**params.splits),
        params.seed,
    )
    check_experts(table, params.experts, params.minimum_positives)
    write_tsv(table, snakemake.output.table)
