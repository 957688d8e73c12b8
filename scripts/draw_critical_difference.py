"""Draw the average ranks of the models, and which of them ranks tell apart."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.figures.critical_difference import draw_critical_difference_files

    draw_critical_difference_files(
        snakemake.input.ranks, snakemake.input.friedman, Path(snakemake.output.svg).parent
    )
