"""Attribution maps of experts and mixture, averaged over seeds, and their measures."""

from tfmoe.studies.attribution.methods import study_methods


rule attribute:
    """Compute attribution maps."""
    input:
        sequences="<results>/sequences/{experiment}.parquet",
        models=lambda wildcards: NETWORKS.model_weights(wildcards.model),
        # a mixture is made of its networks
        networks=lambda wildcards: pool_tables(NETWORKS.mixture_of(wildcards.model), PLAN.seeds),
    output:
        maps=expand(
            "<results>/attribution/{{experiment}}/{{model}}/{method}.npz",
            method=config["attribution"]["methods"],
        ),
        faithfulness="<results>/attribution/{experiment}/{model}/faithfulness.tsv",
        quality="<results>/attribution/{experiment}/{model}/quality.tsv",
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
            if key not in ("ood", "localisation", "study")
        }
        | {"bootstrap": config["evaluation"]["bootstrap_resamples"]},
        labels=lambda wildcards: {
            "experiment": wildcards.experiment,
            "factor": EXPERIMENTS[wildcards.experiment].factor,
            "model": wildcards.model,
        },
        members=lambda wildcards: [
            member for recipe in NETWORKS.mixture_of(wildcards.model) for member in recipe.pool
        ],
        compute=COMPUTE,
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("attribute"),
    script:
        "../../scripts/attribute.py"


rule gather_attribution:
    """Compare attribution methods with in-silico mutagenesis."""
    input:
        faithfulness=[
            f"<results>/attribution/{experiment}/{model}/faithfulness.tsv"
            for experiment, model in PLAN.attributed
        ],
        quality=[
            f"<results>/attribution/{experiment}/{model}/quality.tsv"
            for experiment, model in PLAN.attributed
        ],
    output:
        faithfulness="<results>/attribution/faithfulness.tsv",
        quality="<results>/attribution/quality.tsv",
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
        inputs=SOURCES.digest,
        code=CODE.of("gather_attribution"),
    script:
        "../../scripts/gather_attribution.py"


rule localise_attribution:
    """Measure how well attribution finds the factor's motif."""
    input:
        **JASPAR_FILES,
        maps=[
            f"<results>/attribution/{experiment}/{model}/{method}.npz"
            for experiment, model in PLAN.attributed
            for method in config["attribution"]["methods"]
        ],
        sequences=[
            f"<results>/sequences/{experiment}.parquet" for experiment in dict(PLAN.attributed)
        ],
        # without planted sites, hits of the factor's own matrix are taken as sites
        planted=["<results>/simulation/truth.tsv"] if SIMULATED else [],
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
        experiments={
            experiment: EXPERIMENTS[experiment].factor for experiment in dict(PLAN.attributed)
        },
        settings=config["attribution"]["localisation"],
        bootstrap=config["evaluation"]["bootstrap_resamples"],
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("localise_attribution"),
    script:
        "../../scripts/localise_attribution.py"


rule study_attribution:
    """Study attribution methods on one network."""
    input:
        **JASPAR_FILES,
        sequences="<results>/sequences/{experiment}.parquet",
        models=lambda wildcards: STUDIES.studied_weights(
            wildcards, config["attribution"]["study"]["seeds"]
        ),
        planted=rules.localise_attribution.input.planted,
    output:
        values="<results>/attribution/study/{experiment}.{recipe}.{backbone}.tsv",
        effects="<results>/attribution/study/{experiment}.{recipe}.{backbone}.effects.tsv",
    log:
        "<logs>/study_attribution/{experiment}.{recipe}.{backbone}.log",
    benchmark:
        "<benchmarks>/study_attribution/{experiment}.{recipe}.{backbone}.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(2000),
        runtime=grow(120),
        gpu=GPU,
    params:
        settings=lambda wildcards: {
            "methods": study_methods(config["windows"]["flank"], wildcards.backbone),
            "sequences": config["attribution"]["study"]["sequences"],
            "batch_size": config["attribution"]["batch_size"],
            "bootstrap": config["evaluation"]["bootstrap_resamples"],
        },
        localisation=config["attribution"]["localisation"],
        labels=lambda wildcards: {
            "experiment": wildcards.experiment,
            "factor": EXPERIMENTS[wildcards.experiment].factor,
            "recipe": wildcards.recipe,
            "backbone": wildcards.backbone,
        },
        compute=COMPUTE,
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("study_attribution"),
    script:
        "../../scripts/study_attribution.py"


rule gather_study:
    """Join the results of the attribution study."""
    input:
        values=[
            f"<results>/attribution/study/{experiment}.{recipe}.{backbone}.tsv"
            for recipe, backbone in STUDIED
            for experiment in PLAN.training
        ],
        effects=[
            f"<results>/attribution/study/{experiment}.{recipe}.{backbone}.effects.tsv"
            for recipe, backbone in STUDIED
            for experiment in PLAN.training
        ],
    output:
        values="<results>/attribution/study.tsv",
        effects="<results>/attribution/study_effects.tsv",
        summary="<results>/attribution/study_summary.tsv",
        conclusion=report(
            "<results>/attribution/study.md",
            caption="../report/attribution_study.rst",
            category="Attribution",
            labels={"what": "Effects of ShiftSmooth, in words"},
        ),
        figure=report(
            "<results>/figures/attribution_study.svg",
            caption="../report/attribution_study.rst",
            category="Attribution",
            labels={"what": "Effects of ShiftSmooth"},
        ),
        others=expand("<results>/figures/attribution_study.{suffix}", suffix=["pdf", "png", "tsv"]),
    log:
        "<logs>/gather_study.log",
    benchmark:
        "<benchmarks>/gather_study.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        inputs=SOURCES.digest,
        code=CODE.of("gather_study"),
    script:
        "../../scripts/gather_study.py"


rule attribution_study:
    """Target: compare attribution methods on several backbones and recipes."""
    input:
        rules.gather_study.output,
