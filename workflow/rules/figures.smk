"""Figures as SVG, PDF and PNG, each with the table that it is drawn from."""

FIGURES_EVALUATION = ["roc", "precision_recall", "auroc", "gate", "training"]
FIGURES_AUDIT = ["overlaps", "homology", "detectability", "composition"]
FIGURES_MOTIFS = ["motifs", "motifs_ood"] if config["attribution"]["ood"] else ["motifs"]
# model and seed of all that is trained or fitted, with its weights
FIGURES_TRAINED = NETWORKS.trained()


rule draw_audit:
    """Draw the figures of the audit."""
    input:
        **{name: f"<results>/sequences/{name}.tsv" for name in FIGURES_AUDIT},
    output:
        overlaps=report(
            "<results>/figures/audit_overlaps.svg",
            caption="../report/audit_overlaps.rst",
            category="Data",
            labels={"what": "Overlap with the training sets"},
        ),
        homology=report(
            "<results>/figures/audit_homology.svg",
            caption="../report/audit_homology.rst",
            category="Data",
            labels={"what": "Shared sequence between splits"},
        ),
        detectability=report(
            "<results>/figures/audit_detectability.svg",
            caption="../report/audit_detectability.rst",
            category="Data",
            labels={"what": "Detectability by composition alone"},
        ),
        composition=report(
            "<results>/figures/audit_composition.svg",
            caption="../report/audit_composition.rst",
            category="Data",
            labels={"what": "GC and repeats before and after matching"},
        ),
        others=collect(
            "<results>/figures/audit_{name}.{suffix}",
            name=FIGURES_AUDIT,
            suffix=["pdf", "png", "tsv"],
        ),
    log:
        "<logs>/draw_audit.log",
    benchmark:
        "<benchmarks>/draw_audit.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        experiments=SETS,
        inputs=SOURCES.digest,
        code=CODE.of("draw_audit"),
    script:
        "../../scripts/draw_audit.py"


rule draw_figures:
    """Draw ROC curves, AUROCs, gate and training."""
    input:
        metrics="<results>/evaluation/metrics.tsv",
        predictions=collect("<results>/predictions/{experiment}.parquet", experiment=EXPERIMENTS),
        gates=collect("<results>/predictions/{experiment}.gates.parquet", experiment=EXPERIMENTS),
        histories=[str(Path(path).with_name("history.tsv")) for _, path in FIGURES_TRAINED],
    output:
        roc=report(
            "<results>/figures/roc.svg",
            caption="../report/roc.rst",
            category="Evaluation",
            labels={"what": "ROC curves"},
        ),
        precision_recall=report(
            "<results>/figures/precision_recall.svg",
            caption="../report/precision_recall.rst",
            category="Evaluation",
            labels={"what": "Precision and recall"},
        ),
        auroc=report(
            "<results>/figures/auroc.svg",
            caption="../report/auroc.rst",
            category="Evaluation",
            labels={"what": "AUROC by model and set"},
        ),
        gate=report(
            "<results>/figures/gate.svg",
            caption="../report/gate.rst",
            category="Models",
            labels={"what": "Gate weights"},
        ),
        training=report(
            "<results>/figures/training.svg",
            caption="../report/training.rst",
            category="Models",
            labels={"what": "Training curves"},
        ),
        others=collect(
            "<results>/figures/{name}.{suffix}",
            name=FIGURES_EVALUATION,
            suffix=["pdf", "png", "tsv"],
        ),
    log:
        "<logs>/draw_figures.log",
    benchmark:
        "<benchmarks>/draw_figures.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        experiments=SETS,
        evaluated=list(EXPERIMENTS),
        experts=PLAN.experts,
        pool=list(PLAN.own.pool),
        networks=[network for network, _ in FIGURES_TRAINED],
        inputs=SOURCES.digest,
        code=CODE.of("draw_figures"),
    script:
        "../../scripts/draw_figures.py"


if PLAN.adapted:

    rule draw_few_peaks:
        """Draw the AUROC by number of peaks."""
        input:
            metrics="<results>/evaluation/metrics.tsv",
        output:
            svg=report(
                "<results>/figures/few_peaks.svg",
                caption="../report/few_peaks.rst",
                category="Evaluation",
                labels={"what": "AUROC against the number of peaks of a new factor"},
            ),
            others=collect("<results>/figures/few_peaks.{suffix}", suffix=["pdf", "png", "tsv"]),
        log:
            "<logs>/draw_few_peaks.log",
        benchmark:
            "<benchmarks>/draw_few_peaks.tsv"
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grow(1000),
            runtime=grow(20),
        params:
            inputs=SOURCES.digest,
            code=CODE.of("draw_few_peaks"),
        script:
            "../../scripts/draw_few_peaks.py"


rule draw_statistics:
    """Draw the ranks and the error rates of the tests."""
    input:
        ranks="<results>/statistics/ranks.tsv",
        friedman="<results>/statistics/friedman.tsv",
        rates="<results>/statistics/null_simulation.tsv",
    output:
        ranks=report(
            "<results>/figures/critical_difference.svg",
            caption="../report/critical_difference.rst",
            category="Tests",
            labels={"what": "Average ranks and critical difference"},
        ),
        rates=report(
            "<results>/figures/null_simulation.svg",
            caption="../report/null_simulation.rst",
            category="Tests",
            labels={"what": "How often each test is wrong"},
        ),
        others=collect(
            "<results>/figures/{name}.{suffix}",
            name=["critical_difference", "null_simulation"],
            suffix=["pdf", "png", "tsv"],
        ),
    log:
        "<logs>/draw_statistics.log",
    benchmark:
        "<benchmarks>/draw_statistics.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(20),
    params:
        inputs=SOURCES.digest,
        code=CODE.of("draw_statistics"),
    script:
        "../../scripts/draw_statistics.py"


rule draw_motifs:
    """Draw the motifs and their matches."""
    input:
        patterns=MOTIFS.files("patterns.tsv"),
        memes=MOTIFS.files("motifs.meme"),
        maps=MOTIFS.maps,
        matches="<results>/motifs/jaspar.tsv",
        motifs="<results>/jaspar/matrices.meme",
        matrices="<results>/jaspar/matrices.tsv",
    output:
        motifs=report(
            "<results>/figures/motifs.svg",
            caption="../report/motifs.rst",
            category="Motifs",
            labels={"what": "Motifs and their matches in JASPAR"},
        ),
        others=[
            f"<results>/figures/{name}.{suffix}"
            for name in FIGURES_MOTIFS
            for suffix in ("svg", "pdf", "png", "tsv")
            if (name, suffix) != ("motifs", "svg")
        ],
        logos=directory("<results>/figures/logos"),
    log:
        "<logs>/draw_motifs.log",
    benchmark:
        "<benchmarks>/draw_motifs.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        figures=FIGURES_MOTIFS,
        searched=[
            (MOTIFS.figure(experiment), experiment, EXPERIMENTS[experiment].factor, model)
            for experiment, model in MOTIFS.pairs
        ],
        fdr=config["motifs"]["fdr"],
        inputs=SOURCES.digest,
        code=CODE.of("draw_motifs"),
    script:
        "../../scripts/draw_motifs.py"


rule draw_gate_motifs:
    """Draw the gate and the experts' motifs."""
    input:
        table="<results>/motifs/gate_motifs.tsv",
    output:
        svg=report(
            "<results>/figures/gate_motifs.svg",
            caption="../report/gate_motifs.rst",
            category="Motifs",
            labels={"what": "Gate weights and the experts' motifs"},
        ),
        others=collect("<results>/figures/gate_motifs.{suffix}", suffix=["pdf", "png", "tsv"]),
    log:
        "<logs>/draw_gate_motifs.log",
    benchmark:
        "<benchmarks>/draw_gate_motifs.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        experiments=SETS,
        experts=PLAN.experts,
        inputs=SOURCES.digest,
        code=CODE.of("draw_gate_motifs"),
    script:
        "../../scripts/draw_gate_motifs.py"
