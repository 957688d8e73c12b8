"""Draw examples of attribution, the motifs, and their matches in JASPAR."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.figures.motif_files import MotifFiles, draw_all_motifs
    from tfmoe.figures.motifs import Search

    inputs, params = snakemake.input, snakemake.params
    paths = zip(inputs.patterns, inputs.memes, inputs.maps, strict=True)
    searches: dict[str, list[Search]] = {name: [] for name in params.figures}
    for (figure, experiment, factor, model), found in zip(params.searched, paths, strict=True):
        searches[figure].append(Search(experiment, factor, model, *found))
    files = MotifFiles(searches, inputs.matches, inputs.motifs, inputs.matrices)
    folder = Path(snakemake.output.motifs).parent
    draw_all_motifs(files, params.fdr, folder, snakemake.output.logos)
