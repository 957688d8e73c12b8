"""Measure how well attribution maps localise motifs: planted motifs, or hits of JASPAR matrices."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.attribution.gather import localise_run
    from tfmoe.attribution.localisation import LocalisationSettings
    from tfmoe.attribution.sites import SiteFiles, read_site_source
    from tfmoe.core.files import write_tsv

    files, params = snakemake.input, snakemake.params
    paths = files.planted, files.motifs, files.matrices, files.factors, files.families
    table = localise_run(
        files.maps,
        dict(zip(params.experiments, files.sequences, strict=True)),
        params.experiments,
        read_site_source(SiteFiles(*paths), LocalisationSettings(**params.settings)),
        params.bootstrap,
        params.seed,
    )
    write_tsv(table, snakemake.output.localisation)
