"""Rules from peak files and a genome to labelled sequences in four splits."""

# megabases of the longest chromosome in most genomes; a longer chromosome may need more memory
DATA_LONGEST = 300

DATA_NAMING = {key: config["genome"][key] for key in ("aliases", "assembly")}
DATA_PLACING = {
    "genome": DATA_NAMING,
    **{key: config[key] for key in ("windows", "splits", "seed")},
}
DATA_GENOME_FILES = {
    "genome": DATA_GENOME,
    "index": "<results>/genome/genome.fa.fai",
    "chromosomes": "<results>/genome/chromosomes.tsv",
    "blacklist": source_paths(FILES.blacklist),
    # named by a param; an input, so that a change of its content runs the rule again
    "aliases": source_paths(FILES.aliases),
}


rule prepare_genome:
    """Prepare the genome."""
    input:
        fasta=source_paths(FILES.genome)[0],
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
        checksums=checksums_of(FILES.genome),
        chromosomes=config["genome"]["chromosomes"],
        inputs=SOURCES.digest,
        code=CODE.of("prepare_genome"),
    script:
        "../../scripts/prepare_genome.py"


rule check_inputs:
    """Check the peak files and decide how to read them."""
    input:
        **JASPAR_FILES,
        experiments=ancient(config["experiments"]),
        peaks=[path for files in FILES.peaks.values() for path in source_paths(files)],
        chromosomes="<results>/genome/chromosomes.tsv",
        blacklist=source_paths(FILES.blacklist),
        aliases=source_paths(FILES.aliases),
    output:
        table="<results>/inputs/check.tsv",
        decisions="<results>/inputs.tsv",
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
        **DATA_PLACING,
        # one per peak file
        owners=[name for name, files in FILES.peaks.items() for _ in files],
        checksums=[checksum for files in FILES.peaks.values() for checksum in checksums_of(files)],
        blacklist_checksums=checksums_of(FILES.blacklist),
        # read from the table; a param, so that a change runs the rule again
        reading=DATA_INPUTS.reading(*EXPERIMENTS),
        experts=PLAN.experts,
        minimum_positives=config["training"]["minimum_positives"],
        inputs=SOURCES.digest,
        code=CODE.of("check_inputs"),
    script:
        "../../scripts/check_inputs.py"


rule merge_training_peaks:
    """Merge the peaks of the training experiments."""
    input:
        peaks=[path for name in PLAN.training for path in source_paths(FILES.peaks[name])],
        chromosomes="<results>/genome/chromosomes.tsv",
        aliases=source_paths(FILES.aliases),
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
        # one per peak file
        experiments=[name for name in PLAN.training for _ in FILES.peaks[name]],
        factors=[EXPERIMENTS[name].factor for name in PLAN.training for _ in FILES.peaks[name]],
        reading=DATA_INPUTS.reading(*PLAN.training),
        genome=DATA_NAMING,
        length=config["windows"]["length"],
        inputs=SOURCES.digest,
        code=CODE.of("merge_training_peaks"),
    script:
        "../../scripts/merge_training_peaks.py"


rule select_windows:
    """Select the positive windows."""
    input:
        **DATA_GENOME_FILES,
        peaks=lambda wildcards: source_paths(FILES.peaks[wildcards.experiment]),
    output:
        windows=DATA_WINDOWS,
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
        mem_mb=grow(lambda input: 1000 + int(2 * min(input.size_mb, DATA_LONGEST))),
        runtime=grow(30),
    params:
        settings=config["windows"],
        genome=DATA_NAMING,
        reading=lambda wildcards: DATA_INPUTS.reading(wildcards.experiment),
        splits=config["splits"],
        seed=config["seed"],
        inputs=SOURCES.digest,
        code=CODE.of("select_windows"),
    script:
        "../../scripts/select_windows.py"


rule draw_training_negatives:
    """Draw negatives for training."""
    input:
        **DATA_GENOME_FILES,
        windows=DATA_WINDOWS,
        peaks=lambda wildcards: source_paths(DATA_INPUTS.peaks_of_factor(wildcards.experiment)),
        others=collect(DATA_WINDOWS, experiment=DATA_INPUTS.other_factors_of(Part.TRAINING)),
        supplied=DATA_INPUTS.user_negatives_of(Part.TRAINING),
    output:
        sequences=TRAINING_SEQUENCES,
        summary=DATA_TRAINING_SUMMARY,
    log:
        "<logs>/draw_training_negatives/{experiment}.log",
    benchmark:
        "<benchmarks>/draw_training_negatives/{experiment}.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        # a chromosome as bytes; candidates and sequences, whose number grows with the genome
        mem_mb=grow(lambda input: 1500 + int(10 * min(input.size_mb, DATA_LONGEST))),
        runtime=grow(60),
    params:
        **DATA_PLACING,
        part="training",
        role=lambda wildcards: EXPERIMENTS[wildcards.experiment].role,
        supplied_checksums=DATA_INPUTS.user_checksums_of(Part.TRAINING),
        reading=lambda wildcards: DATA_INPUTS.reading(
            *DATA_INPUTS.same_factor(wildcards.experiment)
        ),
        settings=DATA_NEGATIVES["training"],
        inputs=SOURCES.digest,
        code=CODE.of("draw_negatives"),
    script:
        "../../scripts/draw_negatives.py"


use rule draw_training_negatives as draw_test_negatives with:
    """Draw negatives for the test."""
    input:
        **DATA_GENOME_FILES,
        windows=DATA_WINDOWS,
        peaks=lambda wildcards: source_paths(DATA_INPUTS.peaks_of_factor(wildcards.experiment)),
        others=collect(DATA_WINDOWS, experiment=DATA_INPUTS.other_factors_of(Part.TEST)),
        supplied=DATA_INPUTS.user_negatives_of(Part.TEST),
    output:
        sequences=DATA_TEST_SEQUENCES,
        summary=DATA_TEST_SUMMARY,
    log:
        "<logs>/draw_test_negatives/{experiment}.log",
    benchmark:
        "<benchmarks>/draw_test_negatives/{experiment}.tsv"
    params:
        part="test",
        supplied_checksums=DATA_INPUTS.user_checksums_of(Part.TEST),
        settings=DATA_NEGATIVES["test"],
