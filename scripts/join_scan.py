"""Join the tracks and the hits of all chromosomes."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.application.scan.hits import join_hits
    from tfmoe.application.scan.track import join_tracks

    inputs, outputs = snakemake.input, snakemake.output
    # named after the chromosomes
    tracks = {Path(path).name.removesuffix(".bw"): path for path in inputs.tracks}
    join_tracks(tracks, snakemake.params.stride, outputs.track)
    join_hits(inputs.hits, outputs.hits)
