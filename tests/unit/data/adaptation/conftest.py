from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from tfmoe.data.adaptation.negatives import AdaptationSources
from tfmoe.data.negatives.parts import NegativeSettings
from tfmoe.data.reading.genome import Genome, prepare_genome

LENGTH = 41
SPLIT_OF = {"a": "train", "b": "gate", "c": "validation", "d": "test"}
REGIONS = pd.DataFrame(
    {"chrom": list("abcd"), "start": 0, "end": 20_000, "split": list(SPLIT_OF.values())}
)
SETTINGS = NegativeSettings(
    margin=50, neighbour_distance=150, gc_tolerance=0.1, match_repeats=False, min_share=0.8
)


def intervals(*rows: tuple[str, int, int]) -> pd.DataFrame:
    """Return a table of chrom, start and end."""
    table = pd.DataFrame(list(rows), columns=["chrom", "start", "end"])
    return table.astype({"chrom": "str", "start": "int64", "end": "int64"})


def windows(per_chromosome: int = 20, chromosomes: str = "abcd") -> pd.DataFrame:
    """Return windows of an experiment, 900 bases apart, the first at 200."""
    starts = 200 + 900 * np.arange(per_chromosome)
    rows = [(chrom, start, start + LENGTH) for chrom in chromosomes for start in starts]
    table = intervals(*rows)
    names = "x:peak:" + table["chrom"] + ":" + table["start"].astype("str")
    return table.assign(name=names, strand=".", summit=table["start"] + LENGTH // 2)


def reverse_complement(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.fixture(scope="session")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Genome]:
    """Return a genome in which windows 0 and 1 of `a` are copies of windows 3 and 4 of `d`."""
    folder = tmp_path_factory.mktemp("genome")
    rng = np.random.default_rng(1)
    texts = {name: "".join(rng.choice(list("ACGT"), 20_000)) for name in "abcd"}
    texts["a"] = copied(texts["a"], 200, texts["d"][2900 : 2900 + LENGTH])
    texts["a"] = copied(texts["a"], 1100, reverse_complement(texts["d"][3800 : 3800 + LENGTH]))
    fasta = "".join(f">{name}\n{text}\n" for name, text in texts.items())
    (folder / "source.fa").write_text(fasta)
    prepare_genome(folder / "source.fa", None, folder / "genome.fa", folder / "chromosomes.tsv")
    with Genome(folder / "genome.fa") as opened:
        yield opened


def copied(text: str, start: int, part: str) -> str:
    return text[:start] + part + text[start + len(part) :]


@pytest.fixture
def sources(genome: Genome) -> AdaptationSources:
    """Return sources with a training peak on each chromosome and a short blacklist."""
    peaks = intervals(*((chrom, 15_000, 16_000) for chrom in "abcd"))
    # as read from a file
    peaks = peaks.astype({"chrom": "category"})
    return AdaptationSources(genome, REGIONS, peaks, intervals(("a", 12_000, 13_000)))
