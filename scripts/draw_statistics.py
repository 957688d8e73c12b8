"""Draw the average ranks of the models and the error rates of the tests."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.figures.critical_difference import draw_critical_difference_files
    from tfmoe.figures.null_simulation import draw_null_file

    figures = Path(snakemake.output.rates).parent
    draw_critical_difference_files(snakemake.input.ranks, snakemake.input.friedman, figures)
    draw_null_file(snakemake.input.rates, figures)
