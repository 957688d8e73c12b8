"""Draw how often each test calls models different that are equally good."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.figures.null_simulation import draw_null_file

    draw_null_file(snakemake.input.rates, Path(snakemake.output.svg).parent)
