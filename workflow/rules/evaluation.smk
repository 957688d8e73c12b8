"""How good each model is on each set, and which differences between models a test carries."""

EVALUATED = [*TRAINING, *OOD]
STATISTICS = [
    "two_way",
    "pairwise",
    "tukey",
    "wilcoxon",
    "friedman",
    "ranks",
    "variance_components",
    "power",
    "delong_counts",
    "anova_as_published",
    "tukey_as_published",
    "above_background",
    "null_simulation",
]
# which recipes are scored shows in the predictions
SCORING = {key: value for key, value in config["evaluation"].items() if key != "recipes"}
SCORING |= {"family": PLAN.compared}


rule evaluate_models:
    input:
        predictions=expand("<results>/predictions/{experiment}.parquet", experiment=EVALUATED),
        matrices=expand("<results>/predictions/{experiment}.matrix.tsv", experiment=EVALUATED),
        dropout=expand(list(DROPOUT_TRIALS.values()), experiment=EVALUATED),
    output:
        metrics=report(
            "<results>/evaluation/metrics.tsv",
            caption="../report/metrics.rst",
            category="Evaluation",
            labels={"what": "Metrics"},
        ),
        comparisons="<results>/evaluation/comparisons.tsv",
        trials="<results>/evaluation/trials.tsv",
        best_expert="<results>/evaluation/best_expert.tsv",
        matrices="<results>/evaluation/matrices.tsv",
        calibration="<results>/evaluation/calibration.tsv",
    log:
        "<logs>/evaluate_models.log",
    benchmark:
        "<benchmarks>/evaluate_models.tsv"
    conda:
        "../../envs/evaluation.yaml"
    threads: 1
    resources:
        mem_mb=grow(1500),
        runtime=grow(60),
    params:
        experiments=[
            {
                "experiment": name,
                "factor": EXPERIMENTS[name].factor,
                "role": "in_distribution" if name in TRAINING else "ood",
                "stratum": EXPERIMENTS[name].stratum,
            }
            for name in EVALUATED
        ],
        settings=SCORING,
        seed=config["seed"],
        code=stage_hash("evaluation"),
    script:
        "../../scripts/evaluate_models.py"


rule write_statistics:
    input:
        metrics=rules.evaluate_models.output.metrics,
        comparisons=rules.evaluate_models.output.comparisons,
        trials=rules.evaluate_models.output.trials,
    output:
        **{name: f"<results>/statistics/{name}.tsv" for name in STATISTICS},
    log:
        "<logs>/write_statistics.log",
    benchmark:
        "<benchmarks>/write_statistics.tsv"
    conda:
        "../../envs/evaluation.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        settings=SCORING,
        seed=config["seed"],
        code=stage_hash("evaluation"),
    script:
        "../../scripts/write_statistics.py"
