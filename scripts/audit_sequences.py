"""Audit the sequences of all experiments, and gather what was kept and drawn of each."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.experiments import read_experiments
    from tfmoe.core.files import write_tsv
    from tfmoe.data.audits import audit_experiments, gather

    inputs, outputs = snakemake.input, snakemake.output
    audit = audit_experiments(
        read_experiments(inputs.experiments),
        inputs.sequences,
        inputs.training_peaks,
        snakemake.params.seed,
    )
    write_tsv(audit, outputs.audit)
    write_tsv(gather(inputs.negatives), outputs.negatives)
    write_tsv(gather(inputs.filters), outputs.windows)
