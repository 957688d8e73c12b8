"""Convert the filters of a network's first convolution to motifs, and confirm them."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from pathlib import Path

    from tfmoe.core.seeds import generator
    from tfmoe.core.vocabulary import Kind, Split
    from tfmoe.data.datasets import read_sequences
    from tfmoe.models.device import Compute, prepare_torch, resolve_device
    from tfmoe.motifs.filter_motifs import read_network_filters, write_filters
    from tfmoe.motifs.settings import MotifSettings

    inputs, params = snakemake.input, snakemake.params
    settings, compute = MotifSettings(**params.settings), Compute(**params.compute)
    prepare_torch(compute.threads)
    found = read_network_filters(
        Path(inputs.weights).parent,
        read_sequences(inputs.sequences, kinds=[Kind.PEAK], need_rows=True),
        read_sequences(inputs.sequences, [Split.TEST], [settings.confirmation_negatives]),
        settings,
        generator(params.seed, "filters", *params.labels),
        compute.batch_size,
        resolve_device(compute.device),
    )
    label = ".".join(params.labels)
    write_filters(*found, label, snakemake.output.meme, snakemake.output.table)
