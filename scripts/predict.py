"""Score one experiment with every model and seed, and again with dropout on."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.jaspar.tables import MatrixFiles
    from tfmoe.models.conditioned.columns import ConditionedFiles
    from tfmoe.models.device import Compute
    from tfmoe.models.dropout import score_with_dropout
    from tfmoe.models.experiment_scores import score_experiment
    from tfmoe.models.pool_files import read_pools
    from tfmoe.models.seed_scores import RecipeModels, sort_checkpoints

    inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
    networks = (read_pools(inputs.networks), inputs.mixtures, inputs.pooled, inputs.background)
    recipes = [RecipeModels(**names) for names in params.recipes]
    checkpoints = sort_checkpoints(params.seeds, recipes, *networks)
    matrices = MatrixFiles.of_inputs(inputs, params.dependent_data_types)
    kmers = (inputs.gapped_kmers, inputs.pooled_kmers)
    conditioned = [
        ConditionedFiles.of_weights(path, matrices, *kmers) for path in inputs.conditioned
    ]
    compute = Compute(**params.compute)
    score_experiment(
        sequences=inputs.sequences,
        factor=params.factor,
        splits=params.splits,
        checkpoints=checkpoints,
        training_peaks=Path(inputs.training_peaks),
        matrices=matrices,
        compute=compute,
        predictions=outputs.predictions,
        gates=outputs.gates,
        gapped_kmers=next((Path(path).parent for path in inputs.gapped_kmers), None),
        own_expert=params.own_expert,
        ignore_overlaps_with=params.ignore_overlaps_with,
        matrix=outputs.get("matrix"),
        conditioned=next(iter(conditioned), None),
        family=params.family,
        members=outputs.get("members"),
    )
    if table := outputs.get("dropout"):
        trials = (params.trials, params.seed, compute, table)
        score_with_dropout(inputs.sequences, checkpoints[0], *trials)
