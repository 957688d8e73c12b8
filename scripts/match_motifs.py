"""Match all motifs of the run against JASPAR, with a null control."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.jaspar.factors import read_factors
    from tfmoe.jaspar.matrices import read_matrices
    from tfmoe.motifs.settings import MotifSettings
    from tfmoe.motifs.summary import Subject, match_run, read_searched

    files, params = snakemake.input, snakemake.params
    subjects = [Subject(*fields) for fields in params.subjects]
    found = match_run(
        [
            read_searched(*item)
            for item in zip(subjects, files.discoveries, files.patterns, files.memes, strict=True)
        ],
        read_matrices(files.motifs, files.table),
        read_factors(files.factors, files.families),
        MotifSettings(**params.settings),
        params.seed,
    )
    write_tsv(found.matches, snakemake.output.matches)
    write_tsv(found.summary, snakemake.output.summary)
    write_tsv(found.null, snakemake.output.null_control)
