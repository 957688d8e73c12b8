"""Compare a recipe with the run's own: AUROC on each set, and faithfulness of attribution."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import read_tsv, write_tsv
    from tfmoe.figures.save import save_drawing
    from tfmoe.figures.style import figure_style
    from tfmoe.studies.recipes.comparison import RecipeNames, faithfulness_effect, recipe_effect
    from tfmoe.studies.recipes.figure import draw_effect

    inputs, params = snakemake.input, snakemake.params
    effect = recipe_effect(
        read_tsv(inputs.own_metrics),
        read_tsv(inputs.metrics),
        (RecipeNames(**params.own), RecipeNames(**params.other)),
        params.experts,
        params.alpha,
    )
    with figure_style():
        save_drawing(draw_effect(effect), Path(snakemake.output.effect).parent, "effect")
    table = faithfulness_effect(inputs.own_faithfulness, inputs.faithfulness)
    write_tsv(table, snakemake.output.faithfulness)
