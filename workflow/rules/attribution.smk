"""Attribution maps of experts and mixture, averaged over seeds, and what is measured on them."""


rule attribute:
    input:
        sequences="<results>/sequences/{experiment}.parquet",
        models=model_weights,
        # a mixture is made of its networks
        networks=lambda wildcards: pool_tables(mixed_by(wildcards.model), SEEDS),
    output:
        maps=expand(
            "<results>/attribution/{{experiment}}/{{model}}/{method}.npz",
            method=config["attribution"]["methods"],
        ),
        faithfulness="<results>/attribution/{experiment}/{model}/faithfulness.tsv",
    log:
        "<logs>/attribute/{experiment}.{model}.log",
    benchmark:
        "<benchmarks>/attribute/{experiment}.{model}.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(3500),
        runtime=grow(60),
        gpu=GPU,
    params:
        settings={
            key: value
            for key, value in config["attribution"].items()
            if key not in ("ood", "localisation")
        },
        labels=lambda wildcards: {
            "experiment": wildcards.experiment,
            "factor": EXPERIMENTS[wildcards.experiment].factor,
            "model": wildcards.model,
        },
        members=lambda wildcards: [
            member for recipe in mixed_by(wildcards.model) for member in recipe.pool
        ],
        compute=COMPUTE,
        seed=config["seed"],
        code=stage_hash("attribution"),
    script:
        "../../scripts/attribute.py"


rule gather_attribution:
    input:
        faithfulness=[
            f"<results>/attribution/{experiment}/{model}/faithfulness.tsv"
            for experiment, model in ATTRIBUTED
        ],
    output:
        faithfulness="<results>/attribution/faithfulness.tsv",
    log:
        "<logs>/gather_attribution.log",
    benchmark:
        "<benchmarks>/gather_attribution.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=stage_hash("attribution"),
    script:
        "../../scripts/gather_attribution.py"


if SIMULATED:

    rule localise_attribution:
        input:
            maps=[
                f"<results>/attribution/{experiment}/{model}/{method}.npz"
                for experiment, model in ATTRIBUTED
                for method in config["attribution"]["methods"]
            ],
            sequences=[
                f"<results>/sequences/{experiment}.parquet" for experiment in dict(ATTRIBUTED)
            ],
            truth="<results>/simulation/truth.tsv",
            motifs="<results>/jaspar/matrices.meme",
            matrices="<results>/jaspar/matrices.tsv",
        output:
            localisation="<results>/attribution/localisation.tsv",
        log:
            "<logs>/localise_attribution.log",
        benchmark:
            "<benchmarks>/localise_attribution.tsv"
        conda:
            "../../envs/data.yaml"
        threads: 1
        resources:
            mem_mb=grow(2000),
            runtime=grow(20),
        params:
            factors={experiment: EXPERIMENTS[experiment].factor for experiment in dict(ATTRIBUTED)},
            settings=config["attribution"]["localisation"],
            bootstrap=config["attribution"]["bootstrap"],
            seed=config["seed"],
            code=stage_hash("attribution"),
        script:
            "../../scripts/localise_attribution.py"
