"""Further recipes on the same data, compared with the run's own; each is a target by its name."""

from tfmoe.core.recipes import check_targets

# recipes that enter the run's own predictions only if `evaluation.recipes` names them
RECIPES_COMPARED = [name for name, recipe in PLAN.recipes.items() if not recipe.own]


use rule predict as predict_recipe with:
    """Score the test sequences by the models of a recipe."""
    input:
        **JASPAR_FILES,
        sequences="<results>/sequences/{experiment}.parquet",
        networks=lambda wildcards: pool_tables([PLAN.recipes[wildcards.compared]], PLAN.seeds),
        mixtures=lambda wildcards: mixture_weights([PLAN.recipes[wildcards.compared]], PLAN.seeds),
        pooled=[],
        background=[],
        gapped_kmers=[],
        training_peaks=NETWORKS.training_peaks,
    output:
        predictions="<results>/recipes/{compared}/predictions/{experiment}.parquet",
        gates="<results>/recipes/{compared}/predictions/{experiment}.gates.parquet",
    log:
        "<logs>/predict_recipe/{compared}.{experiment}.log",
    benchmark:
        "<benchmarks>/predict_recipe/{compared}.{experiment}.tsv"
    params:
        recipes=lambda wildcards: [PLAN.recipes[wildcards.compared].models()],


use rule evaluate_models as evaluate_recipe with:
    """Evaluate the models of a recipe."""
    input:
        predictions=expand(
            "<results>/recipes/{{compared}}/predictions/{experiment}.parquet",
            experiment=EVALUATION_SETS,
        ),
    output:
        metrics="<results>/recipes/{compared}/metrics.tsv",
    log:
        "<logs>/evaluate_recipe/{compared}.log",
    benchmark:
        "<benchmarks>/evaluate_recipe/{compared}.tsv"


rule compare_recipe:
    """Compare a recipe with the run's own."""
    input:
        own_metrics=rules.evaluate_models.output.metrics,
        metrics=rules.evaluate_recipe.output.metrics,
        own_faithfulness=lambda wildcards: STUDIES.faithfulness(wildcards.compared, 1),
        faithfulness=lambda wildcards: STUDIES.faithfulness(wildcards.compared, 2),
    output:
        effect=report(
            "<results>/recipes/{compared}/effect.svg",
            caption="../report/recipe_effect.rst",
            category="Recipes",
            labels={"what": "{compared}: effect on the AUROC"},
        ),
        others=expand(
            "<results>/recipes/{{compared}}/effect.{suffix}", suffix=["tsv", "pdf", "png"]
        ),
        faithfulness=report(
            "<results>/recipes/{compared}/faithfulness.tsv",
            caption="../report/recipe_faithfulness.rst",
            category="Recipes",
            labels={"what": "{compared}: faithfulness of attribution"},
        ),
    log:
        "<logs>/compare_recipe/{compared}.log",
    benchmark:
        "<benchmarks>/compare_recipe/{compared}.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        own=STUDIES.compared_names(PLAN.own.name),
        other=lambda wildcards: STUDIES.compared_names(wildcards.compared),
        experts=PLAN.own_experts,
        alpha=config["evaluation"]["alpha"],
        inputs=SOURCES.digest,
        code=CODE.of("compare_recipe"),
    script:
        "../../scripts/compare_recipe.py"


with plain_errors():
    check_targets(RECIPES_COMPARED, [known.name for known in workflow.rules])

for name in RECIPES_COMPARED:

    rule:
        """Target: compare a recipe of the config, by its name, with the run's own."""
        name:
            name
        input:
            expand(rules.compare_recipe.output, compared=name),
            expand(
                "<results>/recipes/{compared}/predictions/{experiment}.parquet",
                compared=name,
                experiment=EVALUATION_SETS,
            ),
            expand(rules.evaluate_recipe.output.metrics, compared=name),
