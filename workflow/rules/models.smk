"""Experts, pooled networks, other baselines, the mixture, and their scores of each experiment."""

# the gapped k-mer baseline, if the run fits it
MODELS_GKM = ["<results>/gkm/model.safetensors"] if config["gkm"]["fit"] else []
# the mixture that knows which factor it is asked about, if the run fits it
MODELS_CONDITIONED = (
    ["<results>/moe/conditioned/config.json"] if config["conditioned"]["fit"] else []
)
# its gapped k-mer models of several factors
MODELS_POOLED_GKM = (
    ["<results>/gkm/pooled/model.safetensors"] if MODELS_CONDITIONED and MODELS_GKM else []
)
# state of a running training; next to the outputs, Snakemake would remove it when a job fails
MODELS_STATE = EXPERT_FOLDER.replace("<results>", f"results/{config['run']}/.state")


rule train_expert:
    """Train a network."""
    input:
        sequences=NETWORKS.training_sequences,
        training_peaks=NETWORKS.peaks_of_training,
    output:
        weights=f"{EXPERT_FOLDER}/model.safetensors",
        config=f"{EXPERT_FOLDER}/config.json",
        history=f"{EXPERT_FOLDER}/history.tsv",
    log:
        "<logs>/train_expert/{expert}.{recipe}.{backbone}.seed{seed}.log",
    benchmark:
        "<benchmarks>/train_expert/{expert}.{recipe}.{backbone}.seed{seed}.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(3500),
        runtime=grow(240),
        gpu=GPU,
    params:
        members=lambda wildcards: NETWORKS.members(wildcards.expert),
        negatives=lambda wildcards: NETWORKS.recipes[wildcards.recipe].negatives,
        settings=NETWORKS.training_settings,
        compute=COMPUTE,
        seed=config["seed"],
        state=MODELS_STATE,
        inputs=SOURCES.digest,
        code=CODE.of("train_expert"),
    script:
        "../../scripts/train_expert.py"


rule fit_gkm:
    """Fit the gapped k-mer model."""
    input:
        sequences=training_files(PLAN.training),
    output:
        weights="<results>/gkm/model.safetensors",
        config="<results>/gkm/config.json",
        validation="<results>/gkm/validation.tsv",
    log:
        "<logs>/fit_gkm.log",
    benchmark:
        "<benchmarks>/fit_gkm.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: 1
    resources:
        mem_mb=grow(3000),
        runtime=grow(60),
    params:
        members=NETWORKS.all_members(),
        negatives=config["negatives"]["training"],
        settings=config["gkm"],
        balance=config["training"]["balance"],
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("fit_gkm"),
    script:
        "../../scripts/fit_gkm.py"


use rule fit_gkm as fit_pooled_gkm with:
    """Fit the gapped k-mer models of several factors."""
    output:
        weights="<results>/gkm/pooled/model.safetensors",
        config="<results>/gkm/pooled/config.json",
        validation="<results>/gkm/pooled/validation.tsv",
    log:
        "<logs>/fit_pooled_gkm.log",
    benchmark:
        "<benchmarks>/fit_pooled_gkm.tsv"
    params:
        members=NETWORKS.pooled_kmer_members(),
        negatives=pooled_kmer_negatives(config["negatives"]["training"]),
        settings=config["gkm"] | {"strengths": [config["gkm"]["pooled_strength"]]},


rule fit_mixture:
    """Fit a mixture of the networks."""
    input:
        networks=lambda wildcards: NETWORKS.pool_weights(
            [NETWORKS.mixtures[wildcards.mixture]], [wildcards.seed]
        ),
        sequences=training_files(PLAN.training),
        training_peaks=NETWORKS.training_peaks,
    output:
        weights=f"{MIXTURE_FOLDER}/model.safetensors",
        config=f"{MIXTURE_FOLDER}/config.json",
        history=f"{MIXTURE_FOLDER}/history.tsv",
        gate=f"{MIXTURE_FOLDER}/gate.parquet",
        networks=f"{MIXTURE_FOLDER}/networks.tsv",
    log:
        "<logs>/fit_mixture/{mixture}.seed{seed}.log",
    benchmark:
        "<benchmarks>/fit_mixture/{mixture}.seed{seed}.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        # the embeddings of each network are kept
        mem_mb=grow(lambda input: 2500 + 30 * len(input.networks)),
        runtime=grow(60),
        gpu=GPU,
    params:
        pool=lambda wildcards: NETWORKS.trained_on(NETWORKS.mixtures[wildcards.mixture]),
        negatives=lambda wildcards: NETWORKS.mixtures[wildcards.mixture].negatives,
        settings=lambda wildcards: mixture_settings(NETWORKS.mixtures[wildcards.mixture]),
        compute=COMPUTE,
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("fit_mixture"),
    script:
        "../../scripts/fit_mixture.py"


rule fit_conditioned:
    """Fit the mixture that knows the factor."""
    input:
        **JASPAR_FILES,
        sequences=training_files(PLAN.training),
        networks=pool_tables(PLAN.scored, PLAN.seeds),
        mixtures=mixture_weights(PLAN.scored, PLAN.seeds),
        pooled=[
            weights_of(PLAN.own, network, seed) for seed in PLAN.seeds for network in PLAN.pooled
        ],
        background=NETWORKS.background_weights(),
        left_out=NETWORKS.left_out_weights(),
        gapped_kmers=MODELS_GKM,
        pooled_kmers=MODELS_POOLED_GKM,
        training_peaks=NETWORKS.training_peaks,
    output:
        config="<results>/moe/conditioned/config.json",
        background="<results>/moe/conditioned/background.parquet",
        left_out="<results>/moe/conditioned/left_out.tsv",
        left_out_scores="<results>/moe/conditioned/left_out_scores.parquet",
    log:
        "<logs>/fit_conditioned.log",
    benchmark:
        "<benchmarks>/fit_conditioned.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(3000),
        runtime=grow(60),
        gpu=GPU,
    params:
        factors=NETWORKS.conditioned_factors(),
        recipes=[recipe.models() for recipe in PLAN.scored],
        seeds=PLAN.seeds,
        dependent_data_types=config["motifs"]["dependent_data_types"],
        compute=COMPUTE,
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("fit_conditioned"),
    script:
        "../../scripts/fit_conditioned.py"


# trials of the published analysis of variance, if they are passes with dropout on
MODELS_DROPOUT = (
    {"dropout": "<results>/predictions/{experiment}.dropout.tsv"}
    if config["evaluation"]["trials_from"] == "dropout"
    else {}
)
# the scores that the gate of the conditioned mixture weighs
MODELS_MEMBERS = (
    {"members": "<results>/predictions/{experiment}.members.parquet"} if MODELS_CONDITIONED else {}
)


rule predict:
    """Score the test sequences by all models."""
    input:
        **JASPAR_FILES,
        sequences="<results>/sequences/{experiment}.parquet",
        networks=pool_tables(PLAN.scored, PLAN.seeds),
        mixtures=mixture_weights(PLAN.scored, PLAN.seeds),
        pooled=[
            weights_of(PLAN.own, network, seed) for seed in PLAN.seeds for network in PLAN.pooled
        ],
        background=NETWORKS.background_weights(),
        gapped_kmers=MODELS_GKM,
        pooled_kmers=MODELS_POOLED_GKM,
        conditioned=MODELS_CONDITIONED,
        training_peaks=NETWORKS.training_peaks,
    output:
        **MODELS_DROPOUT,
        **MODELS_MEMBERS,
        predictions="<results>/predictions/{experiment}.parquet",
        gates="<results>/predictions/{experiment}.gates.parquet",
        matrix="<results>/predictions/{experiment}.matrix.tsv",
    log:
        "<logs>/predict/{experiment}.log",
    benchmark:
        "<benchmarks>/predict/{experiment}.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
        gpu=GPU,
    params:
        factor=lambda wildcards: EXPERIMENTS[wildcards.experiment].factor,
        family=lambda wildcards: EXPERIMENTS[wildcards.experiment].family,
        splits=lambda wildcards: (
            ["validation", "test"] if wildcards.experiment in PLAN.training else ["test"]
        ),
        recipes=[recipe.models() for recipe in PLAN.scored],
        seeds=PLAN.seeds,
        own_expert=lambda wildcards: PLAN.own_experts.get(wildcards.experiment),
        ignore_overlaps_with=lambda wildcards: (
            EXPERIMENTS[wildcards.experiment].factor
            if wildcards.experiment in PLAN.training
            else None
        ),
        dependent_data_types=config["motifs"]["dependent_data_types"],
        trials=config["evaluation"]["trials"],
        seed=config["seed"],
        compute=COMPUTE,
        inputs=SOURCES.digest,
        code=CODE.of("predict"),
    script:
        "../../scripts/predict.py"


rule adapt:
    """Adapt the mixture to few peaks of a new factor."""
    input:
        **JASPAR_FILES,
        sequences="<results>/sequences/{experiment}.parquet",
        sets=ADAPTATION_SEQUENCES,
        predictions="<results>/predictions/{experiment}.parquet",
        networks=pool_tables([PLAN.own], PLAN.seeds),
        mixtures=mixture_weights([PLAN.own], PLAN.seeds),
        pooled=[
            weights_of(PLAN.own, network, seed) for seed in PLAN.seeds for network in PLAN.pooled
        ],
        gapped_kmers=MODELS_GKM,
        pooled_kmers=MODELS_POOLED_GKM,
        conditioned="<results>/moe/conditioned/config.json",
    output:
        predictions="<results>/predictions/{experiment}.adapted.parquet",
        held_out="<results>/predictions/{experiment}.held_out.tsv",
    log:
        "<logs>/adapt/{experiment}.log",
    benchmark:
        "<benchmarks>/adapt/{experiment}.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(3000),
        runtime=grow(60),
        gpu=GPU,
    params:
        factor=lambda wildcards: EXPERIMENTS[wildcards.experiment].factor,
        family=lambda wildcards: EXPERIMENTS[wildcards.experiment].family,
        recipes=[PLAN.own.models()],
        seeds=PLAN.seeds,
        dependent_data_types=config["motifs"]["dependent_data_types"],
        settings={
            "draws": config["adaptation"]["draws"],
            "length": config["gkm"]["length"],
            "informative": config["gkm"]["informative"],
            "strengths": config["gkm"]["strengths"],
        },
        fine_tune=config["adaptation"]["fine_tune"],
        compute=COMPUTE,
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("adapt"),
    script:
        "../../scripts/adapt.py"
