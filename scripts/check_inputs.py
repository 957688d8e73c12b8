"""Check that peaks, genome and splits fit one another."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.experiments import read_experiments
    from tfmoe.core.files import write_tsv
    from tfmoe.data.genome import read_chromosomes
    from tfmoe.data.inputs import InputFile, check_inputs

    inputs, params = snakemake.input, snakemake.params
    experiments = read_experiments(inputs.experiments)
    files = map(InputFile, inputs.peaks, params.sha256)
    table = check_inputs(
        experiments,
        dict(zip(experiments, files, strict=True)),
        read_chromosomes(inputs.chromosomes),
        InputFile(inputs.blacklist[0], params.blacklist_sha256) if inputs.blacklist else None,
        params.genome,
        params.splits,
        params.length,
    )
    write_tsv(table, snakemake.output.table)
