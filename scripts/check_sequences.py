"""Check that ready sequences can be read, that no split lacks positives, and the factors."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.experiments import read_experiments
    from tfmoe.core.files import write_tsv
    from tfmoe.data.decisions import write_decisions
    from tfmoe.data.factor_check import check_factors
    from tfmoe.data.preflight import CheckedInputs, check_experts, check_together
    from tfmoe.data.reading.sources import group_files
    from tfmoe.data.ready.sequences import check_sequences
    from tfmoe.data.windows.select import WindowSettings
    from tfmoe.data.windows.splits import SplitSettings
    from tfmoe.jaspar.factors import read_factors
    from tfmoe.jaspar.matrices import read_matrices

    inputs, params = snakemake.input, snakemake.params
    experiments = read_experiments(inputs.experiments)
    checked = check_together(
        lambda: check_factors(
            inputs.experiments,
            experiments,
            read_matrices(inputs.motifs, inputs.matrices),
            read_factors(inputs.factors, inputs.families),
        ),
        lambda: CheckedInputs(
            check_sequences(
                experiments,
                group_files(params.owners, inputs.files, params.checksums),
                group_files(params.negative_owners, inputs.negatives, params.negative_checksums),
                WindowSettings(**params.windows),
                SplitSettings(**params.splits),
                params.seed,
            ),
            [],
        ),
    )
    check_experts(checked.table, params.experts, params.minimum_positives)
    write_tsv(checked.table, snakemake.output.table)
    write_decisions(checked.decisions, snakemake.output.decisions)
