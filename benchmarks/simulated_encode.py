"""Simulate the input of config/encode: a human-sized genome and the peaks of its 31 experiments.

Writes to a folder: the genome (FASTA, packed by gzip as UCSC's), a blacklist, one narrowPeak file
per experiment as ENCODE writes its IDR thresholded peaks, the planted motifs (``sites.bed.gz``),
and a config with its experiment table, which differ from config/encode in paths and checksums only.
An experiment has 10,000 to 60,000 peaks. Motifs are drawn from the factors' own matrices in JASPAR
and from those of co-factors; ``simulated_binding.py`` describes where they are planted.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from running import SCRIPTS, say
from simulated_binding import Binding, Motif, draw_bindings
from simulated_human import draw_blacklist, draw_landscape, scaled_lengths, write_chromosome

sys.path.insert(0, str(SCRIPTS))

from tfmoe.core.files import atomic_path, write_json, write_text
from tfmoe.core.seeds import generator
from tfmoe.jaspar.factors import Factors, own_matrix, read_factors
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.release import JasparSettings, read_release

PROJECT = SCRIPTS.parent
ENCODE = PROJECT / "config/encode"
GENOME, BLACKLIST, SITES = "hg38.fa.gz", "hg38-blacklist.bed.gz", "sites.bed.gz"
MADE_WITH = "simulation.json"
_PEAKS = (10_000, 60_000)
_RELEASE = JasparSettings("JASPAR2026", "CORE", ["vertebrates"], None, None)


@dataclass(frozen=True)
class Habit:
    """How the factors of a group bind; the fields are those of `Binding`."""

    hot: float
    hot_motif: float
    partners: tuple[str, ...]
    borrowed: float = 0.12


HABITS = {
    "ARID": Habit(0.2, 0.05, ("CEBPB", "RUNX1")),
    "GATA": Habit(0.15, 0.05, ("TEAD1", "RUNX1")),
    "forkhead": Habit(0.15, 0.05, ("HNF4A", "CEBPB")),
    "bZIP": Habit(0.2, 0.1, ("TEAD1", "RUNX1")),
    "bHLH": Habit(0.45, 0.3, ("SP1", "NRF1")),
    "ETS": Habit(0.5, 0.4, ("RUNX1", "SP1")),
    "nuclear receptor": Habit(0.2, 0.05, ("FOXA2", "CEBPB")),
    "NRF1": Habit(0.6, 0.5, ("ELF1", "YY1")),
    "REST": Habit(0.2, 0.05, ("SP1", "NRF1")),
    "SP": Habit(0.6, 0.4, ("NFYA", "ELF1")),
    "YY1": Habit(0.5, 0.4, ("GABPA", "NRF1")),
    "ZBTB33": Habit(0.4, 0.3, ("ELF1", "SP1")),
    "ZNF143": Habit(0.5, 0.3, ("YY1", "NFYA")),
    "HMG": Habit(0.2, 0.05, ("FOSL1", "FOXA1")),
    "STAT": Habit(0.2, 0.05, ("FOSL1", "CEBPB")),
    # factors without a motif bind where others do
    "POLR2A": Habit(0.8, 0.0, ("TBP", "SP1"), 0.2),
    "TAF1": Habit(0.8, 0.0, ("YY1", "ELF1"), 0.2),
    "BCLAF1": Habit(0.6, 0.0, ("RUNX1", "ELF1"), 0.4),
    "EP300": Habit(0.3, 0.0, ("FOSL1", "FOXA1", "CEBPB"), 0.7),
}
_ZINC_FINGERS = {"SP1": "SP", "SP2": "SP"}  # other C2H2 factors share no motif
_PARTNER_MOTIF = 0.2


@dataclass(frozen=True)
class Size:
    """What the genome depends on.

    Attributes
    ----------
    scale
        Length of the genome and number of peaks, as a share of a full-sized run.
    seed
        Seed of all random numbers.
    """

    scale: float
    seed: int


def simulate(
    folder: Path,
    size: Size,
    bindings: Sequence[Binding],
    share: float = 1.0,
    genome: Path | None = None,
) -> Path:
    """Write all files, and return the path of the config.

    Parameters
    ----------
    folder
        Output folder.
    size
        Size and seed.
    bindings
        The experiments, in the order of config/encode.
    share
        Share of the peaks that the files contain, chosen at random; the genome stays the same.
    genome
        Folder of a simulation of the same size, whose genome and blacklist are used.
    """
    lengths = scaled_lengths(size.scale)
    parts: dict[str, list[pd.DataFrame]] = {binding.experiment: [] for binding in bindings}
    if genome is None:
        _write_blacklist(folder / BLACKLIST, lengths, size.seed)
    elif json.loads((genome / MADE_WITH).read_text()) != asdict(size):
        raise SystemExit(f"{genome}: the genome was made with another scale or seed")
    with _packed(folder / GENOME, genome is None) as fasta, _packed(folder / SITES) as sites:
        for chrom, length in lengths.items():
            rng = generator(size.seed, "genome", chrom)
            landscape = draw_landscape(length, size.scale, rng)
            # chromosomes have peaks in proportion to their length
            part = size.scale * length / sum(lengths.values())
            drawn = generator(size.seed, "binding", chrom)
            bound = draw_bindings(chrom, landscape, part, bindings, drawn)
            for name, peaks in bound.peaks.items():
                parts[name].append(peaks.assign(chrom=chrom))
            sites.write(_bed(bound.sites).encode())
            if genome is None:
                write_chromosome(fasta, chrom, landscape, rng, bound.planted)
                say(f"simulated {chrom}: {length:,} bases")
    for binding in bindings:
        table = pd.concat(parts[binding.experiment], ignore_index=True)
        _write_peaks(folder / "peaks" / f"{binding.experiment}.bed.gz", table, share, size.seed)
    write_json(asdict(size), folder / MADE_WITH)
    return _write_config(folder, genome or folder)


def read_bindings(seed: int) -> list[Binding]:
    """Return how the experiments of config/encode bind, in the order of its table."""
    matrices = read_release(_RELEASE)
    factors = read_factors(PROJECT / "resources/factors.tsv", PROJECT / "resources/families.tsv")
    bindings = []
    for row in _experiments():
        rng = generator(seed, "experiment", row["experiment"])
        group = group_of(row["factor"], row["family"])
        habit = HABITS[group]
        bindings.append(
            Binding(
                experiment=row["experiment"],
                group=group,
                number=round(float(np.exp(rng.uniform(*np.log(_PEAKS))))),
                width=2 * int(rng.integers(100, 250)),
                hot=habit.hot,
                borrowed=habit.borrowed,
                hot_motif=habit.hot_motif,
                own=_motif(row["factor"], matrices, factors),
                partners=tuple(
                    motif
                    for name in habit.partners
                    if (motif := _motif(name, matrices, factors)) is not None
                ),
                partner_motif=_PARTNER_MOTIF,
            )
        )
    return bindings


def group_of(factor: str, family: str) -> str:
    """Return the group of factors that share sites: the family, or the factor alone."""
    return _ZINC_FINGERS.get(factor, factor) if family in ("-", "C2H2") else family


def _motif(factor: str, matrices: Sequence[Matrix], factors: Factors) -> Motif | None:
    matrix = own_matrix(factor, matrices, factors)
    return matrix and Motif(factor, matrix.matrix_id, matrix.probabilities)


def _experiments() -> list[dict[str, str]]:
    lines = (ENCODE / "experiments.tsv").read_text().splitlines()
    return list(csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t"))


@contextmanager
def _packed(path: Path, wanted: bool = True) -> Iterator[Any]:
    """Open a file to write, packed by gzip without a time stamp; yield `None` if not wanted."""
    if not wanted:
        yield None
        return
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as raw,
        gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed,
    ):
        yield packed


def _bed(sites: pd.DataFrame) -> str:
    """Return sites as lines of BED6, named factor:matrix."""
    name = sites["factor"] + ":" + sites["matrix_id"]
    table = sites[["chrom", "start", "end"]].assign(name=name, score=0, strand=sites["strand"])
    return str(table.to_csv(sep="\t", header=False, index=False, lineterminator="\n"))


def _write_peaks(path: Path, peaks: pd.DataFrame, share: float, seed: int) -> None:
    """Write peaks as ENCODE writes IDR thresholded peaks of SPP, the strongest first."""
    rng = generator(seed, "peaks", path.name)
    chosen = rng.permutation(len(peaks))[: round(share * len(peaks))]
    table = peaks.iloc[chosen].sort_values("strength", ascending=False, kind="stable")
    signal = 12 * table["strength"]
    columns = {
        "chrom": table["chrom"],
        "start": table["start"],
        "end": table["end"],
        "name": ".",
        "score": np.clip(540 + 460 * rng.random(len(table)) + 10 * signal, 0, 1000).astype(int),
        "strand": ".",
        "signal": signal.map("{:.5f}".format),
        "p": "-1.00000",
        "q": np.log10(1 + signal).map("{:.5f}".format),
        "summit": table["summit"],
    }
    text = pd.DataFrame(columns).to_csv(sep="\t", header=False, index=False, lineterminator="\n")
    with _packed(path) as packed:
        packed.write(text.encode())


def _write_blacklist(path: Path, lengths: dict[str, int], seed: int) -> None:
    regions = draw_blacklist(lengths, generator(seed, "blacklist"))
    regions = regions.sort_values(["chrom", "start"], kind="stable").assign(name="Low Mappability")
    with _packed(path) as packed:
        packed.write(regions.to_csv(sep="\t", header=False, index=False).encode())


def _write_config(folder: Path, genome: Path) -> Path:
    """Write config/encode with other paths and checksums."""
    rows = _experiments()
    for row in rows:
        path = folder / "peaks" / f"{row['experiment']}.bed.gz"
        row |= {"peaks": str(path), "sha256": _sha256(path), "md5": "-"}
    lines = ["\t".join(fields) for fields in (rows[0], *map(dict.values, rows))]
    write_text("\n".join(lines) + "\n", folder / "experiments.tsv")
    config = yaml.safe_load((ENCODE / "config.yaml").read_text())
    config["experiments"] = str(folder / "experiments.tsv")
    config["genome"] |= {
        "fasta": str(genome / GENOME),
        "sha256": _sha256(genome / GENOME),
        "blacklist": str(genome / BLACKLIST),
        "blacklist_sha256": _sha256(genome / BLACKLIST),
    }
    text = "# config/encode on simulated data; written by benchmarks/simulated_encode.py\n"
    write_text(text + yaml.safe_dump(config, sort_keys=False), folder / "config.yaml")
    return folder / "config.yaml"


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def main() -> None:
    """Run the simulation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="size as a share of the full one")
    parser.add_argument("--peaks-share", type=float, default=1.0, help="share of the peaks written")
    parser.add_argument("--genome", type=Path, help="folder of a simulation whose genome is used")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder, genome = options.folder.absolute(), options.genome and options.genome.absolute()
    size = Size(options.scale, options.seed)
    config = simulate(folder, size, read_bindings(options.seed), options.peaks_share, genome)
    say(f"run it with: snakemake --configfile {config}")


if __name__ == "__main__":
    main()
