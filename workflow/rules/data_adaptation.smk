"""Rule that draws few peaks of each OOD experiment, with negatives, to adapt the mixture to."""

from tfmoe.data.adaptation.settings import AdaptationSettings


rule draw_adaptation:
    """Draw sets of few peaks to adapt to."""
    input:
        **DATA_GENOME_FILES,
        windows=DATA_WINDOWS,
        training_peaks=NETWORKS.training_peaks,
    output:
        sequences=ADAPTATION_SEQUENCES,
        summary=ADAPTATION_SUMMARY,
    log:
        "<logs>/draw_adaptation/{experiment}.log",
    benchmark:
        "<benchmarks>/draw_adaptation/{experiment}.tsv"
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
        settings=select_settings(config["adaptation"], AdaptationSettings),
        negatives=DATA_MATCHING,
        inputs=SOURCES.digest,
        code=CODE.of("draw_adaptation"),
    script:
        "../../scripts/draw_adaptation.py"
