"""Hyper-parameter search, which no other target needs."""

from dataclasses import asdict

from tfmoe.workflow.networks import training_settings
from tfmoe.studies.search.space import find_recipe, read_space

with plain_errors():
    SEARCH_RECIPE = find_recipe(config["search"]["recipe"], NETWORKS.recipes)
    SEARCH_SPACE = [
        asdict(setting) for setting in read_space(config["search"]["space"], SEARCH_RECIPE.training)
    ]
# epochs of the search, if they differ from the recipe's
SEARCH_EPOCHS = {key: value for key, value in config["search"].items() if key == "epochs" and value}


rule search_settings:
    """Search the settings of the networks."""
    input:
        sequences=training_files(PLAN.training),
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
        members=NETWORKS.all_members(),
        negatives=SEARCH_RECIPE.negatives,
        settings=training_settings(SEARCH_RECIPE, SEARCH_RECIPE.training["backbone"])
        | SEARCH_EPOCHS,
        space=SEARCH_SPACE,
        search={key: config["search"][key] for key in ("trials", "minutes", "prune_after")},
        compute=COMPUTE,
        seed=config["seed"],
        # next to the outputs, Snakemake would remove the trials that a longer search continues
        state=f"results/{config['run']}/.state/search/{SEARCH_RECIPE.name}",
        inputs=SOURCES.digest,
        code=CODE.of("search_settings"),
    script:
        "../../scripts/search_settings.py"
