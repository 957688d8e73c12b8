"""Evaluation: metrics of every model on every set, and tests of the differences between models."""

from tfmoe.core.relations import evaluation_role
from tfmoe.core.vocabulary import EvaluationRole
from tfmoe.evaluation.settings import ScoringSettings, StatisticsSettings

EVALUATION_SETS = [*PLAN.training, *PLAN.ood]
EVALUATION_STATISTICS = [
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
EVALUATION_TESTS = select_settings(config["evaluation"], StatisticsSettings)
EVALUATION_TESTS |= {"family": PLAN.compared}


rule evaluate_models:
    """Evaluate all models on the test split."""
    input:
        predictions=expand("<results>/predictions/{experiment}.parquet", experiment=EVALUATION_SETS),
        adapted=expand(
            "<results>/predictions/{experiment}.adapted.parquet", experiment=PLAN.adapted
        ),
        matrices=expand("<results>/predictions/{experiment}.matrix.tsv", experiment=EVALUATION_SETS),
        dropout=expand(list(MODELS_DROPOUT.values()), experiment=EVALUATION_SETS),
        held_out=expand("<results>/predictions/{experiment}.held_out.tsv", experiment=PLAN.adapted),
    output:
        **({"held_out": "<results>/evaluation/held_out.tsv"} if PLAN.adapted else {}),
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
                "role": evaluation_role(EXPERIMENTS[name].role, EXPERIMENTS[name].stratum).value,
                "stratum": EXPERIMENTS[name].stratum,
            }
            for name in EVALUATION_SETS
        ],
        adapted=PLAN.adapted,
        settings=select_settings(config["evaluation"], ScoringSettings),
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("evaluate_models"),
    script:
        "../../scripts/evaluate_models.py"


rule write_statistics:
    """Test the differences between models."""
    input:
        metrics=rules.evaluate_models.output.metrics,
        comparisons=rules.evaluate_models.output.comparisons,
        trials=rules.evaluate_models.output.trials,
    output:
        **{name: f"<results>/statistics/{name}.tsv" for name in EVALUATION_STATISTICS},
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
        settings=EVALUATION_TESTS,
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("write_statistics"),
    script:
        "../../scripts/write_statistics.py"


rule write_expected:
    """Estimate the AUROC to expect of new factors."""
    input:
        left_out="<results>/moe/conditioned/left_out.tsv",
        metrics=rules.evaluate_models.output.metrics,
    output:
        table="<results>/evaluation/expected.tsv",
    log:
        "<logs>/write_expected.log",
    benchmark:
        "<benchmarks>/write_expected.tsv"
    conda:
        "../../envs/evaluation.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        inputs=SOURCES.digest,
        code=CODE.of("write_expected"),
    script:
        "../../scripts/write_expected.py"


# unseen factors, whose scores the controls of the conditioned mixture change
EVALUATION_UNSEEN = [
    name
    for name in PLAN.ood
    if evaluation_role(EXPERIMENTS[name].role, EXPERIMENTS[name].stratum) == EvaluationRole.OOD
]


rule measure_controls:
    """Score the control sets."""
    input:
        **JASPAR_FILES,
        predictions=expand(
            "<results>/predictions/{experiment}.parquet", experiment=EVALUATION_UNSEEN
        ),
        members=expand(
            "<results>/predictions/{experiment}.members.parquet", experiment=EVALUATION_UNSEEN
        ),
        sequences=expand("<results>/sequences/{experiment}.parquet", experiment=EVALUATION_UNSEEN),
        # negatives may be peaks of any other factor; ready sequences have no coordinates
        regions=[] if READY else expand(DATA_WINDOWS, experiment=EXPERIMENTS),
        gapped_kmers=MODELS_GKM,
        pooled_kmers=MODELS_POOLED_GKM,
        conditioned="<results>/moe/conditioned/config.json",
    output:
        controls="<results>/evaluation/controls.tsv",
        summary="<results>/evaluation/controls_summary.tsv",
    log:
        "<logs>/measure_controls.log",
    benchmark:
        "<benchmarks>/measure_controls.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: 1
    resources:
        mem_mb=grow(3000),
        runtime=grow(60),
    params:
        experiments=[
            {
                "experiment": name,
                "factor": row.factor,
                "family": row.family,
                "stratum": row.stratum,
            }
            for name, row in EXPERIMENTS.items()
        ],
        unseen=EVALUATION_UNSEEN,
        seeds=PLAN.seeds,
        dependent_data_types=config["motifs"]["dependent_data_types"],
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("measure_controls"),
    script:
        "../../scripts/measure_controls.py"
