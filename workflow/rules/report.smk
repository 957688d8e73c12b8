"""The one-page report, and the few lines that a run ends with."""

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
    "null_control": "motifs/null_control.tsv",
}
if SIMULATED:
    REPORT_TABLES["recovery"] = "motifs/recovery.tsv"
DRAWN = [
    *(f"audit_{name}" for name in AUDIT_FIGURES),
    *FIGURES,
    "critical_difference",
    "null_simulation",
    *MOTIF_FIGURES,
    "gate_motifs",
]
DATA = [
    "<results>/inputs/check.tsv",
    "<results>/sequences/audit.tsv",
    *(f"<results>/figures/audit_{name}.svg" for name in AUDIT_FIGURES),
]


# a page for each factor; two names that differ in case would be one file on some disks
FACTORS_OF_PAGES = {row.factor.upper(): row.factor for row in reversed(EXPERIMENTS.values())}
FACTOR_PAGES = [f"<results>/factors/{factor}.html" for factor in FACTORS_OF_PAGES.values()]


rule write_factor_pages:
    input:
        patterns=collect("{searched}/patterns.tsv", searched=SEARCHED),
        memes=collect("{searched}/motifs.meme", searched=SEARCHED),
        maps=[
            f"<results>/attribution/{experiment}/{model}/{config['motifs']['method']}.npz"
            for experiment, model in ATTRIBUTED
        ],
        seqlets=collect("{searched}/seqlets.bed", searched=SEARCHED),
        matches="<results>/motifs/jaspar.tsv",
        summary="<results>/motifs/summary.tsv",
        filters="<results>/motifs/filters.tsv",
        gate="<results>/motifs/gate_motifs.tsv",
        meme="<results>/jaspar/matrices.meme",
        matrices="<results>/jaspar/matrices.tsv",
    output:
        pages=report(
            FACTOR_PAGES,
            caption="../report/factor.rst",
            category="Motifs",
            labels={"what": "A factor's motifs"},
        ),
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
        searched=ATTRIBUTED,
        # experiments of a factor whose name differs in case between them are on one page
        factors=[
            [
                factor,
                [name for name, row in EXPERIMENTS.items() if row.factor.upper() == key],
            ]
            for key, factor in FACTORS_OF_PAGES.items()
        ],
        fdr=config["motifs"]["fdr"],
        code=stage_hash("report"),
    script:
        "../../scripts/write_factor_pages.py"


rule write_report:
    input:
        factors=FACTOR_PAGES,
        tables=[f"<results>/{path}" for path in REPORT_TABLES.values()],
        patterns=[
            f"<results>/motifs/{experiment}/{model}/patterns.tsv"
            for experiment, model in ATTRIBUTED
        ],
        statistics="<results>/statistics/report.md",
        checkpoints=[str(Path(path).with_name("config.json")) for _, path in NETWORKS],
        figures=collect("<results>/figures/{name}.svg", name=DRAWN),
        bitmaps=collect("<results>/figures/{name}.png", name=DRAWN),
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
        config={key: value for key, value in config.items() if key != "mirror"},
        tables=list(REPORT_TABLES),
        searched=ATTRIBUTED,
        experiments={
            name: {"factor": row.factor, "role": row.role, "stratum": row.stratum}
            for name, row in EXPERIMENTS.items()
        },
        experts=EXPERTS,
        code=stage_hash("report"),
    script:
        "../../scripts/write_report.py"
