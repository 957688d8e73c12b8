"""Experts, pooled networks, other baselines, the mixture, and what they say of each experiment."""

# the baseline on gapped k-mers, if the run has it
GAPPED_KMERS = ["<results>/gkm/model.safetensors"] if config["gkm"]["fit"] else []
# where a training is kept while it runs: beside its outputs, which Snakemake removes if it fails,
# it would be lost when it is needed
STATE_FOLDER = EXPERT_FOLDER.replace("<results>", f"results/{config['run']}/.state")


rule train_expert:
    input:
        sequences=training_sequences,
        training_peaks=peaks_of_training,
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
        members=lambda wildcards: members_of(wildcards.expert),
        negatives=lambda wildcards: RECIPES[wildcards.recipe].negatives,
        settings=training_settings,
        compute=COMPUTE,
        seed=config["seed"],
        state=STATE_FOLDER,
        code=stage_hash("models"),
    script:
        "../../scripts/train_expert.py"


rule fit_gkm:
    input:
        sequences=collect("<results>/sequences/{experiment}.parquet", experiment=TRAINING),
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
        members=[member for expert in EXPERTS for member in members_of(expert)],
        negatives=config["negatives"]["training"],
        settings=config["gkm"],
        balance=config["training"]["balance"],
        seed=config["seed"],
        code=stage_hash("models"),
    script:
        "../../scripts/fit_gkm.py"


rule fit_mixture:
    input:
        networks=lambda wildcards: pool_weights([MIXTURES[wildcards.mixture]], [wildcards.seed]),
        sequences=collect("<results>/sequences/{experiment}.parquet", experiment=TRAINING),
        training_peaks=TRAINING_PEAKS,
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
        # what each network says of the examples is kept
        mem_mb=grow(lambda input: 2500 + 30 * len(input.networks)),
        runtime=grow(60),
        gpu=GPU,
    params:
        pool=lambda wildcards: trained_on(MIXTURES[wildcards.mixture]),
        negatives=lambda wildcards: MIXTURES[wildcards.mixture].negatives,
        settings=lambda wildcards: mixture_settings(MIXTURES[wildcards.mixture]),
        compute=COMPUTE,
        seed=config["seed"],
        code=stage_hash("models"),
    script:
        "../../scripts/fit_mixture.py"


# the trials of the published analysis of variance, where they are passes with dropout on
DROPOUT_TRIALS = (
    {"dropout": "<results>/predictions/{experiment}.dropout.tsv"}
    if config["evaluation"]["trials_from"] == "dropout"
    else {}
)


rule predict:
    input:
        sequences="<results>/sequences/{experiment}.parquet",
        networks=pool_tables(PLAN.beside, SEEDS),
        mixtures=mixture_weights(PLAN.beside, SEEDS),
        pooled=[weights_of(OWN, network, seed) for seed in SEEDS for network in PLAN.pooled],
        background=background_weights(),
        gapped_kmers=GAPPED_KMERS,
        training_peaks=TRAINING_PEAKS,
        motifs="<results>/jaspar/matrices.meme",
        matrices="<results>/jaspar/matrices.tsv",
        factors=FACTORS,
        families=FAMILIES,
    output:
        **DROPOUT_TRIALS,
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
        splits=lambda wildcards: (
            ["validation", "test"] if wildcards.experiment in TRAINING else ["test"]
        ),
        recipes=[recipe.models() for recipe in PLAN.beside],
        seeds=SEEDS,
        own_expert=lambda wildcards: next(
            (expert for expert, own in EXPERTS.items() if wildcards.experiment in own), None
        ),
        dependent_data_types=config["motifs"]["dependent_data_types"],
        trials=config["evaluation"]["trials"],
        seed=config["seed"],
        compute=COMPUTE,
        code=stage_hash("models"),
    script:
        "../../scripts/predict.py"
