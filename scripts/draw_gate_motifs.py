"""Draw the gate's weights on each set, and the enrichment of the experts' top motifs."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.evaluation.sets import evaluation_sets
    from tfmoe.figures.gate_motifs import write_gate_motifs

    params = snakemake.params
    write_gate_motifs(
        snakemake.input.table,
        evaluation_sets(params.experiments, params.experts),
        Path(snakemake.output.svg).parent,
    )
