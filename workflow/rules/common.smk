"""What the rule files share: names taken from the config, and the files a name stands for."""

import os

from tfmoe.core.code import stage_hash
from tfmoe.core.locations import locate, require_files
from tfmoe.core.plan import plan_run

PLAN = plan_run(config, EXPERIMENTS)
TRAINING = PLAN.training
OOD = PLAN.ood
EXPERTS = PLAN.experts
SEEDS = PLAN.seeds
ATTRIBUTED = PLAN.attributed
RECIPE = config["training"]["recipe"]
BACKBONE = config["training"]["backbone"]
MIXTURE = config["mixture"]["name"]
SIMULATED = config["simulation"] is not None
# the project's own tables, relative to the folder of the run, which may be another than the project's
TABLES = Path(os.path.relpath(workflow.basedir)) / "resources"
PINNED, FACTORS, FAMILIES = (TABLES / f"{name}.tsv" for name in ("sources", "factors", "families"))
GPU = 1 if config["compute"]["device"] == "cuda" else 0

PEAKS = {
    name: locate(
        f"<results>/simulation/peaks/{name}.narrowPeak" if row.peaks == "simulated" else row.peaks,
        row.sha256,
        PINNED,
    )
    for name, row in EXPERIMENTS.items()
}
GENOME = (
    locate("<results>/simulation/genome.fa", None, PINNED)
    if SIMULATED
    else locate(config["genome"]["fasta"], config["genome"]["sha256"], PINNED)
)
BLACKLIST = (
    locate(config["genome"]["blacklist"], config["genome"]["blacklist_sha256"], PINNED)
    if config["genome"]["blacklist"]
    else None
)
# what is downloaded, by checksum
REMOTE = {
    place.sha256: place.url for place in [*PEAKS.values(), GENOME, BLACKLIST] if place and place.url
}

if not SIMULATED:
    require_files(
        {f"peaks of {name}": place for name, place in PEAKS.items()}
        | {"genome": GENOME}
        | ({"blacklist": BLACKLIST} if BLACKLIST else {})
    )


wildcard_constraints:
    experiment="|".join(map(re.escape, EXPERIMENTS)),
    expert="|".join(map(re.escape, [*EXPERTS, "pooled"])),
    model="|".join(re.escape(model) for model in [*(f"expert_{name}" for name in EXPERTS), "moe"]),
    seed=r"\d+",
    method="[a-z0-9_]+",
    sha256="[0-9a-f]{64}",
