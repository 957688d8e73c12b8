"""Fit a mixture over the experts of one seed."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.models.device import Compute
    from tfmoe.models.fitting import fit_mixture
    from tfmoe.models.mixture_settings import MixtureSettings
    from tfmoe.models.pool_files import write_pool

    params = snakemake.params
    folders = [Path(path).parent for path in snakemake.input.networks]
    fit_mixture(
        experts=dict(zip(params.pool, folders, strict=True)),
        sequences={Path(path).stem: Path(path) for path in snakemake.input.sequences},
        training_peaks=Path(snakemake.input.training_peaks),
        negatives=params.negatives,
        settings=MixtureSettings.from_section(params.settings),
        run_seed=params.seed,
        seed=int(snakemake.wildcards.seed),
        compute=Compute(**params.compute),
        folder=Path(snakemake.output.weights).parent,
    )
    write_pool(list(params.pool), snakemake.input.networks, snakemake.output.networks)
