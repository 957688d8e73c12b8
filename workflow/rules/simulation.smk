"""A simulated genome with peaks whose truth is known; part of the data stage."""


rule simulate_genome:
    """Simulate a genome and peaks with planted motifs."""
    input:
        **JASPAR_FILES,
        experiments=ancient(config["experiments"]),
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
        inputs=SOURCES.digest,
        code=CODE.of("simulate_genome"),
    script:
        "../../scripts/simulate_genome.py"
