"""The command `tfmoe variants`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from tfmoe.cli.options import Device, FactorName, Force, MatrixPath, ModelPath, Threads
from tfmoe.cli.shell import check_input, check_outputs, note, prepare, progress

_RANGE = re.compile(r"(-?\d+):(-?\d+)(?::(\d+))?")


def variants(
    model: ModelPath,
    vcf: Annotated[
        Path,
        typer.Argument(
            metavar="VCF", help="VCF, plain or bgzipped, or BCF; `-` is standard input."
        ),
    ],
    genome: Annotated[
        Path, typer.Option("--genome", "-g", help="Genome, FASTA; indexed on first use.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="`.vcf.gz` (sorted and indexed), `.vcf`, `.tsv` (one row per allele), or `-` for "
            "a VCF on standard output.",
        ),
    ],
    factor: FactorName = None,
    matrix: MatrixPath = None,
    offsets: Annotated[
        str,
        typer.Option(
            help="Offsets of the windows in bases: `-10,0,10`, or `-20:20:5` from first to last in "
            "steps. The largest and the mean effect over them are written too."
        ),
    ] = "0",
    skipped: Annotated[
        Path | None, typer.Option(help="Table of the alleles that are not scored, with reasons.")
    ] = None,
    force: Force = False,
    threads: Threads = None,
    device: Device = "auto",
) -> None:
    """Score the effects of variants: the logit of ALT minus the logit of REF.

    Both alleles are scored in windows centred on them, on both strands, by all training seeds.
    SNVs, MNVs and indels are scored, each allele of a record; symbolic alleles, breakends, and
    references that do not match the genome are counted and left without effect.

    The INFO fields, one value per allele: TFMOE_EFFECT and TFMOE_SD (mean and standard deviation
    over seeds), TFMOE_REF and TFMOE_ALT (logits), and TFMOE_P (share of random variants of the same
    kind, in windows of similar GC content and logit, whose effect is at least as large). An effect
    of 1 multiplies the odds of binding by 2.7.

    **Examples**

        tfmoe variants results/chr22/model in.vcf.gz -g hg19.fa --factor CTCF -o ctcf.vcf.gz

        bcftools view -r 22 in.vcf.gz | tfmoe variants model - -g hg19.fa -f CTCF -o - > ctcf.vcf

        tfmoe variants model in.vcf -g hg19.fa -m my.meme --offsets -20:20:5 -o mine.tsv
    """
    slides = parse_offsets(offsets)
    check_input(vcf)
    check_input(genome)
    check_outputs((output, skipped), force, (model, vcf, genome, matrix))
    number = prepare(threads)
    import tfmoe
    from tfmoe.application.reading.genome import open_genome
    from tfmoe.application.variants.run import score_variants

    mixture = tfmoe.load(model, threads=number, device=device)
    query = mixture.query(factor, matrix)
    with open_genome(genome) as opened, progress("variants", None, "records") as advance:
        summary = score_variants(mixture, query, vcf, opened, output, slides, skipped, advance)
    for line in summary.describe():
        note(line)


def parse_offsets(text: str) -> list[int]:
    """Return the offsets of a list such as ``-10,0,10`` or a range such as ``-20:20:5``.

    Raises
    ------
    typer.BadParameter
        If the text is neither.
    """
    found = _RANGE.fullmatch(text.strip())
    if found:
        first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
        if step > 0 and first <= last:
            return list(range(first, last + 1, step))
    else:
        try:
            return [int(part) for part in text.split(",")]
        except ValueError:
            pass
    raise typer.BadParameter(
        f"found {text!r}, expected whole numbers such as -10,0,10, or a range such as -20:20:5",
        param_hint="--offsets",
    )
