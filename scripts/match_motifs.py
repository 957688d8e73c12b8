"""Match all motifs of a run against JASPAR, with a null control."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.jaspar.factors import read_factors
    from tfmoe.jaspar.matrices import read_matrices
    from tfmoe.motifs.filter_table import Subject
    from tfmoe.motifs.match_run import match_run, read_filters, read_searched
    from tfmoe.motifs.settings import MatchSettings

    files, params = snakemake.input, snakemake.params
    searched = zip(params.searched, files.discoveries, files.patterns, files.memes, strict=True)
    filters = zip(params.filters, files.filters, files.filter_memes, strict=True)
    found = match_run(
        [read_searched(Subject(*fields), *paths) for fields, *paths in searched],
        [read_filters(Subject(*fields), *paths) for fields, *paths in filters],
        read_matrices(files.motifs, files.matrices),
        read_factors(files.factors, files.families),
        MatchSettings(**params.settings),
        params.seed,
    )
    write_tsv(found.matches, snakemake.output.matches)
    write_tsv(found.summary, snakemake.output.summary)
    write_tsv(found.null, snakemake.output.null_control)
    write_tsv(found.filters, snakemake.output.filters)
