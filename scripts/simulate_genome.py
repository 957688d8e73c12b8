"""Simulate the demo's genome and peaks, and write the planted motifs."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.experiments import read_experiments
    from tfmoe.data.simulation.simulate import SimulationSettings, simulate, write_simulation
    from tfmoe.jaspar.factors import read_factors
    from tfmoe.jaspar.matrices import read_matrices

    experiments = read_experiments(snakemake.input.experiments)
    simulation = simulate(
        SimulationSettings(**snakemake.params.settings),
        experiments,
        read_matrices(snakemake.input.motifs, snakemake.input.matrices),
        read_factors(snakemake.input.factors, snakemake.input.families),
    )
    write_simulation(
        simulation,
        snakemake.output.genome,
        dict(zip(experiments, snakemake.output.peaks, strict=True)),
        snakemake.output.truth,
    )
