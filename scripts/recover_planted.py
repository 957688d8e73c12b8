"""Compare the motifs found in a simulated run with the planted ones."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.motifs.recovery import recover_run

    files, params = snakemake.input, snakemake.params
    motifs = zip(files.patterns, files.memes, strict=True)
    table = recover_run(
        dict(zip(map(tuple, params.searched), motifs, strict=True)),
        dict(zip(params.factors, files.sequences, strict=True)),
        params.factors,
        files.truth,
        files.matches,
        params.fdr,
        params.hit_p_value,
    )
    write_tsv(table, snakemake.output.recovery)
