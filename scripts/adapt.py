"""Adapt the mixture and its rivals to a new factor, from a few of its peaks, and score its set."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.jaspar.tables import MatrixFiles
    from tfmoe.models.conditioned.adapted_scores import (
        AdaptedFiles,
        FewPeaksSettings,
        score_adapted,
    )
    from tfmoe.models.conditioned.columns import ConditionedFiles, Question
    from tfmoe.models.device import Compute
    from tfmoe.models.few_peaks import FineTuneSettings
    from tfmoe.models.pool_files import read_pools
    from tfmoe.models.seed_scores import RecipeModels, sort_checkpoints

    inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
    recipes = [RecipeModels(**names) for names in params.recipes]
    matrices = MatrixFiles.of_inputs(inputs, params.dependent_data_types)
    score_adapted(
        snakemake.wildcards.experiment,
        AdaptedFiles(
            inputs.sequences, inputs.sets, inputs.predictions, outputs.predictions, outputs.held_out
        ),
        Question(params.factor, params.family),
        sort_checkpoints(
            params.seeds, recipes, read_pools(inputs.networks), inputs.mixtures, inputs.pooled, []
        ),
        ConditionedFiles.of_weights(
            inputs.conditioned, matrices, inputs.gapped_kmers, inputs.pooled_kmers
        ),
        FewPeaksSettings(**params.settings, fine_tune=FineTuneSettings(**params.fine_tune)),
        Compute(**params.compute),
        params.seed,
    )
