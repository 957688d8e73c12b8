"""Draw the AUROC on unseen factors against the number of their peaks that models learned from."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.figures.few_peaks import draw_few_peaks_file

    draw_few_peaks_file(snakemake.input.metrics, Path(snakemake.output.svg).parent)
