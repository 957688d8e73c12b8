"""Audit the sequences of all experiments, and gather the counts of windows and negatives."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from dataclasses import fields

    from tfmoe.core.experiments import read_experiments
    from tfmoe.core.files import write_tsv
    from tfmoe.data.audit.run import audit_run, gather
    from tfmoe.data.negatives.composition import read_background

    inputs, params, outputs = snakemake.input, snakemake.params, snakemake.output
    # runs on ready sequences have no genome
    background = (
        read_background(inputs.genome, params.windows, params.seed) if inputs.genome else None
    )
    experiments = read_experiments(inputs.experiments)
    tables = audit_run(
        experiments, inputs.sequences, inputs.training_peaks, background, params.seed
    )
    for field in fields(tables):
        write_tsv(getattr(tables, field.name), getattr(outputs, field.name))
    write_tsv(gather(inputs.negatives), outputs.negatives)
    write_tsv(gather(inputs.filters), outputs.windows)
