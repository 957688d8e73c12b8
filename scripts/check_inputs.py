"""Check that peaks, genome and splits are consistent."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.experiments import read_experiments
    from tfmoe.core.files import write_tsv
    from tfmoe.data.preflight import check_experts, check_inputs
    from tfmoe.data.reading.genome import read_chromosomes
    from tfmoe.data.reading.sources import InputFile, group_files
    from tfmoe.data.windows.splits import SplitSettings, split_regions

    inputs, params = snakemake.input, snakemake.params
    chromosomes = read_chromosomes(inputs.chromosomes)
    length, flank = params.windows["length"], params.windows["flank"]
    blacklists = map(InputFile, inputs.blacklist, params.blacklist_checksums)
    table = check_inputs(
        read_experiments(inputs.experiments),
        group_files(params.owners, inputs.peaks, params.checksums),
        chromosomes,
        next(blacklists, None),
        params.genome,
        split_regions(
            chromosomes.used_lengths,
            SplitSettings(**params.splits),
            length + 2 * flank,
            params.seed,
        ),
        length,
        params.windows["max_peaks"],
    )
    check_experts(table, params.experts, params.minimum_positives)
    write_tsv(table, snakemake.output.table)
