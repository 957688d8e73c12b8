"""Score a recipe on validation data, and on each training factor as if no one knew it."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.models.device import Compute
    from tfmoe.studies.development.scores import score_cases, sort_cases
    from tfmoe.studies.development.tables import score_table

    inputs, params = snakemake.input, snakemake.params
    cases = sort_cases(params.cases, params.seeds, inputs.networks, inputs.pooled, inputs.mixtures)
    sequences = {Path(path).stem: Path(path) for path in inputs.sequences}
    scored = score_cases(cases, sequences, Compute(**params.compute))
    table = score_table(scored, snakemake.wildcards.developed, params.factors)
    write_tsv(table, snakemake.output.scores)
