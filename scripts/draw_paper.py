"""Draw the figures and tables of the paper's benchmark."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.evaluation.sets import evaluation_sets
    from tfmoe.studies.paper.draw import PaperFiles, draw_paper

    inputs, params = snakemake.input, snakemake.params
    maps: dict[str, dict[str, str]] = {}
    for (experiment, method), path in zip(params.attributed, inputs.maps, strict=True):
        maps.setdefault(experiment, {})[method] = path
    files = PaperFiles(
        metrics=inputs.metrics,
        anova=inputs.anova,
        null=inputs.null,
        predictions=dict(zip(params.experiments, inputs.predictions, strict=True)),
        gates=dict(zip(params.experiments, inputs.gates, strict=True)),
        maps=maps,
        published=inputs.published,
    )
    sets = evaluation_sets(params.experiments, params.experts)
    folder = Path(snakemake.output.roc).parent
    draw_paper(files, sets, params.members, params.checksums, folder)
