"""Draw the ROC curves, the AUROCs, the gate and the training curves."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.evaluation.sets import evaluation_sets
    from tfmoe.figures.evaluation_files import EvaluationFiles, draw_evaluation
    from tfmoe.figures.training import History

    inputs, params = snakemake.input, snakemake.params
    histories = zip(params.networks, inputs.histories, strict=True)
    files = EvaluationFiles(
        metrics=inputs.metrics,
        predictions=dict(zip(params.evaluated, inputs.predictions, strict=True)),
        gates=dict(zip(params.evaluated, inputs.gates, strict=True)),
        histories=[History(model, seed, path) for (model, seed), path in histories],
    )
    sets = evaluation_sets(params.experiments, params.experts)
    draw_evaluation(files, sets, params.pool, Path(snakemake.output.roc).parent)
