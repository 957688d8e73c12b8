"""Fit the gapped k-mer models, one per expert."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.models.gkm import GkmSettings, fit_gkm
    from tfmoe.models.training_data import Member

    params = snakemake.params
    paths = {Path(path).stem: Path(path) for path in snakemake.input.sequences}
    fit_gkm(
        members=[
            Member(member["name"], member["factors"], {x: paths[x] for x in member["experiments"]})
            for member in params.members
        ],
        negatives=params.negatives,
        settings=GkmSettings(**params.settings),
        balance=params.balance,
        run_seed=params.seed,
        folder=Path(snakemake.output.weights).parent,
    )
