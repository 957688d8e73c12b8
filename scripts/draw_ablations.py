"""Draw the effect of each ablation relative to the run's own recipe."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.figures.save import save_drawing
    from tfmoe.figures.style import figure_style
    from tfmoe.studies.development.figure import draw_ablations
    from tfmoe.studies.development.tables import change_table, read_scores

    changes = change_table(read_scores(snakemake.input.scores), snakemake.params.own)
    with figure_style():
        save_drawing(draw_ablations(changes), Path(snakemake.output.figure).parent, "ablations")
