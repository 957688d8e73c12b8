from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import InputError
from tfmoe.core.vocabulary import Kind, Split
from tfmoe.data.datasets import COLUMNS, SequenceSet, read_sequences, write_sequences
from tfmoe.data.kmers import shared_share, unique_kmers
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_counts
from tfmoe.data.negatives.draw import DrawnNegatives
from tfmoe.data.negatives.join import join_sequences, join_summaries
from tfmoe.data.negatives.parts import NegativeSettings, Part, part_section
from tfmoe.data.ready.negatives import complete_sequences
from tfmoe.data.ready.sequences import import_sequences
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SplitSettings

LENGTH, FLANK = 40, 3
COUNTS = {"train": 12, "gate": 4, "validation": 4, "test": 8}


def section(training: dict[str, float], evaluation: dict[str, float]) -> dict[str, object]:
    defaults: dict[str, object] = schema_defaults("negatives")
    none = dict.fromkeys(Kind, 0.0)
    return {**defaults, "training": none | training, "evaluation": none | evaluation}


def draw_part(
    part: Part,
    role: str,
    own: SequenceSet,
    same_factor: list[SequenceSet],
    others: list[SequenceSet],
    wanted: dict[str, object],
) -> DrawnNegatives:
    settings = NegativeSettings(**part_section(wanted, part))
    return complete_sequences("a", role, part, own, same_factor, others, settings, 1)


def draw(
    role: str,
    own: SequenceSet,
    same_factor: list[SequenceSet],
    others: list[SequenceSet],
    wanted: dict[str, object],
) -> DrawnNegatives:
    """Draw both parts and join them."""
    parts = [draw_part(part, role, own, same_factor, others, wanted) for part in Part]
    names = own.table.loc[own.table["kind"] == "peak", "name"].tolist()
    training, test = (part.sequences for part in parts)
    return DrawnNegatives(
        join_sequences(training, test, names, True),
        join_summaries([part.summary for part in parts if len(part.summary)]),
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
    wanted = section({"dinucleotide": 1}, {"dinucleotide": 2.5})
    drawn = draw("train", own, [own], [], wanted)
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
    again = draw("train", own, [own], [], wanted)
    np.testing.assert_array_equal(again.sequences.codes, drawn.sequences.codes)


def test_ood_experiments_get_negatives_in_the_test_alone() -> None:
    own = joined(make_set("a"), make_set("a", "file"))
    wanted = section({"dinucleotide": 1, "file": 1}, {"dinucleotide": 1, "file": 1})
    drawn = draw("ood", own, [own], [], wanted)
    assert counts(drawn) == {("dinucleotide", "test"): 8, ("file", "test"): 8}
    positives = drawn.sequences.table[drawn.sequences.table["label"] == 1]
    assert positives["split"].value_counts().to_dict() == COUNTS


def test_supplied_negatives_are_thinned_and_unbound() -> None:
    own, files = make_set("a"), make_set("a", "file", {**COUNTS, "test": 20})
    twin = make_set("twin")
    files.codes[-1] = twin.codes[0]  # bound in another experiment of the factor
    files.codes[-2, FLANK : FLANK + 31] = own.windows[3, 9:]
    wanted = section({"file": 0.5}, {"file": 2})
    drawn = draw("train", joined(own, files), [own, twin], [], wanted)
    assert counts(drawn) == {
        ("file", "train"): 6,
        ("file", "gate"): 2,
        ("file", "validation"): 2,
        ("file", "test"): 16,
    }
    names = drawn.sequences.table["name"].tolist()
    assert "a:file:seq_39" not in names
    assert "a:file:seq_38" not in names
    wanted = section({"file": 1}, {"file": 2.5})
    drawn = draw("train", joined(own, files), [own, twin], [], wanted)
    last = drawn.summary.to_dict("records")[-1]
    assert (last["split"], last["asked"], last["drawn"]) == ("test", 20, 18)
    assert last["why"] == (
        "the files have 20 for this split, and 2 of them share a 31-mer with a positive"
    )


def test_too_few() -> None:
    own = joined(make_set("a"), make_set("a", "file"))
    with pytest.raises(
        InputError,
        match=r"experiment a: only 8 of 16 file negatives could be drawn in split test, less than "
        r"negatives.min_share = 0.8 \(the files have 8 for this split, .*\); "
        r"lower negatives.evaluation.file",
    ):
        draw("ood", own, [own], [], section({}, {"file": 2}))


def test_no_negatives_at_all() -> None:
    own = make_set("a")
    with pytest.raises(
        InputError,
        match=r"experiment a: split test gets no negatives.* name a file .* or set "
        r"negatives.evaluation.dinucleotide",
    ):
        draw("ood", own, [own], [], section({}, {"file": 1}))
    wanted = section({"file": 1}, {"dinucleotide": 1})
    with pytest.raises(InputError, match=r"split train gets no negatives.*training.dinucleotide"):
        draw("train", own, [own], [], wanted)
    # with shuffles, no split is without negatives
    wanted = section({"file": 1, "dinucleotide": 1}, {"file": 1, "dinucleotide": 1})
    drawn = draw("train", own, [own], [], wanted)
    assert set(drawn.summary["kind"]) == {"dinucleotide"}


def test_positives_of_other_factors() -> None:
    own, first, second = make_set("a"), make_set("b"), make_set("c")
    test = 20  # the first row of the split test
    first.codes[test] = own.codes[0]
    first.codes[test + 1, FLANK + 9 :] = second.codes[test, FLANK + 9 :]  # 31 bases and a flank
    wanted = section({}, {"other_factor": 1.75})
    drawn = draw("ood", own, [own], [first, second], wanted)
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
    whole = draw("ood", own, [own], [first, second], section({}, {"other_factor": 2}))
    assert whole.summary["why"].tolist() == [
        "14 of 16 positives of other training factors share no 31-mer with a positive of this "
        "factor or with one another"
    ]


def test_no_other_factor() -> None:
    own = make_set("a")
    with pytest.raises(InputError, match=r"only 0 of 8 other_factor .* \(0 of 0 positives"):
        draw("ood", own, [own], [], section({}, {"other_factor": 1}))


def test_flanks_do_not_identify_negatives() -> None:
    own, files = make_set("a"), make_set("a", "file")
    files.codes[:, 0] = 4  # the negatives have one base less on the left
    wanted = section({"file": 1}, {"file": 1})
    drawn = draw("train", joined(own, files), [own], [], wanted)
    codes = drawn.sequences.codes
    assert (codes[:, 0] == 4).all()
    assert (codes[:, -1] == 4).all()
    assert (codes[:, 1:-1] < 4).all()
    assert (own.codes < 4).all()  # the input is not changed


def test_flanks_of_the_training_part_do_not_depend_on_the_test_part() -> None:
    own, files = make_set("a"), make_set("a", "file")
    files.codes[:, :FLANK] = 4  # files without a known left flank
    both = joined(own, files)
    known = []
    for evaluation in ({"file": 1}, {"dinucleotide": 1}):
        wanted = section({"dinucleotide": 1}, evaluation)
        training = draw_part(Part.TRAINING, "train", both, [own], [], wanted).sequences
        known.append(training.codes)
        assert (training.codes[training.labels == 1] < 4).all()
    np.testing.assert_array_equal(*known)
    test = draw_part(Part.TEST, "train", both, [own], [], section({}, {"file": 1})).sequences
    assert (test.codes[:, :FLANK] == 4).all()


def test_the_parts_do_not_depend_on_the_settings_of_each_other() -> None:
    own, other = joined(make_set("a"), make_set("a", "file")), make_set("b")
    first = {"dinucleotide": 1, "other_factor": 0.5, "file": 0.5}
    second = {"dinucleotide": 2, "other_factor": 1, "file": 1}
    whole = draw("train", own, [own], [other], section(first, second))
    table = whole.sequences.table
    order = ["peak", "other_factor", "file", "dinucleotide"]
    assert table["kind"].drop_duplicates().tolist() == order
    assert whole.summary["kind"].drop_duplicates().tolist() == [
        "dinucleotide", "other_factor", "file",
    ]  # fmt: skip
    for part, wanted in ((Part.TRAINING, section(first, {})), (Part.TEST, section({}, second))):
        drawn = draw_part(part, "train", own, [own], [other], wanted).sequences
        expected = whole.sequences.select(table["split"].isin(part.splits))
        assert drawn.table.equals(expected.table)
        np.testing.assert_array_equal(drawn.codes, expected.codes)


def test_the_training_part_of_an_ood_experiment_may_be_empty(tmp_path: Path) -> None:
    own = make_set("a", counts={"test": 8})
    wanted = section({"dinucleotide": 1}, {"dinucleotide": 1})
    training = draw_part(Part.TRAINING, "ood", own, [own], [], wanted)
    assert len(training.sequences) == len(training.summary) == 0
    write_sequences(training.sequences, tmp_path / "a.parquet")
    empty = read_sequences(tmp_path / "a.parquet")
    test = draw_part(Part.TEST, "ood", own, [own], [], wanted).sequences
    whole = join_sequences(empty, test, own.table["name"].tolist(), True)
    assert whole.table.equals(test.table)


def test_columns_of_the_summary() -> None:
    own = make_set("a")
    drawn = draw("ood", own, [own], [], section({}, {"dinucleotide": 1}))
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
    """All 500 negatives of a file are kept: none shares a 31-mer with a positive."""
    ranks = SplitSettings(**{**schema_defaults("splits"), "by": "rank"})
    windows = WindowSettings(length=101, flank=25, max_n_share=0.05, max_peaks=None)
    path = next((real_data / "paper").glob("CTCF_*_B.seq.gz"))
    own = import_sequences("CTCF", [path], None, windows, ranks, 1).sequences
    drawn = draw("ood", own, [own], [], section({}, {"file": 1}))
    assert counts(drawn) == {("file", "test"): 500}
    assert list(drawn.summary["split"]) == ["test"]
    assert set(Split) > set(drawn.sequences.table["split"])
