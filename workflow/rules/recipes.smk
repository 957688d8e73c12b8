"""Further recipes on the same data, compared with the run's own; each is a target by its name."""

from tfmoe.core.recipes import check_targets

# recipes that enter the run's own predictions only if `evaluation.recipes` names them
RECIPES_BESIDE = [name for name, recipe in PLAN.recipes.items() if not recipe.own]


use rule predict as predict_recipe with:
    input:
        **JASPAR_FILES,
        sequences="<results>/sequences/{experiment}.parquet",
        networks=lambda wildcards: pool_tables([PLAN.recipes[wildcards.beside]], PLAN.seeds),
        mixtures=lambda wildcards: mixture_weights([PLAN.recipes[wildcards.beside]], PLAN.seeds),
        pooled=[],
        background=[],
        gapped_kmers=[],
        training_peaks=NETWORKS.training_peaks,
    output:
        predictions="<results>/recipes/{beside}/predictions/{experiment}.parquet",
        gates="<results>/recipes/{beside}/predictions/{experiment}.gates.parquet",
    log:
        "<logs>/predict_recipe/{beside}.{experiment}.log",
    benchmark:
        "<benchmarks>/predict_recipe/{beside}.{experiment}.tsv"
    params:
        recipes=lambda wildcards: [PLAN.recipes[wildcards.beside].models()],


use rule evaluate_models as evaluate_recipe with:
    input:
        predictions=expand(
            "<results>/recipes/{{beside}}/predictions/{experiment}.parquet",
            experiment=EVALUATION_SETS,
        ),
    output:
        metrics="<results>/recipes/{beside}/metrics.tsv",
    log:
        "<logs>/evaluate_recipe/{beside}.log",
    benchmark:
        "<benchmarks>/evaluate_recipe/{beside}.tsv"


rule compare_recipe:
    input:
        own_metrics=rules.evaluate_models.output.metrics,
        metrics=rules.evaluate_recipe.output.metrics,
        own_faithfulness=lambda wildcards: STUDIES.faithfulness(wildcards.beside, 1),
        faithfulness=lambda wildcards: STUDIES.faithfulness(wildcards.beside, 2),
    output:
        effect=report(
            "<results>/recipes/{beside}/effect.svg",
            caption="../report/recipe_effect.rst",
            category="Recipes",
            labels={"what": "{beside}: effect on the AUROC"},
        ),
        others=expand("<results>/recipes/{{beside}}/effect.{suffix}", suffix=["tsv", "pdf", "png"]),
        faithfulness=report(
            "<results>/recipes/{beside}/faithfulness.tsv",
            caption="../report/recipe_faithfulness.rst",
            category="Recipes",
            labels={"what": "{beside}: faithfulness of attribution"},
        ),
    log:
        "<logs>/compare_recipe/{beside}.log",
    benchmark:
        "<benchmarks>/compare_recipe/{beside}.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        own=STUDIES.compared_names(PLAN.own.name),
        other=lambda wildcards: STUDIES.compared_names(wildcards.beside),
        experts={
            experiment: expert
            for expert, experiments in PLAN.experts.items()
            for experiment in experiments
        },
        alpha=config["evaluation"]["alpha"],
        inputs=SOURCES.digest,
        code=CODE.of("compare_recipe"),
    script:
        "../../scripts/compare_recipe.py"


with plain_errors():
    check_targets(RECIPES_BESIDE, [known.name for known in workflow.rules])

for name in RECIPES_BESIDE:

    rule:
        name:
            name
        input:
            expand(rules.compare_recipe.output, beside=name),
            expand(
                "<results>/recipes/{beside}/predictions/{experiment}.parquet",
                beside=name,
                experiment=EVALUATION_SETS,
            ),
            expand(rules.evaluate_recipe.output.metrics, beside=name),
