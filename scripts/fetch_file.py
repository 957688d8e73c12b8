"""Fetch one input file from its mirror or its URL, and check it."""

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
        # not a param: what is there, with the right checksum, is not fetched again for a new mirror
        mirror=snakemake.config["mirror"],
    )
