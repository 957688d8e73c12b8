"""Join the gate's weights for each factor with the motifs of the experts."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.motifs.gating import Gated, explain_gate, read_expert_motifs
    from tfmoe.motifs.settings import MotifSettings

    inputs, params = snakemake.input, snakemake.params
    searched = zip(params.searched, inputs.patterns, inputs.memes, strict=True)
    sets = zip(params.sets, inputs.sequences, inputs.gates, strict=True)
    table = explain_gate(
        [Gated(*fields, *paths) for fields, *paths in sets],
        params.members,
        {
            expert: read_expert_motifs(experiment, model, patterns, meme, inputs.matches)
            for (expert, experiment, model), patterns, meme in searched
        },
        MotifSettings(**params.settings),
    )
    write_tsv(table, snakemake.output.table)
