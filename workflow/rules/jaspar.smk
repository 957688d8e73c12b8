"""The matrices that sets are scored with and motifs are checked against: JASPAR's, or a file's."""


rule export_jaspar:
    """Export the matrices of JASPAR."""
    input:
        # named, so that it is a list with one file as without any
        own=source_paths(FILES.matrices),
    output:
        motifs="<results>/jaspar/matrices.meme",
        table="<results>/jaspar/matrices.tsv",
    log:
        "<logs>/export_jaspar.log",
    benchmark:
        "<benchmarks>/export_jaspar.tsv"
    # the check of all inputs reads the names of the matrices
    priority: CHECK_PRIORITY
    conda:
        "../../envs/jaspar.yaml"
    threads: 1
    resources:
        mem_mb=grow(500),
        runtime=grow(10),
    params:
        settings=config["jaspar"],
        inputs=SOURCES.digest,
        code=CODE.of("export_jaspar"),
    script:
        "../../scripts/export_jaspar.py"
