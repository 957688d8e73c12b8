from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.dna import Codes, encode
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import write_tsv
from tfmoe.data.audit.run import (
    AUDIT_COLUMNS,
    DETECTABILITY_COLUMNS,
    audit_run,
    gather,
    repeated_sequences,
)
from tfmoe.data.datasets import SequenceSet, concatenate, write_sequences
from tfmoe.data.intervals import write_bed
from tfmoe.data.negatives.composition import BACKGROUND, Background
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle

TABLE = {
    "x": Experiment("x", "Reb1", "cells", "train", "-", "-", "-", "-"),
    "y": Experiment("y", "Abf1", "cells", "ood", "cross_family", "-", "-", "-"),
}
MASKED = Background(np.array([0.2, 0.4]), np.array([0.0, 1.0]))


def windows(number: int, strong: float, seed: int) -> Codes:
    rng = np.random.default_rng(seed)
    weak = (1 - strong) / 2
    shares = [weak, strong / 2, strong / 2, weak]
    return rng.choice(4, size=(number, 60), p=shares).astype(np.uint8)


def as_set(
    codes: Codes, kind: str, split: str = "test", repeats: float = 0.0, parents: bool = False
) -> SequenceSet:
    number = len(codes)
    start = np.arange(number) * 100
    table = pd.DataFrame(
        {
            "name": [f"{kind}:{split}:{i}" for i in range(number)],
            "chrom": "I",
            "start": start,
            "end": start + 60,
            "strand": ".",
            "label": int(kind == "peak"),
            "kind": kind,
            "parent": pd.Series(
                [f"peak:{split}:{i}" if parents else None for i in range(number)], dtype="str"
            ),
            "split": split,
            "repeat_share": np.float32(repeats),
            "rank": -1,
        }
    )
    return SequenceSet(table, codes, 0)


@pytest.fixture
def files(tmp_path: Path) -> tuple[list[Path], Path]:
    """Write sequences of a training and an OOD experiment, and training peaks."""
    test, train = windows(50, 0.4, 1), windows(50, 0.4, 2)
    train[:5] = 3 - test[:5, ::-1]  # five test positives recur on the other strand
    shuffled = dinucleotide_shuffle(test, np.random.default_rng(1))
    parts = [
        as_set(test, "peak", repeats=0.25),
        as_set(train, "peak", "train"),
        as_set(windows(100, 0.5, 4), "genomic", repeats=0.75),
        as_set(shuffled, "dinucleotide", repeats=np.nan, parents=True),
    ]
    write_sequences(concatenate(parts), tmp_path / "x.parquet")
    ood = windows(20, 0.4, 5)
    ood[:2, :31] = train[10:12, :31]
    write_sequences(as_set(ood, "peak"), tmp_path / "y.parquet")
    peaks = pd.DataFrame(
        {
            "chrom": "I",
            "start": [0, 500, 500],
            "end": [10, 510, 510],
            "factor": ["Reb1", "Abf1", "Reb1"],
            "experiment": ["x", "z", "x"],
        }
    )
    write_bed(peaks, tmp_path / "peaks.bed.gz")
    return [tmp_path / "x.parquet", tmp_path / "y.parquet"], tmp_path / "peaks.bed.gz"


Files = tuple[list[Path], Path]


def test_audit_of_positives_and_negatives(files: Files) -> None:
    table = TABLE | {"z": Experiment("z", "Abf1", "cells", "train", "-", "-", "-", "-")}
    names = ["x", "z"]
    audit = audit_run({n: table[n] for n in names}, files[0], files[1], MASKED, 1).audit
    assert audit.columns.tolist() == list(AUDIT_COLUMNS)
    # over the split with such negatives; the second set has none
    assert audit["negatives"].tolist() == ["genomic", "dinucleotide"]
    assert audit["n_pos"].tolist() == [50, 50]
    assert audit["n_neg"].tolist() == [100, 50]
    assert audit["shuffle_share"].tolist() == [0, 1]
    np.testing.assert_allclose(audit["gc_pos"], 0.4, atol=0.03)
    np.testing.assert_allclose(audit["gc_neg"], [0.5, 0.4], atol=0.03)
    assert audit["ks_gc"].tolist()[0] > 0.3
    assert audit["ks_gc"].tolist()[1] == 0
    assert audit["repeat_pos"].tolist() == [0.25, 0.25]
    np.testing.assert_array_equal(audit["repeat_neg"], [0.75, np.nan])
    np.testing.assert_array_equal(audit["ks_repeat"], [1, np.nan])
    assert audit["detector_auroc"].tolist()[0] > 0.8
    assert audit["detector_auroc"].tolist()[1] == 0.5
    assert audit["detector_4mer_auroc"].notna().all()
    # windows 0 and 5 overlap training peaks; only the second overlaps a peak of another factor
    np.testing.assert_allclose(audit["overlap_share"], 1 / 50)
    np.testing.assert_allclose(audit["identical_share"], 5 / 50)


def test_each_kind_is_compared_with_each_other(files: Files) -> None:
    found = audit_run(TABLE, files[0], files[1], MASKED, 1).detectability
    assert found.columns.tolist() == list(DETECTABILITY_COLUMNS)
    assert found[["first", "second", "features"]].to_numpy().tolist() == [
        [first, second, features]
        for first, second in (
            ("positives", "genomic"),
            ("positives", "dinucleotide"),
            ("genomic", "dinucleotide"),
        )
        for features in ("composition", "4-mers")
    ]
    assert found["n_first"].tolist() == [50, 50, 50, 50, 100, 100]
    assert set(found["experiment"]) == {"x"}
    again = audit_run(TABLE, files[0], files[1], MASKED, 1).detectability
    assert again.equals(found)


def test_sequence_shared_with_training(files: Files) -> None:
    tables = audit_run(TABLE, files[0], files[1], MASKED, 1)
    assert tables.homology["training_experiment"].tolist() == ["x", "any", "any"]
    assert tables.homology["share_31mer"].tolist() == pytest.approx([0.1, 0.1, 0.1])
    assert tables.homology["near_identical"].tolist() == pytest.approx([0.1, 0.1, 0])
    overlaps = tables.overlaps.set_index(["experiment", "training_experiment"])["overlapping"]
    assert overlaps.to_dict() == {("x", "any"): 0, ("y", "x"): 2, ("y", "any"): 2}


def test_composition_before_and_after_matching(files: Files) -> None:
    found = audit_run(TABLE, files[0], files[1], MASKED, 1).composition
    shown = found.groupby(["experiment", "what", "measure"], sort=False)["share"].sum()
    assert shown.index.tolist() == [
        ("x", "positives", "gc"),
        ("x", "positives", "repeats"),
        ("x", "genomic", "gc"),
        ("x", "genomic", "repeats"),
        ("x", "dinucleotide", "gc"),  # a shuffle has no repeats
        ("-", BACKGROUND, "gc"),
        ("-", BACKGROUND, "repeats"),
    ]
    np.testing.assert_allclose(shown, 1)
    # the test split alone, because the split train has no negatives
    repeats = found[(found["what"] == "positives") & (found["measure"] == "repeats")]
    assert repeats.loc[repeats["share"] > 0, "bin"].tolist() == [0.25]


@pytest.mark.parametrize("background", [None, Background(np.array([0.4]), np.array([np.nan]))])
def test_without_repeats_or_genome(files: Files, background: Background | None) -> None:
    tables = audit_run(TABLE, files[0], files[1], background, 1)
    # the second genome is not soft-masked; ready sequences have their own repeat shares
    assert tables.audit["repeat_pos"].isna().all() == (background is not None)
    whole = tables.composition[tables.composition["what"] == BACKGROUND]
    assert set(whole["measure"]) == (set() if background is None else {"gc"})


def test_all_tables_can_be_written(files: Files, tmp_path: Path) -> None:
    tables = audit_run({"y": TABLE["y"]}, files[0][1:], files[1], None, 1)
    for field in fields(tables):
        write_tsv(getattr(tables, field.name), tmp_path / f"{field.name}.tsv")
    assert (tmp_path / "audit.tsv").read_text() == "\t".join(AUDIT_COLUMNS) + "\n"
    assert (tmp_path / "composition.tsv").read_text().startswith("experiment\twhat\tmeasure")


def test_repeats_on_either_strand() -> None:
    own = encode(["AACC", "GGTT", "ACGG", "TTTT"])
    assert repeated_sequences(own, encode(["AACC", "AAAA"])).tolist() == [True, True, False, True]
    assert repeated_sequences(own, own[:0]).tolist() == [False] * 4


def test_gather(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_tsv(pd.DataFrame({"experiment": [name], "kept": [3]}), tmp_path / name)
    found = gather([tmp_path / "b", tmp_path / "a"])
    assert found.to_numpy().tolist() == [["b", 3], ["a", 3]]
