"""Write the page of one factor: its motifs, where they lie, and examples."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_text
    from tfmoe.figures.motifs import Search
    from tfmoe.report.factor import FactorFiles, FactorSearch, factor_sections, gate_section
    from tfmoe.report.page import Title, render_page

    inputs, params = snakemake.input, snakemake.params
    paths = zip(inputs.patterns, inputs.memes, inputs.maps, strict=True)
    searches = [
        FactorSearch(Search(experiment, params.factor, model, *found), seqlets)
        for (experiment, model), found, seqlets in zip(
            params.searched, paths, inputs.seqlets, strict=True
        )
    ]
    files = FactorFiles(
        **{
            key: inputs[key]
            for key in ("matches", "summary", "filters", "gate", "meme", "matrices")
        }
    )
    sections = factor_sections(searches, files, params.fdr)
    sections.append(gate_section(inputs.gate, params.experiments))
    title = Title(f"{params.factor} ({params.run})", params.simulated)
    write_text(render_page(sections, title), snakemake.output.page)
