"""Measure controls of the conditioned mixture on unseen factors."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import write_tsv
    from tfmoe.evaluation.control_run import measure_controls
    from tfmoe.evaluation.control_sets import ControlFiles, ControlledExperiment
    from tfmoe.evaluation.control_summary import summarise_controls
    from tfmoe.jaspar.tables import MatrixFiles
    from tfmoe.models.conditioned.columns import ConditionedFiles

    inputs, params = snakemake.input, snakemake.params
    matrices = MatrixFiles.of_inputs(inputs, params.dependent_data_types)
    files = map(ControlFiles, inputs.predictions, inputs.members, inputs.sequences)
    experiments = [ControlledExperiment(**row) for row in params.experiments]
    names = [one.experiment for one in experiments] if inputs.regions else []
    controls = measure_controls(
        experiments=experiments,
        files=dict(zip(params.unseen, files, strict=True)),
        regions=dict(zip(names, inputs.regions, strict=True)),
        conditioned=ConditionedFiles.of_weights(
            inputs.conditioned, matrices, inputs.gapped_kmers, inputs.pooled_kmers
        ),
        seeds=params.seeds,
        run_seed=params.seed,
    )
    write_tsv(controls, snakemake.output.controls)
    write_tsv(summarise_controls(controls), snakemake.output.summary)
