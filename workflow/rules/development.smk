"""The development proxy: recipes on validation data and on factors left out, never on test or OOD.

Beside each recipe's networks it needs pooled networks and mixtures that are fitted without one factor.
"""


rule leave_out_factor:
    input:
        training_peaks=TRAINING_PEAKS,
    output:
        peaks=WITHOUT_PEAKS,
        # peaks on a genome are indexed
        index=[] if SEQUENCES else f"{WITHOUT_PEAKS}.tbi",
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
        code=stage_hash("data"),
    script:
        "../../scripts/leave_out_factor.py"


use rule fit_mixture as fit_mixture_without with:
    input:
        networks=lambda wildcards: [
            weights_of(RECIPES[wildcards.developed], network, wildcards.seed)
            for network in case_without(wildcards).pool.values()
        ],
        sequences=lambda wildcards: [
            f"<results>/sequences/{experiment}.parquet"
            for experiment in trained_without(wildcards.left_out)
        ],
        training_peaks=WITHOUT_PEAKS,
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
            member: EXPERTS.get(network.name, trained_without(wildcards.left_out))
            for member, network in case_without(wildcards).pool.items()
        },
        negatives=lambda wildcards: RECIPES[wildcards.developed].negatives,
        settings=lambda wildcards: (
            mixture_settings(RECIPES[wildcards.developed])
            | {"name": f"{wildcards.developed} without {wildcards.left_out}"}
        ),


rule score_development:
    input:
        sequences=collect("<results>/sequences/{experiment}.parquet", experiment=TRAINING),
        networks=lambda wildcards: case_weights(
            wildcards.developed, lambda case: case.pool.values()
        ),
        pooled=lambda wildcards: case_weights(wildcards.developed, lambda case: [case.pooled]),
        mixtures=lambda wildcards: case_mixtures(wildcards.developed),
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
        cases=lambda wildcards: [
            {
                "left_out": case.left_out,
                "members": list(case.pool),
                "experts": [
                    member
                    for member in case.pool
                    if member in RECIPES[wildcards.developed].experts
                ],
                "experiments": case.experiments,
                "own": case.own,
            }
            for case in cases_of(wildcards.developed)
        ],
        seeds=PLAN.development_seeds,
        factors={name: EXPERIMENTS[name].factor for name in TRAINING},
        compute=COMPUTE,
        code=stage_hash("evaluation"),
    script:
        "../../scripts/score_development.py"


rule gather_development:
    input:
        scores=expand(DEVELOPMENT_SCORES, developed=OWN.name),
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
        own=OWN.name,
        code=stage_hash("evaluation"),
    script:
        "../../scripts/gather_development.py"


use rule gather_development as gather_ablations with:
    input:
        scores=expand(DEVELOPMENT_SCORES, developed=[OWN.name, *PLAN.ablations]),
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
        own=OWN.name,
        code=stage_hash("figures"),
    script:
        "../../scripts/draw_ablations.py"


rule development:
    input:
        rules.gather_development.output.summary,


rule ablations:
    input:
        rules.gather_ablations.output.summary,
        rules.draw_ablations.output,
