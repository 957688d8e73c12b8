"""Measure ShiftSmooth and alternative methods on one experiment, for experts of one backbone."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.attribution.attribute import load_models
    from tfmoe.attribution.localisation import LocalisationSettings
    from tfmoe.attribution.sites import SiteFiles, read_site_source
    from tfmoe.core.files import write_tsv
    from tfmoe.core.vocabulary import Kind
    from tfmoe.data.datasets import read_sequences
    from tfmoe.models.device import prepare_torch, resolve_device
    from tfmoe.studies.attribution.measure import StudySettings, study_experiment

    files, params = snakemake.input, snakemake.params
    prepare_torch(params.compute["threads"])
    paths = files.planted, files.motifs, files.matrices, files.factors, files.families
    found = study_experiment(
        list(load_models(files.models, [], [])),
        read_sequences(files.sequences, kinds=[Kind.PEAK]),
        read_site_source(SiteFiles(*paths), LocalisationSettings(**params.localisation)),
        StudySettings(**params.settings),
        params.labels,
        params.seed,
        resolve_device(params.compute["device"]),
    )
    write_tsv(found.table, snakemake.output.values)
    write_tsv(found.effects, snakemake.output.effects)
