"""Compare attribution maps with the motifs that were planted in a simulated genome."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.attribution.gather import localise_run
    from tfmoe.attribution.localisation import LocalisationSettings
    from tfmoe.core.files import write_tsv
    from tfmoe.jaspar.matrices import read_matrices

    files, params = snakemake.input, snakemake.params
    table = localise_run(
        files.maps,
        dict(zip(params.factors, files.sequences, strict=True)),
        params.factors,
        files.truth,
        read_matrices(files.motifs, files.matrices),
        LocalisationSettings(**params.settings),
        params.bootstrap,
        params.seed,
    )
    write_tsv(table, snakemake.output.localisation)
