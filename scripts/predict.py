"""Score one experiment with every model and seed, and again with dropout on."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.models.device import Compute
    from tfmoe.models.dropout import score_with_dropout
    from tfmoe.models.experiment_scores import (
        MatrixFiles,
        RecipeModels,
        score_experiment,
        sort_checkpoints,
    )
    from tfmoe.models.pool_files import read_pools

    inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
    networks = (read_pools(inputs.networks), inputs.mixtures, inputs.pooled, inputs.background)
    recipes = [RecipeModels(**names) for names in params.recipes]
    checkpoints = sort_checkpoints(params.seeds, recipes, *networks)
    motifs, matrices = Path(inputs.motifs), Path(inputs.matrices)
    factors, families = Path(inputs.factors), Path(inputs.families)
    compute = Compute(**params.compute)
    score_experiment(
        sequences=inputs.sequences,
        factor=params.factor,
        splits=params.splits,
        checkpoints=checkpoints,
        training_peaks=Path(inputs.training_peaks),
        matrices=MatrixFiles(motifs, matrices, factors, families, params.dependent_data_types),
        compute=compute,
        predictions=outputs.predictions,
        gates=outputs.gates,
        gapped_kmers=next((Path(path).parent for path in inputs.gapped_kmers), None),
        own_expert=params.own_expert,
        ignore_overlaps_with=params.ignore_overlaps_with,
        matrix=outputs.get("matrix"),
    )
    if table := outputs.get("dropout"):
        score_with_dropout(
            inputs.sequences, checkpoints[0], params.trials, params.seed, compute, table
        )
