"""The figures and tables of the paper, drawn from a run; a target of their own."""

PAPER_FIGURES = ["roc", "auroc", "anova", "gate", "attribution", "published", "published_table"]
# the mixture's maps, by training experiment and method
PAPER_MAPS = [
    (experiment, method)
    for experiment in PLAN.training
    for method in config["attribution"]["methods"]
]


rule draw_paper:
    """Draw the figures of the paper."""
    input:
        metrics="<results>/evaluation/metrics.tsv",
        anova="<results>/statistics/anova_as_published.tsv",
        null="<results>/statistics/null_simulation.tsv",
        predictions=collect("<results>/predictions/{experiment}.parquet", experiment=EXPERIMENTS),
        gates=collect("<results>/predictions/{experiment}.gates.parquet", experiment=EXPERIMENTS),
        maps=[
            f"<results>/attribution/{experiment}/moe/{method}.npz"
            for experiment, method in PAPER_MAPS
        ],
        published=ancient(TABLES.published),
    output:
        roc=report(
            "<results>/paper/roc.svg",
            caption="../report/paper_roc.rst",
            category="Paper",
            labels={"what": "ROC curves of every model"},
        ),
        auroc=report(
            "<results>/paper/auroc.svg",
            caption="../report/paper_auroc.rst",
            category="Paper",
            labels={"what": "AUROC of every model"},
        ),
        anova=report(
            "<results>/paper/anova.svg",
            caption="../report/paper_anova.rst",
            category="Paper",
            labels={"what": "Analysis of variance as published"},
        ),
        gate=report(
            "<results>/paper/gate.svg",
            caption="../report/gate.rst",
            category="Paper",
            labels={"what": "Gate weights"},
        ),
        attribution=report(
            "<results>/paper/attribution.svg",
            caption="../report/paper_attribution.rst",
            category="Paper",
            labels={"what": "Attribution of strong positives"},
        ),
        published=report(
            "<results>/paper/published.svg",
            caption="../report/paper_published.rst",
            category="Paper",
            labels={"what": "Published against reproduced"},
        ),
        published_table=report(
            "<results>/paper/published_table.svg",
            caption="../report/paper_published.rst",
            category="Paper",
            labels={"what": "Published against reproduced, table"},
        ),
        others=collect(
            "<results>/paper/{name}.{suffix}",
            name=PAPER_FIGURES,
            suffix=["pdf", "png", "tsv"],
        ),
    log:
        "<logs>/draw_paper.log",
    benchmark:
        "<benchmarks>/draw_paper.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        experiments=SETS,
        # a set of the paper is known by its file
        checksums={name: row.sha256 for name, row in EXPERIMENTS.items()},
        experts=PLAN.experts,
        members=list(PLAN.own.pool),
        attributed=PAPER_MAPS,
        inputs=SOURCES.digest,
        code=CODE.of("draw_paper"),
    script:
        "../../scripts/draw_paper.py"


rule paper_figures:
    """Target: the figures of the paper's benchmark."""
    input:
        collect("<results>/paper/{name}.svg", name=PAPER_FIGURES),
