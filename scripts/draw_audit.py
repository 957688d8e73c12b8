"""Draw the audit: overlaps, homology, detectability and composition."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.evaluation.sets import evaluation_sets
    from tfmoe.figures.audit.draw import FIGURES, draw_audit

    tables = {name: snakemake.input[name] for name in FIGURES}
    sets = evaluation_sets(snakemake.params.experiments, {})
    draw_audit(tables, sets, Path(snakemake.output.overlaps).parent)
