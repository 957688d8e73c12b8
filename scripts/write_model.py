"""Write the folder and the zip file of the trained mixture."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.application.card.write import CardFiles, CardRun
    from tfmoe.application.model.assemble import ModelParts, write_model
    from tfmoe.jaspar.tables import MatrixFiles
    from tfmoe.models.conditioned.columns import ConditionedFiles
    from tfmoe.models.device import Compute
    from tfmoe.models.pool_files import read_pools
    from tfmoe.models.seed_scores import RecipeModels, sort_checkpoints

    inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
    matrices = MatrixFiles.of_inputs(inputs, params.dependent_data_types)
    kmers = (inputs.gapped_kmers, inputs.pooled_kmers)
    conditioned = [
        ConditionedFiles.of_weights(path, matrices, *kmers) for path in inputs.conditioned
    ]
    parts = ModelParts(
        sort_checkpoints(
            seeds=params.seeds,
            recipes=[RecipeModels(**params.models)],
            networks=read_pools(inputs.networks),
            mixtures=inputs.mixtures,
            pooled=inputs.pooled,
            background=[],
        ),
        matrices,
        next(iter(conditioned), None),
    )
    folder = Path(outputs.folder)
    write_model(
        parts=parts,
        described=params.described,
        files=CardFiles.of_inputs(inputs),
        run=CardRun(
            params.config, params.experiments, params.sources, params.checksums, params.made_with
        ),
        compute=Compute(**params.compute),
        folder=folder,
        archive=outputs.archive,
    )
