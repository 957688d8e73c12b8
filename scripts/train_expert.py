"""Train one expert, pooled network or background network with one seed."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.models.device import Compute
    from tfmoe.models.training import train_expert
    from tfmoe.models.training_data import Member
    from tfmoe.models.training_settings import TrainingSettings

    params = snakemake.params
    peaks = snakemake.input.training_peaks  # empty for an expert
    paths = {Path(path).stem: Path(path) for path in snakemake.input.sequences}
    members = [
        Member(member["name"], member["factors"], {x: paths[x] for x in member["experiments"]})
        for member in params.members
    ]
    train_expert(
        name=snakemake.wildcards.expert,
        members=members,
        training_peaks=Path(peaks) if peaks else None,
        negatives=params.negatives,
        settings=TrainingSettings.from_section(params.settings),
        run_seed=params.seed,
        seed=int(snakemake.wildcards.seed),
        compute=Compute(**params.compute),
        folder=Path(snakemake.output.weights).parent,
        state_folder=params.state,
        code=params.code,
    )
