"""The JASPAR release that matrices are taken from and motifs are checked against."""


rule export_jaspar:
    output:
        motifs="<results>/jaspar/matrices.meme",
        table="<results>/jaspar/matrices.tsv",
    log:
        "<logs>/export_jaspar.log",
    benchmark:
        "<benchmarks>/export_jaspar.tsv"
    conda:
        "../../envs/jaspar.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=config["jaspar"],
        code=stage_hash("jaspar"),
    script:
        "../../scripts/export_jaspar.py"
