"""Motifs: discovery on attribution maps, confirmation on the test split, the check against JASPAR."""

from tfmoe.motifs.settings import MatchSettings, MotifSettings

MOTIFS = MotifSearches(NETWORKS, config["motifs"]["method"])
# a setting of matching reruns no discovery
MOTIFS_DISCOVERY = select_settings(config["motifs"], MotifSettings)


rule discover_motifs:
    """Discover motifs."""
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
        settings=MOTIFS_DISCOVERY,
        seed=config["seed"],
        labels=lambda wildcards: [wildcards.experiment, wildcards.model],
        inputs=SOURCES.digest,
        code=CODE.of("discover_motifs"),
    script:
        "../../scripts/discover_motifs.py"


rule read_filters:
    """Read the motifs of the first layer."""
    input:
        weights=lambda wildcards: NETWORKS.model_weights(wildcards.model)[0],
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
        settings=MOTIFS_DISCOVERY,
        compute=COMPUTE,
        seed=config["seed"],
        labels=lambda wildcards: [wildcards.experiment, wildcards.model],
        inputs=SOURCES.digest,
        code=CODE.of("read_filters"),
    script:
        "../../scripts/read_filters.py"


rule match_motifs:
    """Compare the motifs with JASPAR."""
    input:
        **JASPAR_FILES,
        discoveries=MOTIFS.files("discovery.json"),
        patterns=MOTIFS.files("patterns.tsv"),
        memes=MOTIFS.files("motifs.meme"),
        filters=MOTIFS.filter_files("filters.tsv"),
        filter_memes=MOTIFS.filter_files("filters.meme"),
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
        settings=select_settings(config["motifs"], MatchSettings),
        seed=config["seed"],
        searched=MOTIFS.subjects(MOTIFS.pairs),
        filters=MOTIFS.subjects(MOTIFS.filter_pairs),
        inputs=SOURCES.digest,
        code=CODE.of("match_motifs"),
    script:
        "../../scripts/match_motifs.py"


rule explain_gate:
    """Relate the gate's weights to the experts' motifs."""
    input:
        patterns=MOTIFS.expert_files("patterns.tsv"),
        memes=MOTIFS.expert_files("motifs.meme"),
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
        settings=MOTIFS_DISCOVERY,
        searched=MOTIFS.experts,
        members=list(PLAN.own.pool),
        sets=[[name, row.factor, row.role] for name, row in EXPERIMENTS.items()],
        inputs=SOURCES.digest,
        code=CODE.of("explain_gate"),
    script:
        "../../scripts/explain_gate.py"


if SIMULATED:

    rule recover_planted:
        """Compare the motifs with the planted ones."""
        input:
            patterns=MOTIFS.files("patterns.tsv"),
            memes=MOTIFS.files("motifs.meme"),
            sequences=collect(
                "<results>/sequences/{experiment}.parquet",
                experiment=dict.fromkeys(experiment for experiment, _ in PLAN.attributed),
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
            fdr=config["motifs"]["fdr"],
            hit_p_value=config["motifs"]["hit_p_value"],
            searched=MOTIFS.pairs,
            factors={
                experiment: EXPERIMENTS[experiment].factor for experiment, _ in PLAN.attributed
            },
            inputs=SOURCES.digest,
            code=CODE.of("recover_planted"),
        script:
            "../../scripts/recover_planted.py"
