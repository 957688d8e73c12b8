"""Score every model on every set and compare all models on each set."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from dataclasses import replace

    from tfmoe.core.files import write_tsv
    from tfmoe.evaluation.evaluate import evaluate_models
    from tfmoe.evaluation.held_out import held_out_aurocs
    from tfmoe.evaluation.matrix_choice import gather_matrices
    from tfmoe.evaluation.scored_sets import ExperimentLabels
    from tfmoe.evaluation.settings import ScoringSettings

    labels = [ExperimentLabels(**row) for row in snakemake.params.experiments]
    by_name = {label.experiment: replace(label, role="adapted") for label in labels}
    adapted = [by_name[name] for name in snakemake.params.get("adapted", [])]
    evaluation = evaluate_models(
        experiments=dict(zip(labels, snakemake.input.predictions, strict=True)),
        settings=ScoringSettings(**snakemake.params.settings),
        seed=snakemake.params.seed,
        dropout=snakemake.input.get("dropout", []),
        adapted=dict(zip(adapted, snakemake.input.get("adapted", []), strict=True)),
    )
    tables = dict(vars(evaluation))
    alpha = snakemake.params.settings["alpha"]
    tables["held_out"] = held_out_aurocs(snakemake.input.get("held_out", []), alpha)
    if matrices := snakemake.input.get("matrices"):
        tables["matrices"] = gather_matrices(dict(zip(labels, matrices, strict=True)))
    for name, path in snakemake.output.items():
        write_tsv(tables[name], path)
