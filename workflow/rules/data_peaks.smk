"""From peak files and a genome to labelled sequences in four splits."""

# in megabases; few genomes have a longer chromosome, and where one has, a job may need more memory
LONGEST = 300

NAMING = {key: config["genome"][key] for key in ("aliases", "assembly")}
BLACKLIST_INPUT = [BLACKLIST.path] if BLACKLIST else []


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
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        checksums=unchecked([GENOME]),
        chromosomes=config["genome"]["chromosomes"],
        code=stage_hash("data"),
    script:
        "../../scripts/prepare_genome.py"


rule check_inputs:
    input:
        experiments=config["experiments"],
        peaks=[place.path for places in FILES.values() for place in places],
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
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        # of each peak file: its experiment, and its checksum if it was not checked yet
        owners=[name for name, places in FILES.items() for _ in places],
        checksums=[checksum for places in FILES.values() for checksum in unchecked(places)],
        blacklist_checksums=unchecked([BLACKLIST] if BLACKLIST else []),
        genome=NAMING,
        splits=config["splits"],
        windows=config["windows"],
        experts=EXPERTS,
        minimum_positives=config["training"]["minimum_positives"],
        seed=config["seed"],
        code=stage_hash("data"),
    script:
        "../../scripts/check_inputs.py"


rule merge_training_peaks:
    input:
        peaks=[place.path for name in TRAINING for place in FILES[name]],
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
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        # of each peak file
        experiments=[name for name in TRAINING for _ in FILES[name]],
        factors=[EXPERIMENTS[name].factor for name in TRAINING for _ in FILES[name]],
        genome=NAMING,
        length=config["windows"]["length"],
        code=stage_hash("data"),
    script:
        "../../scripts/merge_training_peaks.py"


rule select_windows:
    input:
        peaks=lambda wildcards: [place.path for place in FILES[wildcards.experiment]],
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
        mem_mb=grow(lambda input: 1000 + int(2 * min(input.size_mb, LONGEST))),
        runtime=grow(30),
    params:
        settings=config["windows"],
        genome=NAMING,
        splits=config["splits"],
        seed=config["seed"],
        code=stage_hash("data"),
    script:
        "../../scripts/select_windows.py"


rule draw_negatives:
    input:
        windows="<results>/regions/{experiment}.bed.gz",
        peaks=peaks_of_factor,
        others=collect("<results>/regions/{other}.bed.gz", other=other_factors),
        supplied=lambda wildcards: [place.path for place in supplied_negatives(wildcards)],
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
        # a chromosome as bytes, and with the genome's size the number of candidates and sequences
        mem_mb=grow(lambda input: 1500 + int(10 * min(input.size_mb, LONGEST))),
        runtime=grow(60),
    params:
        role=lambda wildcards: EXPERIMENTS[wildcards.experiment].role,
        supplied_checksums=lambda wildcards: unchecked(supplied_negatives(wildcards)),
        settings=config["negatives"],
        windows=config["windows"],
        genome=NAMING,
        splits=config["splits"],
        seed=config["seed"],
        code=stage_hash("data"),
    script:
        "../../scripts/draw_negatives.py"
