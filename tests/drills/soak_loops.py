"""What runs long within one process, repeated until a time and a number of rows are reached.

`tests/drills/soak.py` starts it, one process per loop, and watches it from outside::

    python tests/drills/soak_loops.py predict MODEL GENOME FOLDER MINUTES ROWS
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

CHROMOSOME = 200_000
LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
ROWS_PER_CALL = 1000
OPENED_PER_CALL = 2


def _command(*arguments: str) -> None:
    """Run a command of `tfmoe` in this process, as the console script does."""
    import typer

    from tfmoe.cli.app import app

    code = typer.main.get_command(app)(list(arguments), standalone_mode=False)
    if code:
        raise SystemExit(f"tfmoe {' '.join(arguments)}: exit code {code}")


def write_genome(path: Path) -> None:
    """Write a random chromosome, FASTA."""
    bases = LETTERS[np.random.default_rng(1).integers(0, 4, CHROMOSOME)].tobytes().decode()
    lines = [bases[start : start + 60] for start in range(0, CHROMOSOME, 60)]
    path.write_text(">chr1\n" + "\n".join(lines) + "\n", encoding="utf-8")


def predict(model: Path, genome: Path, folder: Path) -> Iterator[int]:
    """Predict intervals by the command; yield the number of rows of each call."""
    table, output = folder / "intervals.bed", folder / "predicted.parquet"
    rng = np.random.default_rng(2)
    while True:
        starts = rng.integers(0, CHROMOSOME - 200, ROWS_PER_CALL)
        table.write_text("".join(f"chr1\t{start}\t{start + 101}\n" for start in starts))
        _command(
            "predict", str(model), str(table), "-g", str(genome), "-o", str(output),
            "--force", "--threads", "1",
        )  # fmt: skip
        yield ROWS_PER_CALL


def scan(model: Path, genome: Path, folder: Path) -> Iterator[int]:
    """Scan a stretch by the command; yield the number of its bases."""
    regions = folder / "regions.bed"
    regions.write_text(f"chr1\t1000\t{1000 + ROWS_PER_CALL}\n")
    outputs = ("-o", str(folder / "scanned.bw"), "--hits", str(folder / "hits.bed"))
    options = ("--regions", str(regions), "--threshold", "0", "--force", "--threads", "1")
    while True:
        _command("scan", str(model), "-g", str(genome), *outputs, *options)
        yield ROWS_PER_CALL


def variants(model: Path, genome: Path, folder: Path) -> Iterator[int]:
    """Score variants by the command; yield the number of records."""
    text = genome.read_text(encoding="utf-8").split("\n", 1)[1].replace("\n", "")
    vcf = folder / "in.vcf"
    rng = np.random.default_rng(3)
    header = (
        "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    )
    while True:
        found = sorted(rng.choice(CHROMOSOME - 400, ROWS_PER_CALL // 4, replace=False) + 200)
        rows = (
            f"chr1\t{at + 1}\t.\t{text[at]}\t{'ACGT'['ACGT'.index(text[at]) - 1]}\t.\t.\t.\n"
            for at in found
        )
        vcf.write_text(header + "".join(rows))
        _command(
            "variants", str(model), str(vcf), "-g", str(genome),
            "-o", str(folder / "scored.vcf.gz"), "--force", "--threads", "1",
        )  # fmt: skip
        yield len(found)


def models(model: Path, genome: Path, folder: Path) -> Iterator[int]:
    """Open models, as a folder and as a zip file, and read all that they hold; yield how many."""
    import tfmoe

    packed = model.with_suffix(".zip")
    while True:
        for path in (model, packed) * (OPENED_PER_CALL // 2):
            opened = tfmoe.load(path, threads=1)
            assert opened.networks and opened.names is not None
            assert opened.conditioned is not None
        yield OPENED_PER_CALL


def genomes(model: Path, genome: Path, folder: Path) -> Iterator[int]:
    """Open a genome and read from it; yield how often."""
    from tfmoe.application.reading.genome import open_genome

    while True:
        for start in range(0, 50 * OPENED_PER_CALL, 50):
            with open_genome(genome) as opened:
                opened.windows("chr1", np.array([start]), 50)
        yield OPENED_PER_CALL


LOOPS: Mapping[str, Callable[[Path, Path, Path], Iterator[int]]] = {
    "predict": predict,
    "scan": scan,
    "variants": variants,
    "models": models,
    "genomes": genomes,
}


def main(name: str, model: Path, folder: Path, minutes: float, rows: int) -> None:
    """Repeat a loop until both the minutes and the rows are reached, and print the rows."""
    folder.mkdir(parents=True, exist_ok=True)
    genome = folder / "genome.fa"
    write_genome(genome)
    end = time.monotonic() + 60 * minutes
    done = 0
    for number in LOOPS[name](model, genome, folder):
        done += number
        if time.monotonic() > end and done >= rows:
            break
    sys.stdout.write(f"{name}: {done:,} rows\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
