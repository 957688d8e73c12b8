"""Check that the files of ready sequences can be read, and that each split gets some."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.experiments import read_experiments
    from tfmoe.core.files import write_tsv
    from tfmoe.data.inputs import check_experts
    from tfmoe.data.ready_inputs import check_sequences
    from tfmoe.data.sources import group_files
    from tfmoe.data.splits import SplitSettings
    from tfmoe.data.windows import WindowSettings

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
