"""Rules of the development proxy: recipes on validation data and left-out factors, never on test or OOD sets.

In addition to each recipe's networks, it needs pooled networks and mixtures fitted without one factor.
"""


rule leave_out_factor:
    """Leave one training factor out of the training peaks."""
    input:
        training_peaks=NETWORKS.training_peaks,
    output:
        peaks=NETWORKS.training_peaks_without,
        # peaks on a genome are indexed
        index=[] if READY else f"{NETWORKS.training_peaks_without}.tbi",
    log:
        "<logs>/leave_out_factor/{left_out}.log",
    benchmark:
        "<benchmarks>/leave_out_factor/{left_out}.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        inputs=SOURCES.digest,
        code=CODE.of("leave_out_factor"),
    script:
        "../../scripts/leave_out_factor.py"


use rule fit_mixture as fit_mixture_without with:
    """Fit a mixture without one training factor."""
    input:
        networks=lambda wildcards: [
            weights_of(NETWORKS.recipes[wildcards.developed], network, wildcards.seed)
            for network in STUDIES.case_without(wildcards).pool.values()
        ],
        sequences=lambda wildcards: training_files(NETWORKS.trained_without(wildcards.left_out)),
        training_peaks=NETWORKS.training_peaks_without,
    output:
        weights=f"{WITHOUT_FOLDER}/model.safetensors",
        config=f"{WITHOUT_FOLDER}/config.json",
        history=f"{WITHOUT_FOLDER}/history.tsv",
        gate=f"{WITHOUT_FOLDER}/gate.parquet",
        networks=f"{WITHOUT_FOLDER}/networks.tsv",
    log:
        "<logs>/fit_mixture_without/{developed}.{left_out}.seed{seed}.log",
    benchmark:
        "<benchmarks>/fit_mixture_without/{developed}.{left_out}.seed{seed}.tsv"
    params:
        pool=lambda wildcards: {
            member: PLAN.experts.get(network.name, NETWORKS.trained_without(wildcards.left_out))
            for member, network in STUDIES.case_without(wildcards).pool.items()
        },
        negatives=lambda wildcards: NETWORKS.recipes[wildcards.developed].negatives,
        settings=lambda wildcards: (
            mixture_settings(NETWORKS.recipes[wildcards.developed])
            | {"name": f"{wildcards.developed} without {wildcards.left_out}"}
        ),


rule score_development:
    """Score the recipes on a left-out factor."""
    input:
        sequences=training_files(PLAN.training),
        networks=lambda wildcards: STUDIES.case_weights(
            wildcards.developed, lambda case: case.pool.values()
        ),
        pooled=lambda wildcards: STUDIES.case_weights(
            wildcards.developed, lambda case: [case.pooled]
        ),
        mixtures=lambda wildcards: STUDIES.case_mixtures(wildcards.developed),
    output:
        scores=DEVELOPMENT_SCORES,
    log:
        "<logs>/score_development/{developed}.log",
    benchmark:
        "<benchmarks>/score_development/{developed}.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(4000),
        runtime=grow(60),
        gpu=GPU,
    params:
        cases=lambda wildcards: STUDIES.scored_cases(wildcards.developed),
        seeds=PLAN.development_seeds,
        factors={name: EXPERIMENTS[name].factor for name in PLAN.training},
        compute=COMPUTE,
        inputs=SOURCES.digest,
        code=CODE.of("score_development"),
    script:
        "../../scripts/score_development.py"


rule gather_development:
    """Compare the recipes on left-out factors."""
    input:
        scores=expand(DEVELOPMENT_SCORES, developed=PLAN.own.name),
    output:
        summary=report(
            "<results>/development/summary.tsv",
            caption="../report/development.rst",
            category="Development",
            labels={"what": "The run's own recipe"},
        ),
    log:
        "<logs>/gather_development.log",
    benchmark:
        "<benchmarks>/gather_development.tsv"
    conda:
        "../../envs/evaluation.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        own=PLAN.own.name,
        inputs=SOURCES.digest,
        code=CODE.of("gather_development"),
    script:
        "../../scripts/gather_development.py"


use rule gather_development as gather_ablations with:
    """Compare the ablations on left-out factors."""
    input:
        scores=expand(DEVELOPMENT_SCORES, developed=[PLAN.own.name, *PLAN.ablations]),
    output:
        summary=report(
            "<results>/development/ablations.tsv",
            caption="../report/ablations.rst",
            category="Development",
            labels={"what": "Ablations"},
        ),
    log:
        "<logs>/gather_ablations.log",
    benchmark:
        "<benchmarks>/gather_ablations.tsv"


rule draw_ablations:
    """Draw the effects of the ablations."""
    input:
        scores=rules.gather_ablations.input.scores,
    output:
        figure=report(
            "<results>/figures/ablations.svg",
            caption="../report/ablations.rst",
            category="Development",
            labels={"what": "Ablations, change of the AUROC"},
        ),
        others=expand("<results>/figures/ablations.{suffix}", suffix=["pdf", "png", "tsv"]),
    log:
        "<logs>/draw_ablations.log",
    benchmark:
        "<benchmarks>/draw_ablations.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        own=PLAN.own.name,
        inputs=SOURCES.digest,
        code=CODE.of("draw_ablations"),
    script:
        "../../scripts/draw_ablations.py"


rule development:
    """Target: compare recipes on training factors, each left out once."""
    input:
        rules.gather_development.output.summary,


rule ablations:
    """Target: compare the run's recipe with changed ones."""
    input:
        rules.gather_ablations.output.summary,
        rules.draw_ablations.output,
