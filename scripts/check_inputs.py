"""Check that peaks, genome, splits and factors are consistent, and write all decisions."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.experiments import read_experiments
    from tfmoe.core.files import write_tsv
    from tfmoe.data.decisions import write_decisions
    from tfmoe.data.factor_check import check_factors
    from tfmoe.data.preflight import check_experts, check_inputs, check_together
    from tfmoe.data.reading.genome import read_chromosomes
    from tfmoe.data.reading.sources import InputFile, group_files
    from tfmoe.data.windows.splits import SplitSettings, split_regions
    from tfmoe.jaspar.factors import read_factors
    from tfmoe.jaspar.matrices import read_matrices

    inputs, params = snakemake.input, snakemake.params
    chromosomes = read_chromosomes(inputs.chromosomes)
    length, flank = params.windows["length"], params.windows["flank"]
    lengths, settings = chromosomes.used_lengths, SplitSettings(**params.splits)
    blacklists = map(InputFile, inputs.blacklist, params.blacklist_checksums)
    experiments = read_experiments(inputs.experiments)
    checked = check_together(
        lambda: check_factors(
            inputs.experiments,
            experiments,
            read_matrices(inputs.motifs, inputs.matrices),
            read_factors(inputs.factors, inputs.families),
        ),
        lambda: check_inputs(
            experiments,
            group_files(params.owners, inputs.peaks, params.checksums),
            chromosomes,
            next(blacklists, None),
            params.genome,
            split_regions(lengths, settings, length + 2 * flank, params.seed),
            length,
            params.windows["max_peaks"],
        ),
    )
    check_experts(checked.table, params.experts, params.minimum_positives)
    write_tsv(checked.table, snakemake.output.table)
    write_decisions(checked.decisions, snakemake.output.decisions)
