"""The trained mixture to carry away."""

from dataclasses import asdict

# sections of the config that the model and its card do not depend on
APPLICATION_UNRELATED = (
    "ablations",
    "attribution",
    "development",
    *MEANS,
    "motifs",
    "recipes",
    "scan",
    "search",
)
# scripts that a model is made with; its inputs are made again where one of them changes
MODEL_SCRIPTS = [
    *(
        ["check_sequences", "import_sequences", "complete_sequences"]
        if READY
        else ["check_inputs", "prepare_genome", "select_windows", "draw_negatives"]
    ),
    "join_sequences",
    "export_jaspar",
    "train_expert",
    "fit_gkm",
    "fit_mixture",
    "fit_conditioned",
    "predict",
    "evaluate_models",
    "write_expected",
    "write_model",
]


rule write_model:
    """Write the trained mixture as a folder to carry away, with its card."""
    input:
        **JASPAR_FILES,
        networks=pool_tables([PLAN.own], PLAN.seeds),
        mixtures=mixture_weights([PLAN.own], PLAN.seeds),
        pooled=[
            weights_of(PLAN.own, network, seed) for seed in PLAN.seeds for network in PLAN.pooled
        ],
        gapped_kmers=MODELS_GKM,
        pooled_kmers=MODELS_POOLED_GKM,
        conditioned=MODELS_CONDITIONED,
        predictions=expand("<results>/predictions/{experiment}.parquet", experiment=PLAN.training),
        sequences=expand("<results>/sequences/{experiment}.parquet", experiment=PLAN.training),
        chromosomes=[] if READY else "<results>/genome/chromosomes.tsv",
        metrics="<results>/evaluation/metrics.tsv",
        left_out=("<results>/moe/conditioned/left_out_scores.parquet" if MODELS_CONDITIONED else []),
        expected="<results>/evaluation/expected.tsv" if MODELS_CONDITIONED else [],
    output:
        folder=directory("<results>/model"),
        archive="<results>/model.zip",
    log:
        "<logs>/write_model.log",
    benchmark:
        "<benchmarks>/write_model.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
        gpu=GPU,
    params:
        models=PLAN.own.models(),
        seeds=PLAN.seeds,
        described={
            "run": config["run"],
            "seed": config["seed"],
            "experts": {name: EXPERIMENTS[own[0]].factor for name, own in PLAN.experts.items()},
            "families": {row.factor: row.family for row in EXPERIMENTS.values()},
            "batch_size": config["compute"]["batch_size"],
            "adaptation": {
                "negatives": config["adaptation"]["negatives"],
                "matching": DATA_MATCHING,
                "max_n_share": config["windows"]["max_n_share"],
                "kmer_length": config["gkm"]["length"],
                "kmer_informative": config["gkm"]["informative"],
                "alpha": config["evaluation"]["alpha"],
            },
        },
        config={key: value for key, value in config.items() if key not in APPLICATION_UNRELATED},
        experiments={name: asdict(row) for name, row in EXPERIMENTS.items()},
        sources=FILES.origins,
        checksums=CHECKSUMS,
        made_with={script: CODE.of(script) for script in MODEL_SCRIPTS},
        compute=COMPUTE,
        dependent_data_types=config["motifs"]["dependent_data_types"],
        inputs=SOURCES.digest,
        code=CODE.of("write_model"),
    script:
        "../../scripts/write_model.py"
