"""Write the folder and the zip file of the trained mixture."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.application.assemble import ModelParts, write_members
    from tfmoe.application.card import CardFiles, CardRun, write_card
    from tfmoe.application.folder import update_manifest, write_archive
    from tfmoe.jaspar.tables import MatrixFiles
    from tfmoe.models.conditioned.columns import ConditionedFiles
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
    write_members(parts, params.described, folder)
    run = CardRun(params.config, params.experiments, params.sources)
    write_card(CardFiles.of_inputs(inputs, folder), run, folder)
    update_manifest(folder)
    write_archive(folder, outputs.archive)
