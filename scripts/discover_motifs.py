"""Discover motifs in the attribution maps of one model on one experiment, and confirm them."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.attribution.maps import read_maps
    from tfmoe.core.files import read_parquet
    from tfmoe.core.vocabulary import Kind, Split
    from tfmoe.data.datasets import read_sequences
    from tfmoe.motifs.find import MotifFiles, find_motifs
    from tfmoe.motifs.seqlets import WINDOW_COLUMNS
    from tfmoe.motifs.settings import MotifSettings

    params = snakemake.params
    settings = MotifSettings(**params.settings)
    test = read_sequences(
        snakemake.input.sequences,
        splits=[Split.TEST],
        kinds=[Kind.PEAK, settings.confirmation_negatives],
        need_rows=True,
    )
    find_motifs(
        read_maps(snakemake.input.maps),
        read_parquet(snakemake.input.sequences, WINDOW_COLUMNS),
        test.windows[test.labels == 1],
        test.windows[test.labels == 0],
        settings,
        params.seed,
        params.labels,
        MotifFiles(**dict(snakemake.output.items())),
    )
