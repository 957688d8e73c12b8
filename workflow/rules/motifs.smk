"""Motifs: discovery on attribution maps, confirmation on the test split, the check against JASPAR."""

SEARCHED = [f"<results>/motifs/{experiment}/{model}" for experiment, model in ATTRIBUTED]
# the networks whose filters are read as a cross-check: all single experts that are scored, once
READ = list(
    {
        (experiment, weights_of(recipe, network, SEEDS[0])): (
            experiment,
            recipe.expert_model(member),
        )
        for recipe in reversed(PLAN.beside)
        for member, network in recipe.experts.items()
        for experiment in EXPERTS[network.name]
    }.values()
)
# what each expert reads: by its name in the pool, the first experiment that it is searched on
READERS = [
    [member, EXPERTS[network.name][0], OWN.expert_model(member)]
    for member, network in OWN.experts.items()
    if (EXPERTS[network.name][0], OWN.expert_model(member)) in ATTRIBUTED
]
FILTERS = [f"<results>/motifs/{experiment}/{model}" for experiment, model in READ]


rule discover_motifs:
    input:
        maps=f"<results>/attribution/{{experiment}}/{{model}}/{config['motifs']['method']}.npz",
        sequences="<results>/sequences/{experiment}.parquet",
    output:
        h5="<results>/motifs/{experiment}/{model}/modisco.h5",
        meme="<results>/motifs/{experiment}/{model}/motifs.meme",
        patterns="<results>/motifs/{experiment}/{model}/patterns.tsv",
        discovery="<results>/motifs/{experiment}/{model}/discovery.json",
        seqlets="<results>/motifs/{experiment}/{model}/seqlets.bed",
        logos=directory("<results>/motifs/{experiment}/{model}/logos"),
    log:
        "<logs>/discover_motifs/{experiment}.{model}.log",
    benchmark:
        "<benchmarks>/discover_motifs/{experiment}.{model}.tsv"
    conda:
        "../../envs/motifs.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(1500),
        runtime=grow(60),
    params:
        settings=config["motifs"],
        seed=config["seed"],
        labels=lambda wildcards: [wildcards.experiment, wildcards.model],
        code=stage_hash("motifs"),
    script:
        "../../scripts/discover_motifs.py"


rule read_filters:
    input:
        weights=lambda wildcards: model_weights(wildcards)[0],
        sequences="<results>/sequences/{experiment}.parquet",
    output:
        meme="<results>/motifs/{experiment}/{model}/filters.meme",
        table="<results>/motifs/{experiment}/{model}/filters.tsv",
    log:
        "<logs>/read_filters/{experiment}.{model}.log",
    benchmark:
        "<benchmarks>/read_filters/{experiment}.{model}.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
        gpu=GPU,
    params:
        settings=config["motifs"],
        compute=COMPUTE,
        seed=config["seed"],
        labels=lambda wildcards: [wildcards.experiment, wildcards.model],
        code=stage_hash("motifs"),
    script:
        "../../scripts/read_filters.py"


rule match_motifs:
    input:
        discoveries=collect("{searched}/discovery.json", searched=SEARCHED),
        patterns=collect("{searched}/patterns.tsv", searched=SEARCHED),
        memes=collect("{searched}/motifs.meme", searched=SEARCHED),
        filters=collect("{read}/filters.tsv", read=FILTERS),
        filter_memes=collect("{read}/filters.meme", read=FILTERS),
        motifs="<results>/jaspar/matrices.meme",
        table="<results>/jaspar/matrices.tsv",
        factors=FACTORS,
        families=FAMILIES,
    output:
        matches="<results>/motifs/jaspar.tsv",
        summary=report(
            "<results>/motifs/summary.tsv",
            caption="../report/motif_summary.rst",
            category="Motifs",
            labels={"what": "Summary"},
        ),
        null_control="<results>/motifs/null_control.tsv",
        filters="<results>/motifs/filters.tsv",
    log:
        "<logs>/match_motifs.log",
    benchmark:
        "<benchmarks>/match_motifs.tsv"
    conda:
        "../../envs/motifs.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(1500),
        runtime=grow(30),
    params:
        settings=config["motifs"],
        seed=config["seed"],
        searched=subjects(ATTRIBUTED),
        filters=subjects(READ),
        code=stage_hash("motifs"),
    script:
        "../../scripts/match_motifs.py"


rule explain_gate:
    input:
        patterns=[f"<results>/motifs/{row[1]}/{row[2]}/patterns.tsv" for row in READERS],
        memes=[f"<results>/motifs/{row[1]}/{row[2]}/motifs.meme" for row in READERS],
        sequences=collect("<results>/sequences/{experiment}.parquet", experiment=EXPERIMENTS),
        gates=collect("<results>/predictions/{experiment}.gates.parquet", experiment=EXPERIMENTS),
        matches="<results>/motifs/jaspar.tsv",
    output:
        table="<results>/motifs/gate_motifs.tsv",
    log:
        "<logs>/explain_gate.log",
    benchmark:
        "<benchmarks>/explain_gate.tsv"
    conda:
        "../../envs/motifs.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        settings=config["motifs"],
        searched=READERS,
        members=list(OWN.pool),
        sets=[[name, row.factor, row.role] for name, row in EXPERIMENTS.items()],
        code=stage_hash("motifs"),
    script:
        "../../scripts/explain_gate.py"


if SIMULATED:

    rule recover_planted:
        input:
            patterns=collect("{searched}/patterns.tsv", searched=SEARCHED),
            memes=collect("{searched}/motifs.meme", searched=SEARCHED),
            sequences=collect(
                "<results>/sequences/{experiment}.parquet",
                experiment=dict.fromkeys(experiment for experiment, _ in ATTRIBUTED),
            ),
            truth="<results>/simulation/truth.tsv",
            matches="<results>/motifs/jaspar.tsv",
        output:
            recovery="<results>/motifs/recovery.tsv",
        log:
            "<logs>/recover_planted.log",
        benchmark:
            "<benchmarks>/recover_planted.tsv"
        conda:
            "../../envs/motifs.yaml"
        threads: 1
        resources:
            mem_mb=grow(1000),
            runtime=grow(30),
        params:
            settings=config["motifs"],
            searched=ATTRIBUTED,
            factors={experiment: EXPERIMENTS[experiment].factor for experiment, _ in ATTRIBUTED},
            code=stage_hash("motifs"),
        script:
            "../../scripts/recover_planted.py"
