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
    "matches": "motifs/jaspar.tsv",
    "motifs": "motifs/summary.tsv",
    "null_control": "motifs/null_control.tsv",
}
if SIMULATED:
    REPORT_TABLES |= {
        "localisation": "attribution/localisation.tsv",
        "recovery": "motifs/recovery.tsv",
    }
DRAWN = [
    *(f"audit_{name}" for name in AUDIT_FIGURES),
    *FIGURES,
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
FACTOR_PAGES = {row.factor.upper(): row.factor for row in reversed(EXPERIMENTS.values())}


def experiments_of(wildcards):
    """The experiments of a factor, whose name may differ in case between them."""
    return [
        name for name, row in EXPERIMENTS.items() if row.factor.upper() == wildcards.factor.upper()
    ]


def searches_of(wildcards):
    """The searches for motifs of a factor: pairs of experiment and model."""
    own = experiments_of(wildcards)
    return [list(pair) for pair in ATTRIBUTED if pair[0] in own]


def of_searches(file):
    """The file of this name of each search of a factor."""
    return lambda wildcards: [
        f"<results>/motifs/{experiment}/{model}/{file}"
        for experiment, model in searches_of(wildcards)
    ]


rule write_factor_page:
    input:
        patterns=of_searches("patterns.tsv"),
        memes=of_searches("motifs.meme"),
        seqlets=of_searches("seqlets.bed"),
        maps=lambda wildcards: [
            f"<results>/attribution/{experiment}/{model}/{config['motifs']['method']}.npz"
            for experiment, model in searches_of(wildcards)
        ],
        matches="<results>/motifs/jaspar.tsv",
        summary="<results>/motifs/summary.tsv",
        filters="<results>/motifs/filters.tsv",
        gate="<results>/motifs/gate_motifs.tsv",
        meme="<results>/jaspar/matrices.meme",
        matrices="<results>/jaspar/matrices.tsv",
    output:
        page=report(
            "<results>/factors/{factor}.html",
            caption="../report/factor.rst",
            category="Motifs",
            labels={"what": "{factor}"},
        ),
    log:
        "<logs>/write_factor_page/{factor}.log",
    benchmark:
        "<benchmarks>/write_factor_page/{factor}.tsv"
    wildcard_constraints:
        factor="|".join(map(re.escape, FACTOR_PAGES.values())),
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        run=config["run"],
        factor="{factor}",
        simulated=SIMULATED,
        experiments=experiments_of,
        searched=searches_of,
        fdr=config["motifs"]["fdr"],
        code=stage_hash("report"),
    script:
        "../../scripts/write_factor_page.py"


rule write_report:
    input:
        factors=collect("<results>/factors/{factor}.html", factor=FACTOR_PAGES.values()),
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
        mem_mb=2000,
        runtime=20,
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
