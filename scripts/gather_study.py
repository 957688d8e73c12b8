"""Collect the attribution study: tables, conclusion and figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.attribution.gather import gather_tables
    from tfmoe.core.files import write_text, write_tsv
    from tfmoe.figures.save import save_drawing
    from tfmoe.figures.style import figure_style
    from tfmoe.studies.attribution.conclusion import write_conclusion
    from tfmoe.studies.attribution.figure import draw_study
    from tfmoe.studies.attribution.summary import summarise_effects

    inputs, outputs = snakemake.input, snakemake.output
    values, effects = gather_tables(inputs.values), gather_tables(inputs.effects)
    summary = summarise_effects(effects)
    write_tsv(values, outputs.values)
    write_tsv(effects, outputs.effects)
    write_tsv(summary, outputs.summary)
    write_text(write_conclusion(values, summary), outputs.conclusion)
    with figure_style():
        save_drawing(draw_study(values), Path(outputs.figure).parent, "attribution_study")
