"""Rules from ready sequences, which have no coordinates, to labelled sequences in four splits."""


rule check_sequences:
    """Check the ready sequences."""
    input:
        **JASPAR_FILES,
        experiments=ancient(config["experiments"]),
        files=[path for files in FILES.peaks.values() for path in source_paths(files)],
        negatives=[path for files in FILES.negatives.values() for path in source_paths(files)],
    output:
        table="<results>/inputs/check.tsv",
        decisions="<results>/inputs.tsv",
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
        # one per file
        owners=[name for name, files in FILES.peaks.items() for _ in files],
        checksums=[checksum for files in FILES.peaks.values() for checksum in checksums_of(files)],
        negative_owners=[name for name, files in FILES.negatives.items() for _ in files],
        negative_checksums=[
            checksum for files in FILES.negatives.values() for checksum in checksums_of(files)
        ],
        windows=config["windows"],
        splits=config["splits"],
        experts=PLAN.experts,
        minimum_positives=config["training"]["minimum_positives"],
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("check_sequences"),
    script:
        "../../scripts/check_sequences.py"


rule import_sequences:
    """Import the ready sequences."""
    input:
        files=lambda wildcards: source_paths(FILES.peaks[wildcards.experiment]),
        # read even if no negatives of them are asked for, so that asking for some reruns little
        negatives=lambda wildcards: source_paths(FILES.negatives[wildcards.experiment]),
    output:
        sequences=DATA_IMPORTED,
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
        inputs=SOURCES.digest,
        code=CODE.of("import_sequences"),
    script:
        "../../scripts/import_sequences.py"


rule index_training_kmers:
    """Index the k-mers of the training positives."""
    input:
        sequences=collect(DATA_IMPORTED, experiment=PLAN.training),
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
        # one per file
        experiments=PLAN.training,
        factors=[EXPERIMENTS[name].factor for name in PLAN.training],
        inputs=SOURCES.digest,
        code=CODE.of("index_training_kmers"),
    script:
        "../../scripts/index_training_kmers.py"


rule complete_training_sequences:
    """Add negatives for training to the ready sequences."""
    input:
        sequences=DATA_IMPORTED,
        same_factor=collect(
            DATA_IMPORTED,
            experiment=lambda wildcards: DATA_INPUTS.same_factor(wildcards.experiment),
        ),
        others=collect(DATA_IMPORTED, experiment=DATA_INPUTS.other_factors_of(Part.TRAINING)),
    output:
        sequences=TRAINING_SEQUENCES,
        summary=DATA_TRAINING_SUMMARY,
    log:
        "<logs>/complete_training_sequences/{experiment}.log",
    benchmark:
        "<benchmarks>/complete_training_sequences/{experiment}.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        # compressed text or table of bases, held several times over
        mem_mb=grow(lambda input: 1500 + int(60 * input.size_mb)),
        runtime=grow(30),
    params:
        part="training",
        role=lambda wildcards: EXPERIMENTS[wildcards.experiment].role,
        settings=DATA_NEGATIVES["training"],
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("complete_sequences"),
    script:
        "../../scripts/complete_sequences.py"


use rule complete_training_sequences as complete_test_sequences with:
    """Add negatives for the test to the ready sequences."""
    input:
        sequences=DATA_IMPORTED,
        same_factor=collect(
            DATA_IMPORTED,
            experiment=lambda wildcards: DATA_INPUTS.same_factor(wildcards.experiment),
        ),
        others=collect(DATA_IMPORTED, experiment=DATA_INPUTS.other_factors_of(Part.TEST)),
    output:
        sequences=DATA_TEST_SEQUENCES,
        summary=DATA_TEST_SUMMARY,
    log:
        "<logs>/complete_test_sequences/{experiment}.log",
    benchmark:
        "<benchmarks>/complete_test_sequences/{experiment}.tsv"
    params:
        part="test",
        settings=DATA_NEGATIVES["test"],


if FILES.background_genome:

    rule draw_background:
        """Draw windows for the network that never sees a peak."""
        input:
            genome=source_paths(FILES.background_genome)[0],
            peaks=source_paths(FILES.background_peaks),
            positives=collect(DATA_IMPORTED, experiment=PLAN.training),
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
            genome_checksums=checksums_of(FILES.background_genome),
            peaks_checksums=checksums_of(FILES.background_peaks),
            chromosomes=config["background"]["chromosomes"],
            number=config["background"]["windows"],
            negatives=DATA_MATCHING,
            windows=config["windows"],
            splits=config["splits"],
            seed=config["seed"],
            inputs=SOURCES.digest,
            code=CODE.of("draw_background"),
        script:
            "../../scripts/draw_background.py"
