"""What the rule files share: names taken from the config, and the files a name stands for."""

from tfmoe.core.code import stage_hash
from tfmoe.core.experiments import is_url
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
GPU = 1 if config["compute"]["device"] == "cuda" else 0


wildcard_constraints:
    experiment="|".join(map(re.escape, EXPERIMENTS)),
    expert="|".join(map(re.escape, [*EXPERTS, "pooled"])),
    model="|".join(re.escape(model) for model in [*(f"expert_{name}" for name in EXPERTS), "moe"]),
    seed=r"\d+",
    method="[a-z0-9_]+",
    sha256="[0-9a-f]{64}",
