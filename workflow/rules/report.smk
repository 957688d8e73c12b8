"""Report and summary of a run, the statistics report, and the pages of the factors."""

REPORT_TABLES = {
    "check": "inputs/check.tsv",
    "windows": "regions/summary.tsv",
    "negatives": "sequences/negatives.tsv",
    "audit": "sequences/audit.tsv",
    "overlaps": "sequences/overlaps.tsv",
    "homology": "sequences/homology.tsv",
    "detectability": "sequences/detectability.tsv",
    "metrics": "evaluation/metrics.tsv",
    "best_expert": "evaluation/best_expert.tsv",
    "matrices": "evaluation/matrices.tsv",
    "pairwise": "statistics/pairwise.tsv",
    "faithfulness": "attribution/faithfulness.tsv",
    "quality": "attribution/quality.tsv",
    "localisation": "attribution/localisation.tsv",
    "matches": "motifs/jaspar.tsv",
    "motifs": "motifs/summary.tsv",
    "gate_motifs": "motifs/gate_motifs.tsv",
    "null_control": "motifs/null_control.tsv",
}
if SIMULATED:
    REPORT_TABLES["recovery"] = "motifs/recovery.tsv"
# the conditioned mixture is fitted on training factors that are left out
if MODELS_CONDITIONED:
    REPORT_TABLES["expected"] = "evaluation/expected.tsv"
    REPORT_TABLES["controls"] = "evaluation/controls_summary.tsv"
REPORT_FIGURES = [
    *(f"audit_{name}" for name in FIGURES_AUDIT),
    *FIGURES_EVALUATION,
    *(["few_peaks"] if PLAN.adapted else []),
    "critical_difference",
    "null_simulation",
    *FIGURES_MOTIFS,
    "gate_motifs",
]
# MultiQC reads files of this name
REPORT_MULTIQC = f"<results>/multiqc/tfmoe_{config['run']}_mqc.tsv"
REPORT_DATA = [
    "<results>/inputs/check.tsv",
    "<results>/sequences/audit.tsv",
    *(f"<results>/figures/audit_{name}.svg" for name in FIGURES_AUDIT),
]


# one page per factor; on some disks, names that differ only in case would be one file
REPORT_FACTORS = {row.factor.upper(): row.factor for row in reversed(EXPERIMENTS.values())}
REPORT_PAGES = [f"<results>/factors/{factor}.html" for factor in REPORT_FACTORS.values()]


rule write_factor_pages:
    """Write the pages of the factors."""
    input:
        patterns=MOTIFS.files("patterns.tsv"),
        memes=MOTIFS.files("motifs.meme"),
        maps=MOTIFS.maps,
        seqlets=MOTIFS.files("seqlets.bed"),
        matches="<results>/motifs/jaspar.tsv",
        summary="<results>/motifs/summary.tsv",
        filters="<results>/motifs/filters.tsv",
        gate="<results>/motifs/gate_motifs.tsv",
        meme="<results>/jaspar/matrices.meme",
        matrices="<results>/jaspar/matrices.tsv",
        metrics="<results>/evaluation/metrics.tsv",
        windows="<results>/regions/summary.tsv",
        logos="<results>/figures/logos",
    output:
        # the menu of Snakemake's report shows one entry per label
        pages=[
            report(
                page,
                caption="../report/factor.rst",
                category="Factors",
                labels={"factor": factor},
            )
            for factor, page in zip(REPORT_FACTORS.values(), REPORT_PAGES)
        ],
    log:
        "<logs>/write_factor_pages.log",
    benchmark:
        "<benchmarks>/write_factor_pages.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        run=config["run"],
        simulated=SIMULATED,
        searched=MOTIFS.pairs,
        experiments=SETS,
        experts=PLAN.experts,
        # one page for experiments whose factor differs only in case
        factors=[
            [
                factor,
                [name for name, row in EXPERIMENTS.items() if row.factor.upper() == key],
            ]
            for key, factor in REPORT_FACTORS.items()
        ],
        fdr=config["motifs"]["fdr"],
        inputs=SOURCES.digest,
        code=CODE.of("write_factor_pages"),
    script:
        "../../scripts/write_factor_pages.py"


rule write_statistics_report:
    """Write the statistics in words."""
    input:
        **{name: f"<results>/statistics/{name}.tsv" for name in EVALUATION_STATISTICS},
        metrics="<results>/evaluation/metrics.tsv",
        best_expert="<results>/evaluation/best_expert.tsv",
    output:
        report=report(
            "<results>/statistics/report.md",
            caption="../report/statistics.rst",
            category="Tests",
            labels={"what": "Statistics in words"},
        ),
    log:
        "<logs>/write_statistics_report.log",
    benchmark:
        "<benchmarks>/write_statistics_report.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        settings=EVALUATION_TESTS,
        inputs=SOURCES.digest,
        code=CODE.of("write_statistics_report"),
    script:
        "../../scripts/write_statistics_report.py"


rule write_report:
    """Write the report and the summary."""
    input:
        factors=REPORT_PAGES,
        tables=[f"<results>/{path}" for path in REPORT_TABLES.values()],
        patterns=MOTIFS.files("patterns.tsv"),
        statistics="<results>/statistics/report.md",
        checkpoints=[str(Path(path).with_name("config.json")) for _, path in FIGURES_TRAINED],
        figures=collect("<results>/figures/{name}.svg", name=REPORT_FIGURES),
        bitmaps=collect("<results>/figures/{name}.png", name=REPORT_FIGURES),
        logos="<results>/figures/logos",
    output:
        page=report(
            "<results>/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"what": "The whole run on one page"},
        ),
        summary="<results>/summary.txt",
    log:
        "<logs>/write_report.log",
    benchmark:
        "<benchmarks>/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(20),
    params:
        config=without_means(config),
        tables=list(REPORT_TABLES),
        searched=MOTIFS.pairs,
        experiments=SETS,
        experts=PLAN.experts,
        inputs=SOURCES.digest,
        code=CODE.of("write_report"),
    script:
        "../../scripts/write_report.py"


rule write_multiqc:
    """Write the results as a table for MultiQC."""
    input:
        metrics="<results>/evaluation/metrics.tsv",
        windows="<results>/regions/summary.tsv",
        motifs="<results>/motifs/summary.tsv",
    output:
        table=REPORT_MULTIQC,
    log:
        "<logs>/write_multiqc.log",
    benchmark:
        "<benchmarks>/write_multiqc.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        run=config["run"],
        experiments=SETS,
        experts=PLAN.experts,
        inputs=SOURCES.digest,
        code=CODE.of("write_multiqc"),
    script:
        "../../scripts/write_multiqc.py"
