"""The search of hyper-parameters, which no other target needs."""

from dataclasses import asdict
from types import SimpleNamespace

from tfmoe.studies.search.space import find_recipe, read_space

with plain_errors():
    SEARCHED = find_recipe(config["search"]["recipe"], RECIPES)
    SPACE = [
        asdict(setting) for setting in read_space(config["search"]["space"], SEARCHED.training)
    ]
SEARCHED_NETWORK = SimpleNamespace(recipe=SEARCHED.name, backbone=SEARCHED.training["backbone"])
# the epochs of the recipe, unless the search has its own
EPOCHS = {key: value for key, value in config["search"].items() if key == "epochs" and value}


rule search_settings:
    input:
        sequences=collect("<results>/sequences/{experiment}.parquet", experiment=TRAINING),
    output:
        trials="<results>/search/trials.tsv",
        best="<results>/search/best.yaml",
    log:
        "<logs>/search_settings.log",
    benchmark:
        "<benchmarks>/search_settings.tsv"
    conda:
        f"../../envs/search_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(4000),
        runtime=grow(1440),
        gpu=GPU,
    params:
        members=[member for expert in EXPERTS for member in members_of(expert)],
        negatives=SEARCHED.negatives,
        settings=training_settings(SEARCHED_NETWORK) | EPOCHS,
        space=SPACE,
        search={key: config["search"][key] for key in ("trials", "minutes", "prune_after")},
        compute=COMPUTE,
        seed=config["seed"],
        # beside the outputs, which Snakemake removes before a job, more trials would find none
        state=f"results/{config['run']}/.state/search/{SEARCHED.name}",
        code=stage_hash("models"),
    script:
        "../../scripts/search_settings.py"
