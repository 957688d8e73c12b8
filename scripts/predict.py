"""Score one experiment with every model and every seed."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.models.device import Compute
    from tfmoe.models.scoring import (
        MatrixFiles,
        RecipeModels,
        score_experiment,
        sort_checkpoints,
    )

    inputs = snakemake.input
    score_experiment(
        sequences=inputs.sequences,
        factor=snakemake.params.factor,
        splits=snakemake.params.splits,
        checkpoints=sort_checkpoints(
            snakemake.params.seeds,
            [RecipeModels(**names) for names in snakemake.params.recipes],
            inputs.networks,
            inputs.mixtures,
            inputs.pooled,
            inputs.background,
        ),
        training_peaks=Path(inputs.training_peaks),
        matrices=MatrixFiles(
            Path(inputs.motifs),
            Path(inputs.matrices),
            Path(inputs.factors),
            Path(inputs.families),
            snakemake.params.dependent_data_types,
        ),
        compute=Compute(**snakemake.params.compute),
        predictions=snakemake.output.predictions,
        gates=snakemake.output.gates,
        gapped_kmers=next((Path(path).parent for path in inputs.gapped_kmers), None),
        own_expert=snakemake.params.own_expert,
        matrix=snakemake.output.get("matrix"),
    )
