from pathlib import Path

import numpy as np
import pandas as pd

from tfmoe.core.dna import Codes, encode
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import write_tsv
from tfmoe.data.audits import (
    audit_experiments,
    audit_sequences,
    composition,
    detector_auroc,
    gather,
    repeated_sequences,
)
from tfmoe.data.datasets import SequenceSet, concatenate, write_sequences
from tfmoe.data.intervals import write_bed
from tfmoe.data.shuffle import dinucleotide_shuffle


def windows(number: int, strong: float, seed: int) -> Codes:
    rng = np.random.default_rng(seed)
    weak = (1 - strong) / 2
    shares = [weak, strong / 2, strong / 2, weak]
    return rng.choice(4, size=(number, 60), p=shares).astype(np.uint8)


def as_set(codes: Codes, kind: str, split: str = "test", parents: bool = False) -> SequenceSet:
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
            "parent": [f"peak:{split}:{i}" if parents else None for i in range(number)],
            "split": split,
        }
    )
    return SequenceSet(table.astype({"parent": "str"} if parents else {}), codes, 0)


def test_composition_is_the_same_on_both_strands() -> None:
    features = composition(encode(["AACG", "CGTT", "AAAA"]))
    assert features.shape == (3, 11)
    np.testing.assert_allclose(features[0], features[1])
    np.testing.assert_allclose(features[0, 0], 0.5)
    np.testing.assert_allclose(features[2, :2], [0, 1])  # AA and TT share a place
    # AA, AC and CG, which is its own reverse complement
    np.testing.assert_allclose(sorted(features[0, 1:]), [0] * 7 + [1 / 3] * 3)


def test_detector_sees_composition_and_nothing_else() -> None:
    rng = np.random.default_rng(1)
    same = detector_auroc(
        as_set(windows(400, 0.4, 1), "peak"), as_set(windows(400, 0.4, 2), "genomic"), rng
    )
    assert abs(same - 0.5) < 0.08
    other = detector_auroc(
        as_set(windows(300, 0.5, 1), "peak"), as_set(windows(300, 0.35, 2), "genomic"), rng
    )
    assert other > 0.9
    few = as_set(windows(9, 0.5, 1), "peak")
    assert np.isnan(detector_auroc(few, few, rng))


def test_detector_is_blind_to_shuffles() -> None:
    codes = windows(100, 0.4, 3)
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(2))
    found = detector_auroc(
        as_set(codes, "peak"),
        as_set(shuffled, "dinucleotide", parents=True),
        np.random.default_rng(3),
    )
    assert found == 0.5


def test_repeats_on_either_strand() -> None:
    own = encode(["AACC", "GGTT", "ACGG", "TTTT"])
    assert repeated_sequences(own, encode(["AACC", "AAAA"])).tolist() == [True, True, False, True]
    assert repeated_sequences(own, own[:0]).tolist() == [False] * 4


def test_audit_of_an_experiment(tmp_path: Path) -> None:
    test, train = windows(50, 0.4, 1), windows(50, 0.4, 2)
    train[:5] = 3 - test[:5, ::-1]  # five test positives recur on the other strand
    sequences = concatenate(
        [
            as_set(test, "peak"),
            as_set(train, "peak", "train"),
            as_set(windows(100, 0.4, 4), "genomic"),
            as_set(dinucleotide_shuffle(test, np.random.default_rng(1)), "dinucleotide",
                   parents=True),
        ]
    )  # fmt: skip
    peaks = pd.DataFrame(
        {"chrom": "I", "start": [0, 500], "end": [10, 510], "factors": ["Reb1", "Abf1,Reb1"]}
    )
    write_bed(peaks, tmp_path / "peaks.bed.gz")
    audit = audit_sequences("x", "Reb1", "train", sequences, tmp_path / "peaks.bed.gz", 1)
    assert audit["negatives"].tolist() == ["dinucleotide", "genomic"]
    assert audit["n_pos"].tolist() == [50, 50]  # of the split in which there are such negatives
    assert audit["n_neg"].tolist() == [50, 100]
    assert audit["detector_auroc"].tolist()[0] == 0.5
    assert audit["ks_gc"].tolist()[0] == 0
    np.testing.assert_allclose(audit["gc_pos"], 0.4, atol=0.03)
    np.testing.assert_allclose(audit["overlap_share"], 1 / 50)
    np.testing.assert_allclose(audit["repeat_share"], 5 / 50)

    write_sequences(sequences, tmp_path / "x.parquet")
    experiment = Experiment("x", "Reb1", "cells", "train", "-", "-", "-", "-")
    both = audit_experiments(
        {"x": experiment}, [tmp_path / "x.parquet"], tmp_path / "peaks.bed.gz", 1
    )
    assert both.equals(audit)


def test_gather(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_tsv(pd.DataFrame({"experiment": [name], "kept": [3]}), tmp_path / name)
    found = gather([tmp_path / "b", tmp_path / "a"])
    assert found.to_numpy().tolist() == [["b", 3], ["a", 3]]
