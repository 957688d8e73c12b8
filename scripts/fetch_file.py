"""Copy one input file from the mirror, or download it, and verify it."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from pathlib import Path

    from tfmoe.data.reading.sources import fetch_file

    wildcards = snakemake.wildcards
    fetch_file(
        snakemake.params.url,
        wildcards.checksum,
        snakemake.output.file,
        partial=Path("resources/downloads/.partial") / wildcards.checksum,
        # not a param: a new mirror does not trigger a download of a file that is already verified
        mirror=snakemake.config["mirror"],
    )
