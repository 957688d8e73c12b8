"""Scan of the genome by the trained mixture, one job per factor and chromosome; only for the target `scan`.

Which chromosomes there are is known once the genome is prepared, so a checkpoint lists them.
"""

from tfmoe.workflow.scanned import NAME, ScanTime, scanned_chromosomes

# a mixture without knowledge of a factor scores whether any factor binds
SCAN_FACTORS = (
    config["scan"]["factors"]
    or sorted({EXPERIMENTS[own[0]].factor for own in PLAN.experts.values()})
    if config["conditioned"]["fit"]
    else ["any"]
)
SCAN_PART = "<results>/scan/{scanned}/chromosomes/{chrom}"
SCAN_TIME = ScanTime(
    NETWORKS.scan_backbones(conditioned=config["conditioned"]["fit"]),
    config["scan"]["stride"],
    gpu=bool(GPU),
)


wildcard_constraints:
    scanned=one_of(SCAN_FACTORS),
    chrom=NAME,


rule scan:
    """Target: score every position of the genome by the mixture."""
    input:
        collect(
            "<results>/scan/{scanned}/{name}", scanned=SCAN_FACTORS, name=["logits.bw", "hits.bed"]
        ),


checkpoint list_scanned:
    """List the chromosomes to scan."""
    input:
        chromosomes="<results>/genome/chromosomes.tsv",
    output:
        chromosomes="<results>/scan/chromosomes.tsv",
    log:
        "<logs>/list_scanned.log",
    benchmark:
        "<benchmarks>/list_scanned.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        inputs=SOURCES.digest,
        code=CODE.of("list_scanned"),
    script:
        "../../scripts/list_scanned.py"


rule scan_chromosome:
    """Scan a chromosome."""
    input:
        model=rules.write_model.output.folder,
        fasta=DATA_GENOME,
        index="<results>/genome/genome.fa.fai",
        # for the time that the job requests
        chromosomes=ancient("<results>/scan/chromosomes.tsv"),
    output:
        track=f"{SCAN_PART}.bw",
        hits=f"{SCAN_PART}.bed",
    log:
        "<logs>/scan_chromosome/{scanned}.{chrom}.log",
    benchmark:
        "<benchmarks>/scan_chromosome/{scanned}.{chrom}.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: config["compute"]["threads"]
    resources:
        mem_mb=grow(3000),
        runtime=grow(
            lambda input, wildcards: SCAN_TIME.minutes(input.chromosomes, wildcards.chrom),
            by_wildcards=True,
        ),
        gpu=GPU,
    params:
        factor=lambda wildcards: None if wildcards.scanned == "any" else wildcards.scanned,
        stride=config["scan"]["stride"],
        precision=config["scan"]["precision"],
        compute=COMPUTE,
        inputs=SOURCES.digest,
        code=CODE.of("scan_chromosome"),
    script:
        "../../scripts/scan_chromosome.py"


rule join_scan:
    """Join the scanned chromosomes."""
    input:
        tracks=lambda wildcards: collect(
            f"{SCAN_PART}.bw",
            chrom=scanned_chromosomes(checkpoints.list_scanned.get().output.chromosomes),
            allow_missing=True,
        ),
        hits=lambda wildcards: collect(
            f"{SCAN_PART}.bed",
            chrom=scanned_chromosomes(checkpoints.list_scanned.get().output.chromosomes),
            allow_missing=True,
        ),
    output:
        track="<results>/scan/{scanned}/logits.bw",
        hits="<results>/scan/{scanned}/hits.bed",
    log:
        "<logs>/join_scan/{scanned}.log",
    benchmark:
        "<benchmarks>/join_scan/{scanned}.tsv"
    conda:
        f"../../envs/models_{TORCH}.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(120),
    params:
        stride=config["scan"]["stride"],
        inputs=SOURCES.digest,
        code=CODE.of("join_scan"),
    script:
        "../../scripts/join_scan.py"
