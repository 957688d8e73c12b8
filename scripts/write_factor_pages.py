"""Write one page per factor: results, motifs, their positions, and examples."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_text
    from tfmoe.evaluation.sets import evaluation_sets
    from tfmoe.figures.motifs import Search
    from tfmoe.report.factor_files import FactorFiles, FactorSearch
    from tfmoe.report.factor_page import factor_head, factor_sections
    from tfmoe.report.render import render_page

    inputs, params = snakemake.input, snakemake.params
    paths = zip(inputs.patterns, inputs.memes, inputs.maps, inputs.seqlets, strict=True)
    sets = {
        found.experiment: found for found in evaluation_sets(params.experiments, params.experts)
    }
    searches = [
        FactorSearch(Search(experiment, sets[experiment].factor, model, *of_search), seqlets)
        for (experiment, model), (*of_search, seqlets) in zip(params.searched, paths, strict=True)
    ]
    keys = [
        "matches",
        "summary",
        "filters",
        "gate",
        "meme",
        "matrices",
        "metrics",
        "windows",
        "logos",
    ]
    files = FactorFiles(**{key: getattr(inputs, key) for key in keys})
    for (factor, experiments), page in zip(params.factors, snakemake.output.pages, strict=True):
        own = [found for name, found in sets.items() if name in experiments]
        sections = factor_sections(own, searches, files, params.fdr)
        head = factor_head(factor, own, params.run, page, params.simulated)
        write_text(render_page(sections, head), page)
