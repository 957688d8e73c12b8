"""Score one experiment many times with dropout on, for the analysis of variance as published."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.models.device import Compute
    from tfmoe.models.dropout import score_with_dropout
    from tfmoe.models.scoring import RecipeModels, sort_checkpoints

    inputs, params = snakemake.input, snakemake.params
    models = RecipeModels(**params.models)
    score_with_dropout(
        sequences=inputs.sequences,
        checkpoints=sort_checkpoints(
            [params.training_seed], [models], inputs.networks, inputs.mixtures, [], []
        )[0],
        trials=params.trials,
        seed=params.seed,
        compute=Compute(**params.compute),
        table=snakemake.output.trials,
    )
