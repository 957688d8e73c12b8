"""Draw the audit: overlaps, homology, detectability and composition."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.figures.audit import FIGURES, draw_audit
    from tfmoe.figures.sets import evaluation_sets

    tables = {name: snakemake.input[name] for name in FIGURES}
    sets = evaluation_sets(snakemake.params.experiments, {})
    draw_audit(tables, sets, Path(snakemake.output.overlaps).parent)
