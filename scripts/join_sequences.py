"""Join the training and the test part of the sequences of one experiment."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.data.datasets import read_sequences, write_sequences
    from tfmoe.data.negatives import join

    inputs, outputs = snakemake.input, snakemake.output
    sequences = join.join_sequences(
        read_sequences(inputs.training),
        read_sequences(inputs.test),
        join.read_positive_names(inputs.positives),
        snakemake.params.shuffles_last,
    )
    write_sequences(sequences, outputs.sequences)
    summaries = [join.read_summary(path) for path in (inputs.training_summary, inputs.test_summary)]
    write_tsv(join.join_summaries(summaries), outputs.summary)
