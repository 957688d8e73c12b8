"""A simulated genome with peaks whose truth is known; part of the data stage."""


rule simulate_genome:
    input:
        experiments=config["experiments"],
        motifs="<results>/jaspar/matrices.meme",
        table="<results>/jaspar/matrices.tsv",
        factors=FACTORS,
        families=FAMILIES,
    output:
        genome="<results>/simulation/genome.fa",
        peaks=expand("<results>/simulation/peaks/{name}.narrowPeak", name=EXPERIMENTS),
        truth="<results>/simulation/truth.tsv",
    log:
        "<logs>/simulate_genome.log",
    benchmark:
        "<benchmarks>/simulate_genome.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        settings=config["simulation"],
        code=stage_hash("data"),
    script:
        "../../scripts/simulate_genome.py"
