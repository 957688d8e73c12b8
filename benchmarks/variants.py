"""Benchmark: variants with known effects, scored by a trained mixture, and the time they take.

Needs tfmoe's environment, the model folder of a `config/chr22` run, and a folder of variants with
known effects: allele-specific binding of CTCF, and saturation mutagenesis of a promoter. README.md
names the files.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from running import report, result, say
from scipy.stats import binomtest, kstest, spearmanr

from tfmoe.application.model.model import Model, Query, load
from tfmoe.application.variants.background import EmpiricalP
from tfmoe.application.variants.drawing import draw_background_variants
from tfmoe.application.variants.effects import score_alleles, score_changes
from tfmoe.application.variants.run import score_variants
from tfmoe.application.variants.windows import (
    Change,
    Kind,
    allele_windows,
    context_start,
    context_width,
    gc_content,
)
from tfmoe.core.dna import UNKNOWN, Codes, encode, encode_text
from tfmoe.data.reading.genome import Genome
from tfmoe.jaspar.scanning import log_odds, scan

FACTOR = "CTCF"
RESAMPLES = 10_000
FEWEST_BARCODES = 10
"""Fewer tags leave the effect on expression too uncertain, as in Kircher et al. 2019."""
FRESH = {Kind.SNV: 1000, Kind.MNV: 200, Kind.INSERTION: 300, Kind.DELETION: 300}
AIM = 180.0
"""Seconds that the SNVs may take."""
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"

Floats = NDArray[np.float64]


def main() -> None:
    """Run the parts whose inputs are given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="model folder of a chr22 run")
    parser.add_argument("--data", type=Path, help="folder of variants with known effects")
    parser.add_argument("--genome", type=Path, help="chromosome 22 of GRCh37, indexed FASTA")
    parser.add_argument(
        "--sequences", type=Path, nargs="+", help="sequences/<x>.parquet of training experiments"
    )
    parser.add_argument("--snvs", type=int, default=0, help="SNVs to time")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--table", type=Path, help="TSV to which the times are added")
    options = parser.parse_args()
    model = load(options.model, device="cpu", threads=options.threads)
    if options.data:
        compare_pairs(model, options.data)
    if options.data and options.genome:
        compare_expression(model, options.data, options.genome)
    if options.sequences:
        check_p_values(model, options.sequences)
    if options.snvs and options.genome:
        time_snvs(model, options)


def compare_pairs(model: Model, data: Path) -> None:
    """Report the share of pairs whose binding allele scores higher, ties half."""
    binding, other = (
        read_windows(data / f"ctcf_asb_{name}.fa", model.window)
        for name in ("binding", "nonbinding")
    )
    query = model.query(FACTOR)
    high, low = (member_scores(model, codes, query) for codes in (binding, other))
    wins = {name: np.sign(high[name] - low[name]) / 2 + 0.5 for name in high}
    mixture = wins["moe_conditioned"]
    rng = np.random.default_rng(1)
    rows = rng.integers(0, len(mixture), (RESAMPLES, len(mixture)))
    say(f"{len(mixture)} pairs of alleles; share whose binding allele scores higher, ties half")
    for name, won in wins.items():
        interval = np.quantile(won[rows].mean(axis=1), [0.025, 0.975])
        line = f"{name}: {won.mean():.3f} ({interval[0]:.3f} to {interval[1]:.3f})"
        line += f", {(won == 0.5).mean():.0%} ties"
        if name != "moe_conditioned":
            apart = (mixture - won)[rows].mean(axis=1)
            low_end, high_end = np.quantile(apart, [0.025, 0.975])
            better, worse = int((mixture > won).sum()), int((mixture < won).sum())
            sign_test = binomtest(better, better + worse).pvalue if better + worse else 1.0
            line += (
                f"; mixture minus it {(mixture - won).mean():+.3f} ({low_end:+.3f} to "
                f"{high_end:+.3f}), sign test p = {sign_test:.2g}"
            )
        say(line)


def read_windows(path: Path, window: int) -> Codes:
    """Read sequences of 100 bases, with unknown bases at their end up to the window."""
    texts = [line for line in path.read_text("utf-8").split() if not line.startswith(">")]
    codes = encode(texts)
    return np.pad(codes, ((0, 0), (0, window - codes.shape[1])), constant_values=UNKNOWN)


def member_scores(model: Model, codes: Codes, query: Query) -> dict[str, Floats]:
    """Return the scores (n,) of the mixtures and of the factor's members, means over seeds."""
    assert query.evidence is not None
    scores, expert = model.score(codes, query), query.own_expert
    networks = {"moe_conditioned": "moe_conditioned", "expert": f"expert_{expert}", "moe": "moe"}
    found = {
        name: np.mean(
            [scores.columns[f"{column}_seed{k}"] for k in model.seeds], axis=0, dtype=float
        )
        for name, column in networks.items()
    }
    names = [f"generalist_seed{k}" for k in model.seeds]
    found["pooled networks"] = scores.members[names].to_numpy(float).mean(axis=1)
    (first, *_) = query.evidence.matrices
    found[f"matrix {first.matrix_id}"] = scan(codes, log_odds(first.probabilities)).score
    for name, column in {"gapped k-mers": f"gkm_{expert}", "all its matrices": "matrix"}.items():
        if column in scores.members:
            found[name] = scores.members[column].to_numpy(float)
    return found


def compare_expression(model: Model, data: Path, path: Path) -> None:
    """Report the correlation of effects on binding with effects on expression, by factor."""
    table = pd.read_csv(data / "mpra_saturation_chr22_GRCh37.tsv.gz", sep="\t")
    table = table[table["Barcodes"] >= FEWEST_BARCODES].reset_index(drop=True)
    changes = [
        Change(pos - 1, ref, alt.replace("-", ""))
        for pos, ref, alt in zip(table["Pos"], table["Ref"], table["Alt"], strict=True)
    ]
    contexts = read_contexts(path, changes, model.window)
    expected = encode_text("".join(table["Ref"]))
    if (contexts[:, model.window] != expected).any():
        raise SystemExit(f"{path}: its bases differ from the references of the variants")
    expression = table["Coefficient"].to_numpy(float)
    say(f"{len(table)} variants with at least {FEWEST_BARCODES} tags; rank correlation of effects")
    for factor in (None, *model.factors):
        found = score_changes(model, contexts, changes, model.query(factor), [0]).centred.effect
        signed = spearmanr(found, expression)
        size = spearmanr(np.abs(found), np.abs(expression))
        say(
            f"{factor or 'no factor'}: {signed.statistic:+.3f} (p = {signed.pvalue:.2g}); of their "
            f"sizes {size.statistic:+.3f} (p = {size.pvalue:.2g})"
        )


def read_contexts(path: Path, changes: Sequence[Change], window: int) -> Codes:
    """Return the surroundings of variants on the genome's first chromosome."""
    starts = np.array([context_start(change, window) for change in changes], dtype=np.int64)
    with Genome(path) as genome:
        letters = genome.windows(next(iter(genome.lengths)), starts, context_width(window))
    return encode_text(letters.tobytes()).reshape(letters.shape)


def check_p_values(model: Model, sequences: Sequence[Path]) -> None:
    """Test whether p values of fresh background variants are uniform, for a factor and without."""
    fresh = draw_background_variants(sequences, model.manifest.seed + 1, FRESH)
    kinds = np.array([kind.value for kind in fresh.kinds])
    for factor in (None, FACTOR):
        query = model.query(factor)
        empirical = EmpiricalP.of_model(model, query)
        if empirical is None:
            raise SystemExit(f"{model.folder}: the model has no background variants")
        found = score_alleles(model, fresh.ref, fresh.alt, query)
        p = empirical.p_values(kinds.tolist(), gc_content(fresh.ref), found.ref_logit, found.effect)
        say(f"p of {len(p)} fresh background variants, {factor or 'no factor'}")
        for name, rows in _groups(kinds, found.ref_logit).items():
            test = kstest(p[rows], "uniform")
            say(
                f"{name} ({rows.sum()}): distance from uniform {test.statistic:.3f}, p = "
                f"{test.pvalue:.2g}; share with p of at most .05: {(p[rows] <= 0.05).mean():.3f}"
            )


def _groups(kinds: NDArray[np.str_], logits: Floats) -> dict[str, NDArray[np.bool_]]:
    """Return all variants, those of each kind, and those of the lowest and highest logits."""
    low, high = np.quantile(logits, [0.2, 0.8])
    groups = {"all": np.ones(len(kinds), dtype=np.bool_)}
    groups |= {str(kind): kinds == kind for kind in np.unique(kinds)}
    return groups | {"lowest fifth of logits": logits < low, "highest fifth": logits > high}


def time_snvs(model: Model, options: argparse.Namespace) -> None:
    """Time random SNVs of a chromosome, from VCF to indexed VCF, and the model alone."""
    query = model.query(FACTOR)
    # processor time, which other programs on the machine disturb less
    clock = time.process_time if options.threads == 1 else time.perf_counter
    with tempfile.TemporaryDirectory() as name, Genome(options.genome) as genome:
        folder = Path(name)
        changes = write_snvs(genome, folder / "in.vcf", options.snvs)
        begin = clock()
        score_variants(model, query, folder / "in.vcf", genome, folder / "out.vcf.gz")
        whole = clock() - begin
        contexts = read_contexts(options.genome, changes, model.window)
        windows = allele_windows(contexts, changes, model.window)
        begin = clock()
        for codes in windows:
            model.logits(codes, query)
        alone = clock() - begin
    rows = [
        result(
            f"variants, {options.snvs:,} SNVs", program, options.snvs, options.threads, [seconds]
        )
        for program, seconds in (("tfmoe variants", whole), ("scores of the windows", alone))
    ]
    report(rows, options.table)
    if whole > AIM:
        say(f"slower than the aim of {AIM:.0f} s")


def write_snvs(genome: Genome, path: Path, number: int) -> list[Change]:
    """Write a VCF of random SNVs on the genome's first chromosome."""
    chrom = next(iter(genome.lengths))
    codes = encode_text(genome.letters(chrom).tobytes())
    rng = np.random.default_rng(1)
    places = np.sort(rng.choice(np.flatnonzero(codes < UNKNOWN), number, replace=False))
    new = (codes[places] + rng.integers(1, 4, number)) % 4
    changes = [
        Change(int(place), "ACGT"[codes[place]], "ACGT"[alt])
        for place, alt in zip(places, new, strict=True)
    ]
    lines = (f"{chrom}\t{one.start + 1}\t.\t{one.ref}\t{one.alt}\t.\t.\t.\n" for one in changes)
    path.write_text(HEAD + "".join(lines), encoding="utf-8")
    return changes


if __name__ == "__main__":
    main()
