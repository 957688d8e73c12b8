"""From files of ready sequences, which have no coordinates, to labelled sequences in four splits."""

IMPORTED = "<results>/sequences/imported/{experiment}.parquet"


rule check_sequences:
    input:
        experiments=config["experiments"],
        files=[place.path for places in FILES.values() for place in places],
        negatives=[place.path for places in SUPPLIED.values() for place in places],
    output:
        table="<results>/inputs/check.tsv",
    log:
        "<logs>/check_sequences.log",
    benchmark:
        "<benchmarks>/check_sequences.tsv"
    priority: CHECK_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        # one experiment at a time
        mem_mb=grow(lambda input: 1000 + int(20 * input.size_mb)),
        runtime=grow(30),
    params:
        # of each file: its experiment, and its checksum if it was not checked yet
        owners=[name for name, places in FILES.items() for _ in places],
        checksums=[checksum for places in FILES.values() for checksum in unchecked(places)],
        negative_owners=[name for name, places in SUPPLIED.items() for _ in places],
        negative_checksums=[
            checksum for places in SUPPLIED.values() for checksum in unchecked(places)
        ],
        windows=config["windows"],
        splits=config["splits"],
        experts=EXPERTS,
        minimum_positives=config["training"]["minimum_positives"],
        seed=config["seed"],
        code=stage_hash("data"),
    script:
        "../../scripts/check_sequences.py"


rule import_sequences:
    input:
        files=lambda wildcards: [place.path for place in FILES[wildcards.experiment]],
        negatives=lambda wildcards: [place.path for place in supplied_negatives(wildcards)],
    output:
        sequences=IMPORTED,
        filters="<results>/regions/{experiment}.filters.tsv",
    log:
        "<logs>/import_sequences/{experiment}.log",
    benchmark:
        "<benchmarks>/import_sequences/{experiment}.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        # compressed text or table of bases, held several times over
        mem_mb=grow(lambda input: 1000 + int(60 * input.size_mb)),
        runtime=grow(30),
    params:
        windows=config["windows"],
        splits=config["splits"],
        seed=config["seed"],
        code=stage_hash("data"),
    script:
        "../../scripts/import_sequences.py"


rule index_training_kmers:
    input:
        sequences=collect(IMPORTED, experiment=TRAINING),
    output:
        kmers="<results>/regions/training_kmers.npz",
    log:
        "<logs>/index_training_kmers.log",
    benchmark:
        "<benchmarks>/index_training_kmers.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        # 8 bytes for each 31-mer
        mem_mb=grow(lambda input: 1000 + int(100 * input.size_mb)),
        runtime=grow(30),
    params:
        # of each file
        experiments=TRAINING,
        factors=[EXPERIMENTS[name].factor for name in TRAINING],
        code=stage_hash("data"),
    script:
        "../../scripts/index_training_kmers.py"


rule complete_sequences:
    input:
        sequences=IMPORTED,
        # a positive of another experiment of the factor is no negative either
        same_factor=collect(
            IMPORTED,
            experiment=lambda wildcards: [
                name
                for name, row in EXPERIMENTS.items()
                if row.factor.upper() == EXPERIMENTS[wildcards.experiment].factor.upper()
            ],
        ),
        others=collect(IMPORTED, experiment=other_factors),
    output:
        sequences="<results>/sequences/{experiment}.parquet",
        summary="<results>/sequences/{experiment}.negatives.tsv",
    log:
        "<logs>/complete_sequences/{experiment}.log",
    benchmark:
        "<benchmarks>/complete_sequences/{experiment}.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        # compressed text or table of bases, held several times over
        mem_mb=grow(lambda input: 1500 + int(60 * input.size_mb)),
        runtime=grow(30),
    params:
        role=lambda wildcards: EXPERIMENTS[wildcards.experiment].role,
        settings=config["negatives"],
        seed=config["seed"],
        code=stage_hash("data"),
    script:
        "../../scripts/complete_sequences.py"


if OTHER_GENOME:

    rule draw_background:
        input:
            genome=BACKGROUND_GENOME.path,
            peaks=[place.path for place in BACKGROUND_PEAKS],
            positives=collect(IMPORTED, experiment=TRAINING),
            kmers="<results>/regions/training_kmers.npz",
        output:
            sequences="<results>/sequences/background.parquet",
        log:
            "<logs>/draw_background.log",
        benchmark:
            "<benchmarks>/draw_background.tsv"
        priority: DATA_PRIORITY
        conda:
            "../../envs/data.yaml"
        threads: 1
        resources:
            # a chromosome several times over, and the positives
            mem_mb=grow(4000),
            runtime=grow(60),
        params:
            genome_checksums=unchecked([BACKGROUND_GENOME]),
            peaks_checksums=unchecked(BACKGROUND_PEAKS),
            chromosomes=config["background"]["chromosomes"],
            number=config["background"]["windows"],
            negatives=config["negatives"],
            windows=config["windows"],
            splits=config["splits"],
            seed=config["seed"],
            code=stage_hash("data"),
        script:
            "../../scripts/draw_background.py"
