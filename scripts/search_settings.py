"""Search hyper-parameters of the experts on validation data."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.models.device import Compute
    from tfmoe.models.training_data import Member
    from tfmoe.studies.search.run import SearchSettings, Task, search_settings
    from tfmoe.studies.search.space import Setting

    params = snakemake.params
    paths = {Path(path).stem: Path(path) for path in snakemake.input.sequences}
    members = [
        Member(member["name"], member["factors"], {x: paths[x] for x in member["experiments"]})
        for member in params.members
    ]
    search_settings(
        task=Task(
            members=members,
            negatives=params.negatives,
            training=params.settings,
            run_seed=params.seed,
            compute=Compute(**params.compute),
            code=params.code,
        ),
        space=[Setting(**setting) for setting in params.space],
        settings=SearchSettings(**params.search),
        state_folder=params.state,
        trials_path=snakemake.output.trials,
        best_path=snakemake.output.best,
    )
