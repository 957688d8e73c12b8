"""Score a recipe on validation data, with all training factors and with each of them left out."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.models.device import Compute
    from tfmoe.studies.development.scores import group_models, score_cases
    from tfmoe.studies.development.tables import score_table

    inputs, params = snakemake.input, snakemake.params
    weights = inputs.networks, inputs.pooled, inputs.mixtures
    cases = group_models(params.cases, params.seeds, *weights)
    sequences = {Path(path).stem: Path(path) for path in inputs.sequences}
    scored = score_cases(cases, sequences, Compute(**params.compute))
    table = score_table(scored, snakemake.wildcards.developed, params.factors)
    write_tsv(table, snakemake.output.scores)
