"""Write one page per factor: motifs, their positions, and examples."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_text
    from tfmoe.figures.motifs import Search
    from tfmoe.report.factor_page import FactorFiles, FactorSearch, factor_sections, gate_section
    from tfmoe.report.page import Title, render_page

    inputs, params = snakemake.input, snakemake.params
    paths = zip(inputs.patterns, inputs.memes, inputs.maps, inputs.seqlets, strict=True)
    found = dict(zip(map(tuple, params.searched), paths, strict=True))
    keys = ("matches", "summary", "filters", "gate", "meme", "matrices")
    files = FactorFiles(**{key: getattr(inputs, key) for key in keys})
    for (factor, experiments), page in zip(params.factors, snakemake.output.pages, strict=True):
        searches = [
            FactorSearch(Search(experiment, factor, model, *of_search), seqlets)
            for (experiment, model), (*of_search, seqlets) in found.items()
            if experiment in experiments
        ]
        sections = factor_sections(searches, files, params.fdr)
        sections.append(gate_section(inputs.gate, experiments))
        write_text(render_page(sections, Title(f"{factor} ({params.run})", params.simulated)), page)
