"""Attribute one model on the positives of one experiment by all configured methods."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from pathlib import Path

    from tfmoe.attribution.attribute import AttributionSettings, attribute_experiment, load_models
    from tfmoe.attribution.maps import write_maps
    from tfmoe.core.files import write_tsv
    from tfmoe.core.vocabulary import Kind
    from tfmoe.data.datasets import read_sequences
    from tfmoe.models.device import prepare_torch, resolve_device
    from tfmoe.models.pool_files import read_pools

    params = snakemake.params
    prepare_torch(params.compute["threads"])
    found = attribute_experiment(
        load_models(snakemake.input.models, read_pools(snakemake.input.networks), params.members),
        read_sequences(snakemake.input.sequences, kinds=[Kind.PEAK], need_rows=True),
        AttributionSettings(**params.settings),
        params.labels,
        params.seed,
        resolve_device(params.compute["device"]),
    )
    for path in snakemake.output.maps:
        write_maps(found.maps[Path(path).stem], path)
    write_tsv(found.faithfulness, snakemake.output.faithfulness)
    write_tsv(found.quality, snakemake.output.quality)
