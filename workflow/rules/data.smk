"""What all runs share on the way to labelled sequences: downloads, and the audit."""

# Bad input is found before anything is trained: the data rules come first among jobs that are ready,
# and the check of all inputs first among them. No rule waits for that check, which reads all peak
# files: an experiment that is added must not rerun what belongs to the others.
CHECK_PRIORITY = 20
DATA_PRIORITY = 10


# on a cluster it is the head node that reaches the internet
localrules:
    fetch_file,


rule fetch_file:
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
        url=lambda wildcards: REMOTE[wildcards.checksum],
    script:
        "../../scripts/fetch_file.py"


rule audit_sequences:
    input:
        sequences=collect("<results>/sequences/{experiment}.parquet", experiment=EXPERIMENTS),
        negatives=collect("<results>/sequences/{experiment}.negatives.tsv", experiment=EXPERIMENTS),
        filters=collect("<results>/regions/{experiment}.filters.tsv", experiment=EXPERIMENTS),
        training_peaks=TRAINING_PEAKS,
        experiments=config["experiments"],
        genome=[] if SEQUENCES else "<results>/genome/genome.fa",
        index=[] if SEQUENCES else "<results>/genome/genome.fa.fai",
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
        code=stage_hash("data"),
    script:
        "../../scripts/audit_sequences.py"
