from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import InputError
from tfmoe.data.datasets import COLUMNS, SequenceSet
from tfmoe.data.kmers import shared_share, unique_kmers
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_counts
from tfmoe.data.negatives.draw import DrawnNegatives, NegativeSettings
from tfmoe.data.ready.negatives import complete_sequences
from tfmoe.data.ready.sequences import import_sequences
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SPLITS, SplitSettings

LENGTH, FLANK = 40, 3
COUNTS = {"train": 12, "gate": 4, "validation": 4, "test": 8}


def settings(training: dict[str, float], evaluation: dict[str, float]) -> NegativeSettings:
    defaults = schema_defaults("negatives")
    none = dict.fromkeys(defaults["training"], 0.0)
    return NegativeSettings(
        **{**defaults, "training": none | training, "evaluation": none | evaluation}
    )


def make_set(experiment: str, kind: str = "peak", counts: dict[str, int] = COUNTS) -> SequenceSet:
    rng = np.random.default_rng(sum(map(ord, experiment + kind)))
    splits = [split for split, count in counts.items() for _ in range(count)]
    table = pd.DataFrame(
        {
            "name": [f"{experiment}:{kind}:seq_{rank}" for rank in range(len(splits))],
            "chrom": ".",
            "start": -1,
            "end": -1,
            "strand": ".",
            "label": np.int8(kind == "peak"),
            "kind": kind,
            "parent": pd.Series(None, index=range(len(splits)), dtype="str"),
            "split": splits,
            "repeat_share": np.float32("nan"),
            "rank": np.arange(len(splits)),
        }
    )
    codes = rng.integers(0, 4, (len(splits), LENGTH + 2 * FLANK), dtype=np.uint8)
    return SequenceSet(table[list(COLUMNS)], codes, FLANK)


def joined(first: SequenceSet, second: SequenceSet) -> SequenceSet:
    table = pd.concat([first.table, second.table], ignore_index=True)
    return SequenceSet(table, np.concatenate([first.codes, second.codes]), FLANK)


def counts(drawn: DrawnNegatives) -> dict[tuple[str, str], int]:
    table = drawn.sequences.table
    return table[table["label"] == 0].groupby(["kind", "split"]).size().to_dict()


def test_shuffles() -> None:
    own = make_set("a")
    wanted = settings({"dinucleotide": 1}, {"dinucleotide": 2.5})
    drawn = complete_sequences("a", "train", own, [own], [], wanted, 1)
    assert counts(drawn) == {
        ("dinucleotide", "gate"): 4,
        ("dinucleotide", "validation"): 4,
        ("dinucleotide", "test"): 20,
    }
    table = drawn.sequences.table
    assert table["name"].is_unique
    shuffles = table[table["kind"] == "dinucleotide"]
    first = shuffles[shuffles["parent"] == "a:peak:seq_20"]["name"].tolist()
    assert first[:2] == ["a:dinucleotide:seq_20:1", "a:dinucleotide:seq_20:2"]
    rows = {name: row for row, name in enumerate(table["name"])}
    parents = [rows[name] for name in shuffles["parent"]]
    windows = drawn.sequences.windows
    np.testing.assert_array_equal(
        dinucleotide_counts(windows[shuffles.index]), dinucleotide_counts(windows[parents])
    )
    assert (table["split"].to_numpy()[parents] == shuffles["split"].to_numpy()).all()
    assert (drawn.sequences.codes[shuffles.index, :FLANK] == 4).all()
    # the positives keep theirs
    np.testing.assert_array_equal(drawn.sequences.codes[: len(own)], own.codes)
    again = complete_sequences("a", "train", own, [own], [], wanted, 1)
    np.testing.assert_array_equal(again.sequences.codes, drawn.sequences.codes)


def test_out_of_distribution_in_the_test_alone() -> None:
    own = joined(make_set("a"), make_set("a", "file"))
    wanted = settings({"dinucleotide": 1, "file": 1}, {"dinucleotide": 1, "file": 1})
    drawn = complete_sequences("a", "ood", own, [own], [], wanted, 1)
    assert counts(drawn) == {("dinucleotide", "test"): 8, ("file", "test"): 8}
    positives = drawn.sequences.table[drawn.sequences.table["label"] == 1]
    assert positives["split"].value_counts().to_dict() == COUNTS


def test_the_users_own_are_thinned_and_none_is_bound() -> None:
    own, files = make_set("a"), make_set("a", "file", {**COUNTS, "test": 20})
    twin = make_set("twin")
    files.codes[-1] = twin.codes[0]  # bound in another experiment of the factor
    files.codes[-2, FLANK : FLANK + 31] = own.windows[3, 9:]
    wanted = settings({"file": 0.5}, {"file": 2})
    drawn = complete_sequences("a", "train", joined(own, files), [own, twin], [], wanted, 1)
    assert counts(drawn) == {
        ("file", "train"): 6,
        ("file", "gate"): 2,
        ("file", "validation"): 2,
        ("file", "test"): 16,
    }
    names = drawn.sequences.table["name"].tolist()
    assert "a:file:seq_39" not in names
    assert "a:file:seq_38" not in names
    wanted = settings({"file": 1}, {"file": 2.5})
    drawn = complete_sequences("a", "train", joined(own, files), [own, twin], [], wanted, 1)
    last = drawn.summary.to_dict("records")[-1]
    assert (last["split"], last["asked"], last["drawn"]) == ("test", 20, 18)
    assert last["why"] == (
        "20 in the files for this split, of which 2 share a 31-mer with a positive"
    )


def test_too_few() -> None:
    own = joined(make_set("a"), make_set("a", "file"))
    with pytest.raises(
        InputError,
        match=r"experiment a: only 8 of 16 file negatives could be drawn in split test, less than "
        r"negatives.min_share = 0.8 \(8 in the files for this split, of which 0 share a 31-mer "
        r"with a positive\); lower negatives.evaluation.file",
    ):
        complete_sequences("a", "ood", own, [own], [], settings({}, {"file": 2}), 1)


def test_no_negatives_at_all() -> None:
    own = make_set("a")
    with pytest.raises(
        InputError,
        match=r"experiment a: it gets no negatives in split test, as its files hold none: name a "
        r"file .* or set negatives.evaluation.dinucleotide",
    ):
        complete_sequences("a", "ood", own, [own], [], settings({}, {"file": 1}), 1)
    wanted = settings({"file": 1}, {"dinucleotide": 1})
    with pytest.raises(InputError, match=r"no negatives in split train.*training.dinucleotide"):
        complete_sequences("a", "train", own, [own], [], wanted, 1)
    # beside shuffles nothing is missing
    wanted = settings({"file": 1, "dinucleotide": 1}, {"file": 1, "dinucleotide": 1})
    drawn = complete_sequences("a", "train", own, [own], [], wanted, 1)
    assert set(drawn.summary["kind"]) == {"dinucleotide"}


def test_positives_of_other_factors() -> None:
    own, first, second = make_set("a"), make_set("b"), make_set("c")
    test = 20  # the first row of the split test
    first.codes[test] = own.codes[0]
    first.codes[test + 1, FLANK + 9 :] = second.codes[test, FLANK + 9 :]  # 31 bases and a flank
    wanted = settings({}, {"other_factor": 1.75})
    drawn = complete_sequences("a", "ood", own, [own], [first, second], wanted, 1)
    row = drawn.summary.iloc[0]
    assert (row["asked"], row["drawn"], row["why"]) == (14, 14, "-")
    chosen = drawn.sequences.select((drawn.sequences.table["label"] == 0).to_numpy())
    names = set(chosen.table["name"])
    assert "a:other_factor:b:seq_20" not in names
    # of the two that share sequence, one
    assert len(names & {"a:other_factor:b:seq_21", "a:other_factor:c:seq_20"}) == 1
    assert set(chosen.table["split"]) == {"test"}
    assert set(chosen.table["kind"]) == {"other_factor"}
    assert (shared_share(chosen.windows, unique_kmers(own.windows)) == 0).all()
    whole = complete_sequences(
        "a", "ood", own, [own], [first, second], settings({}, {"other_factor": 2}), 1
    )
    assert whole.summary["why"].tolist() == [
        "16 positives of other training factors, of which 14 share no 31-mer with a positive of "
        "this factor or with one another"
    ]


def test_no_other_factor() -> None:
    own = make_set("a")
    with pytest.raises(InputError, match=r"only 0 of 8 other_factor .* \(0 positives of other"):
        complete_sequences("a", "ood", own, [own], [], settings({}, {"other_factor": 1}), 1)


def test_flanks_tell_nothing() -> None:
    own, files = make_set("a"), make_set("a", "file")
    files.codes[:, 0] = 4  # the negatives have one base less on the left
    wanted = settings({"file": 1}, {"file": 1})
    drawn = complete_sequences("a", "train", joined(own, files), [own], [], wanted, 1)
    codes = drawn.sequences.codes
    assert (codes[:, 0] == 4).all()
    assert (codes[:, -1] == 4).all()
    assert (codes[:, 1:-1] < 4).all()
    assert (own.codes < 4).all()  # what came in is not changed


def test_columns_of_the_summary() -> None:
    own = make_set("a")
    drawn = complete_sequences("a", "ood", own, [own], [], settings({}, {"dinucleotide": 1}), 1)
    assert list(drawn.summary.columns) == [
        "experiment", "kind", "split", "positives", "asked", "drawn", "why", "gc_positives",
        "gc_negatives", "ks_gc", "repeat_positives", "repeat_negatives", "ks_repeat", "other_gc",
        "other_repeats", "overlapping", "chromosomes_unused",
    ]  # fmt: skip
    row = drawn.summary.iloc[0]
    assert row["gc_positives"] == pytest.approx(row["gc_negatives"])
    assert row["ks_gc"] == 0
    assert np.isnan(row["repeat_positives"])


def test_the_papers_negatives(real_data: Path) -> None:
    """Of 500 negatives in a file, all are kept: none shares a 31-mer with a positive."""
    ranks = SplitSettings(**{**schema_defaults("splits"), "by": "rank"})
    windows = WindowSettings(length=101, flank=25, max_n_share=0.05, max_peaks=None)
    path = next((real_data / "paper").glob("CTCF_*_B.seq.gz"))
    own = import_sequences("CTCF", [path], None, windows, ranks, 1).sequences
    drawn = complete_sequences("CTCF", "ood", own, [own], [], settings({}, {"file": 1}), 1)
    assert counts(drawn) == {("file", "test"): 500}
    assert list(drawn.summary["split"]) == ["test"]
    assert set(SPLITS) > set(drawn.sequences.table["split"])
