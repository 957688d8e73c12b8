"""Add negatives to one part, training or test, of the ready sequences of one experiment."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.data.datasets import read_sequences, write_sequences
    from tfmoe.data.negatives.parts import NegativeSettings, Part
    from tfmoe.data.ready.negatives import complete_sequences

    inputs, params = snakemake.input, snakemake.params
    completed = complete_sequences(
        snakemake.wildcards.experiment,
        params.role,
        Part(params.part),
        read_sequences(inputs.sequences),
        [read_sequences(path) for path in inputs.same_factor],
        [read_sequences(path) for path in inputs.others],
        NegativeSettings(**params.settings),
        params.seed,
    )
    write_sequences(completed.sequences, snakemake.output.sequences)
    write_tsv(completed.summary, snakemake.output.summary)
