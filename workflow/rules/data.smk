"""Rules that all runs share on the way to labelled sequences: downloads, joining and the audit."""

from tfmoe.data.negatives.parts import Part, matching_section, part_section
from tfmoe.workflow.data_inputs import ADAPTATION_SEQUENCES, ADAPTATION_SUMMARY
from tfmoe.workflow.networks import TRAINING_SEQUENCES

# The data rules run before all other jobs that are ready, and the check of all inputs runs first of
# all, so that bad input is found before anything is trained. No rule waits for that check: it reads
# all peak files, so an added experiment would rerun the jobs of the others.
CHECK_PRIORITY = 20
DATA_PRIORITY = 10

# An experiment has a training part (splits train, gate and validation) and a test part. Networks are
# trained on the training part alone, so that the number of test negatives never retrains one.
DATA_TEST_SEQUENCES = "<results>/sequences/test/{experiment}.parquet"
DATA_TRAINING_SUMMARY = "<results>/sequences/training/{experiment}.negatives.tsv"
DATA_TEST_SUMMARY = "<results>/sequences/test/{experiment}.negatives.tsv"
DATA_WINDOWS = "<results>/regions/{experiment}.bed.gz"
# One file for all runs on the same genome (`tfmoe.data.reading.shared_genome`), so that its time
# changes when another run starts and does not count. The index is a run's own, and each rule that
# reads the genome reads the index too: a genome that is prepared again reruns these rules by it.
DATA_GENOME = ancient("<results>/genome/genome.fa")
# ready sequences before negatives are drawn
DATA_IMPORTED = "<results>/sequences/imported/{experiment}.parquet"

# the keys of the section `negatives` that each part depends on, and those that both share
DATA_NEGATIVES = {part.value: part_section(config["negatives"], part) for part in Part}
DATA_MATCHING = matching_section(config["negatives"])


# on a cluster only the head node reaches the internet
localrules:
    fetch_file,


rule fetch_file:
    """Download an input file and check it."""
    output:
        file="resources/downloads/{checksum}/{name}",
    log:
        "<logs>/fetch_file/{checksum}.{name}.log",
    benchmark:
        "<benchmarks>/fetch_file/{checksum}.{name}.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(500),
        runtime=grow(240),
    params:
        url=lambda wildcards: FILES.remote[wildcards.checksum],
    script:
        "../../scripts/fetch_file.py"


rule join_sequences:
    """Join positives and negatives."""
    input:
        training=TRAINING_SEQUENCES,
        test=DATA_TEST_SEQUENCES,
        training_summary=DATA_TRAINING_SUMMARY,
        test_summary=DATA_TEST_SUMMARY,
        # the order of the positives
        positives=DATA_IMPORTED if READY else DATA_WINDOWS,
    output:
        sequences="<results>/sequences/{experiment}.parquet",
        summary="<results>/sequences/{experiment}.negatives.tsv",
    log:
        "<logs>/join_sequences/{experiment}.log",
    benchmark:
        "<benchmarks>/join_sequences/{experiment}.tsv"
    priority: DATA_PRIORITY
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        # compressed table of bases, held several times over
        mem_mb=grow(lambda input: 1000 + int(60 * input.size_mb)),
        runtime=grow(30),
    params:
        shuffles_last=READY,
        inputs=SOURCES.digest,
        code=CODE.of("join_sequences"),
    script:
        "../../scripts/join_sequences.py"


rule audit_sequences:
    """Audit overlaps, shared sequence and composition."""
    input:
        sequences=collect("<results>/sequences/{experiment}.parquet", experiment=EXPERIMENTS),
        negatives=collect("<results>/sequences/{experiment}.negatives.tsv", experiment=EXPERIMENTS),
        filters=collect("<results>/regions/{experiment}.filters.tsv", experiment=EXPERIMENTS),
        training_peaks=NETWORKS.training_peaks,
        experiments=ancient(config["experiments"]),
        genome=[] if READY else DATA_GENOME,
        index=[] if READY else "<results>/genome/genome.fa.fai",
    output:
        audit=report(
            "<results>/sequences/audit.tsv",
            caption="../report/audit.rst",
            category="Data",
            labels={"what": "Audit of leakage and detectability"},
        ),
        overlaps="<results>/sequences/overlaps.tsv",
        homology="<results>/sequences/homology.tsv",
        detectability="<results>/sequences/detectability.tsv",
        composition="<results>/sequences/composition.tsv",
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
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        seed=config["seed"],
        windows=config["windows"],
        inputs=SOURCES.digest,
        code=CODE.of("audit_sequences"),
    script:
        "../../scripts/audit_sequences.py"
