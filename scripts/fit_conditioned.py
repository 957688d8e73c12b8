"""Fit the mixture that knows which factor it is asked about."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.jaspar.tables import MatrixFiles
    from tfmoe.models.conditioned.columns import ConditionedFiles
    from tfmoe.models.conditioned.fit import find_factor_models, fit_conditioned
    from tfmoe.models.device import Compute
    from tfmoe.models.pool_files import read_pools
    from tfmoe.models.seed_scores import RecipeModels, sort_checkpoints

    inputs, params = snakemake.input, snakemake.params
    recipes = [RecipeModels(**names) for names in params.recipes]
    networks = (read_pools(inputs.networks), inputs.mixtures, inputs.pooled, inputs.background)
    checkpoints = sort_checkpoints(params.seeds, recipes, *networks)
    matrices = MatrixFiles.of_inputs(inputs, params.dependent_data_types)
    fit_conditioned(
        factors=find_factor_models(
            params.factors, checkpoints[0], inputs.sequences, inputs.left_out
        ),
        checkpoints=checkpoints,
        files=ConditionedFiles.of_weights(
            snakemake.output.config, matrices, inputs.gapped_kmers, inputs.pooled_kmers
        ),
        training_peaks=Path(inputs.training_peaks),
        compute=Compute(**params.compute),
        run_seed=params.seed,
    )
