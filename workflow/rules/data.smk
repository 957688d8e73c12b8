"""From peak files and a genome to labelled sequences in four splits."""

# Bad input is found before anything is trained: the data rules come first among jobs that are ready,
# and the check of all inputs first among them. No rule waits for that check, which reads all peak
# files: an experiment that is added must not rerun what belongs to the others.
CHECK_PRIORITY = 20
DATA_PRIORITY = 10

# in megabases; no chromosome of the genomes in use is longer
LONGEST = 300

NAMING = {key: config["genome"][key] for key in ("aliases", "assembly")}
BLACKLIST_INPUT = [BLACKLIST.path] if BLACKLIST else []


# on a cluster it is the head node that reaches the internet
localrules:
    fetch_file,


rule fetch_file:
    output:
        file="resources/downloads/{sha256}/{name}",
    log:
        "<logs>/fetch_file/{sha256}.{name}.log",
    benchmark:
        "<benchmarks>/fetch_file/{sha256}.{name}.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=240,
    params:
        url=lambda wildcards: REMOTE[wildcards.sha256],
    script:
        "../../scripts/fetch_file.py"


rule prepare_genome:
    input:
        fasta=GENOME.path,
    output:
        fasta="<results>/genome/genome.fa",
        index="<results>/genome/genome.fa.fai",
        chromosomes="<results>/genome/chromosomes.tsv",
    log:
        "<logs>/prepare_genome.log",
    benchmark:
        "<benchmarks>/prepare_genome.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        sha256=unchecked(GENOME),
        chromosomes=config["genome"]["chromosomes"],
        code=stage_hash("data"),
    script:
        "../../scripts/prepare_genome.py"


rule check_inputs:
    input:
        experiments=config["experiments"],
        peaks=[place.path for place in PEAKS.values()],
        chromosomes="<results>/genome/chromosomes.tsv",
        blacklist=BLACKLIST_INPUT,
    output:
        table="<results>/inputs/check.tsv",
    log:
        "<logs>/check_inputs.log",
    benchmark:
        "<benchmarks>/check_inputs.tsv"
    priority: CHECK_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        sha256=[unchecked(place) for place in PEAKS.values()],
        blacklist_sha256=unchecked(BLACKLIST),
        genome=NAMING,
        splits=config["splits"],
        length=config["windows"]["length"],
        code=stage_hash("data"),
    script:
        "../../scripts/check_inputs.py"


rule merge_training_peaks:
    input:
        peaks=[PEAKS[name].path for name in TRAINING],
        chromosomes="<results>/genome/chromosomes.tsv",
    output:
        bed="<results>/regions/training_peaks.bed.gz",
        index="<results>/regions/training_peaks.bed.gz.tbi",
    log:
        "<logs>/merge_training_peaks.log",
    benchmark:
        "<benchmarks>/merge_training_peaks.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        factors=[EXPERIMENTS[name].factor for name in TRAINING],
        genome=NAMING,
        length=config["windows"]["length"],
        code=stage_hash("data"),
    script:
        "../../scripts/merge_training_peaks.py"


rule select_windows:
    input:
        peaks=lambda wildcards: PEAKS[wildcards.experiment].path,
        genome="<results>/genome/genome.fa",
        index="<results>/genome/genome.fa.fai",
        chromosomes="<results>/genome/chromosomes.tsv",
        blacklist=BLACKLIST_INPUT,
    output:
        windows="<results>/regions/{experiment}.bed.gz",
        index="<results>/regions/{experiment}.bed.gz.tbi",
        filters="<results>/regions/{experiment}.filters.tsv",
    log:
        "<logs>/select_windows/{experiment}.log",
    benchmark:
        "<benchmarks>/select_windows/{experiment}.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input: 1000 + int(2 * min(input.size_mb, LONGEST)),
        runtime=30,
    params:
        settings=config["windows"],
        genome=NAMING,
        code=stage_hash("data"),
    script:
        "../../scripts/select_windows.py"


rule draw_negatives:
    input:
        windows="<results>/regions/{experiment}.bed.gz",
        peaks=peaks_of_factor,
        genome="<results>/genome/genome.fa",
        index="<results>/genome/genome.fa.fai",
        chromosomes="<results>/genome/chromosomes.tsv",
        blacklist=BLACKLIST_INPUT,
    output:
        sequences="<results>/sequences/{experiment}.parquet",
        summary="<results>/sequences/{experiment}.negatives.tsv",
    log:
        "<logs>/draw_negatives/{experiment}.log",
    benchmark:
        "<benchmarks>/draw_negatives/{experiment}.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        # a chromosome as bytes and as running sums of 4 bytes
        mem_mb=lambda wildcards, input: 1500 + int(10 * min(input.size_mb, LONGEST)),
        runtime=60,
    params:
        role=lambda wildcards: EXPERIMENTS[wildcards.experiment].role,
        settings=config["negatives"],
        windows=config["windows"],
        genome=NAMING,
        splits=config["splits"],
        seed=config["seed"],
        code=stage_hash("data"),
    script:
        "../../scripts/draw_negatives.py"


rule audit_sequences:
    input:
        sequences=collect("<results>/sequences/{experiment}.parquet", experiment=EXPERIMENTS),
        negatives=collect("<results>/sequences/{experiment}.negatives.tsv", experiment=EXPERIMENTS),
        filters=collect("<results>/regions/{experiment}.filters.tsv", experiment=EXPERIMENTS),
        training_peaks="<results>/regions/training_peaks.bed.gz",
        experiments=config["experiments"],
    output:
        audit=report(
            "<results>/sequences/audit.tsv",
            caption="../report/audit.rst",
            category="Data",
            labels={"what": "Audit of leakage and detectability"},
        ),
        negatives="<results>/sequences/negatives.tsv",
        windows="<results>/regions/summary.tsv",
    log:
        "<logs>/audit_sequences.log",
    benchmark:
        "<benchmarks>/audit_sequences.tsv"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        seed=config["seed"],
        code=stage_hash("data"),
    script:
        "../../scripts/audit_sequences.py"
