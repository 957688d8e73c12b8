from hashlib import md5
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.dna import encode
from tfmoe.core.errors import ConfigError, InputError
from tfmoe.data.datasets import COLUMNS, SequenceSet, write_sequences
from tfmoe.data.kmers import KmerIndex, index_kmers, shared_share
from tfmoe.data.negatives.parts import NegativeSettings, matching_section
from tfmoe.data.reading.sources import InputFile
from tfmoe.data.ready.background import (
    BackgroundFiles,
    BackgroundSettings,
    draw_from_files,
    read_positives,
)
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SplitSettings

LENGTH, FLANK, MARGIN = 40, 10, 50
# positions of a positive of GC .5 in the genome, and of a peak
COPY, PEAK = 20_000, 40_000


def settings(number: int, min_share: float = 0.8) -> BackgroundSettings:
    negatives = matching_section(schema_defaults("negatives"))
    negatives |= {"margin": MARGIN, "min_share": min_share}
    splits = schema_defaults("splits") | {
        "by": "rank",
        "block_length": 3_000,
        "folds": 5,
        "fold": 3,
    }
    return BackgroundSettings(
        number,
        NegativeSettings(**negatives),
        WindowSettings(LENGTH, FLANK, 0.05, None),
        SplitSettings(**splits),
    )


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two GC-poor chromosomes with a GC-rich island and N, and one that is not in use."""
    rng = np.random.default_rng(3)
    poor = rng.choice(list("ACGT"), 60_000, p=[0.35, 0.15, 0.15, 0.35])
    rich = rng.choice(list("ACGT"), 30_000, p=[0.2, 0.3, 0.3, 0.2])
    text = "".join(poor) + "N" * 5_000 + "".join(rich)
    path: Path = tmp_path_factory.mktemp("background") / "genome.fa"
    path.write_text(f">chr1\n{text}\n>chr2\n{'ACGT' * 500}\n")
    return path


@pytest.fixture(scope="module")
def peaks(genome: Path) -> Path:
    path = genome.with_name("peaks.bed")
    path.write_text(f"chr1\t{PEAK}\t{PEAK + 9_000}\nchr7\t1\t100\n")
    return path


@pytest.fixture(scope="module")
def positives(genome: Path) -> SequenceSet:
    """Return windows of 60 % GC, and one that is a piece of the genome."""
    rng = np.random.default_rng(4)
    texts = ["".join(rng.permutation(list("G" * 36 + "AT" * 12))) for _ in range(30)]
    whole = genome.read_text().split("\n")[1]
    texts.append(whole[COPY : COPY + LENGTH + 2 * FLANK])
    splits = ["train"] * 20 + ["validation"] * 5 + ["gate", "test"] * 3
    table = pd.DataFrame(
        {
            "name": [f"A:peak:{number}" for number in range(len(texts))],
            "chrom": ".",
            "start": -1,
            "end": -1,
            "strand": ".",
            "label": np.int8(1),
            "kind": "peak",
            "parent": pd.Series(None, index=range(len(texts)), dtype="str"),
            "split": splits[: len(texts)],
            "repeat_share": np.float32("nan"),
            "rank": -1,
        }
    )
    return SequenceSet(table[list(COLUMNS)], encode(texts), FLANK)


@pytest.fixture(scope="module")
def known(positives: SequenceSet) -> KmerIndex:
    return index_kmers({"A": positives.windows}, {"A": "A"})


def files(genome: Path, *peaks: Path, chromosomes: tuple[str, ...] = ("chr1",)) -> BackgroundFiles:
    return BackgroundFiles(
        InputFile(str(genome), None), chromosomes, [InputFile(str(path), None) for path in peaks]
    )


def test_windows_are_like_the_positives_and_lie_apart_from_peaks(
    genome: Path, peaks: Path, positives: SequenceSet, known: KmerIndex
):
    drawn = draw_from_files(files(genome, peaks), positives, known, settings(400), 1)
    table = drawn.table
    assert 390 <= len(drawn) <= 400
    assert set(table["chrom"]) == {"chr1"}
    assert set(table["kind"]) == {"genomic"}
    assert table["split"].value_counts()["validation"] == 40
    assert (drawn.windows < 4).all(), "no unknown base"
    near = table["start"].between(PEAK - MARGIN - LENGTH + 1, PEAK + 9_000 + MARGIN - 1)
    assert not near.any()
    strong = ((drawn.windows == 1) | (drawn.windows == 2)).sum(axis=1)
    assert abs(strong.mean() / LENGTH - 0.6) < 0.02, "the genome has 30 % on two thirds of it"
    again = draw_from_files(files(genome, peaks), positives, known, settings(400), 1)
    pd.testing.assert_frame_equal(table, again.table)


def test_the_splits_lie_in_blocks_of_their_own(
    genome: Path, positives: SequenceSet, known: KmerIndex
):
    drawn = draw_from_files(files(genome), positives, known, settings(400), 1)
    table = drawn.table.sort_values("start")
    start, split = table["start"].to_numpy(), table["split"].to_numpy()
    border = np.flatnonzero(split[1:] != split[:-1])
    assert len(border) >= 2
    assert (start[border + 1] - start[border] - LENGTH >= 2 * FLANK).all()


def test_no_window_shares_a_31mer_with_a_positive(genome: Path, positives: SequenceSet):
    whole = encode([genome.read_text().split("\n")[1]])[0]
    # a factor binds in all of the first half
    bound = np.lib.stride_tricks.sliding_window_view(whole[:80_000], LENGTH)[::5]
    bound = bound[(bound < 4).all(axis=1)]
    known = index_kmers({"A": bound}, {"A": "A"})
    drawn = draw_from_files(files(genome), positives, known, settings(400, min_share=0.1), 1)
    assert 40 <= len(drawn) < 300
    assert (drawn.table["start"] > 80_000 - LENGTH).all()
    assert not shared_share(drawn.windows, known.kmers["A"]).any()
    with pytest.raises(InputError, match=r"background.windows: \d+ of 400 could be drawn"):
        draw_from_files(files(genome), positives, known, settings(400), 1)


def test_what_is_wrong_with_the_files_is_named_by_the_key(
    genome: Path, peaks: Path, positives: SequenceSet, known: KmerIndex
):
    absent = files(genome, chromosomes=("chr22",))
    with pytest.raises(ConfigError, match=r"background.chromosomes: .* has no sequence chr22"):
        draw_from_files(absent, positives, known, settings(400), 1)
    other = BackgroundFiles(InputFile(str(genome), md5(b"other").hexdigest()), None, [])
    with pytest.raises(InputError, match="its md5 is"):
        draw_from_files(other, positives, known, settings(400), 1)


def test_gc_is_matched_to_what_experts_are_trained_and_judged_on(
    positives: SequenceSet, tmp_path: Path
):
    write_sequences(positives, tmp_path / "A.parquet")
    found = read_positives([tmp_path / "A.parquet", tmp_path / "A.parquet"])
    assert len(found) == 2 * 25
    assert set(found.table["split"]) == {"train", "validation"}
