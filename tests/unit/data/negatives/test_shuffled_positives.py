import numpy as np
import pandas as pd

from tfmoe.core.dna import encode
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_counts
from tfmoe.data.negatives.shuffled_positives import draw_turns, shuffle_positives


def positives(*sequences: str) -> SequenceSet:
    codes = encode([f"AC{sequence}GT" for sequence in sequences])
    table = pd.DataFrame({"name": [f"x:peak:a:{row}" for row in range(len(codes))]})
    table = table.assign(
        chrom="a", start=table.index, end=1, strand="+", label=1, kind="peak", parent=None,
        split="test", repeat_share=np.float32(0.5), rank=range(3, 3 + len(codes)),
    )  # fmt: skip
    return SequenceSet(table, codes, 2)


def test_turns() -> None:
    rows = draw_turns(10, 35, np.random.default_rng(1))
    assert np.bincount(rows).tolist().count(4) == 5
    assert sorted(rows[:10].tolist()) == list(range(10))
    assert draw_turns(10, 0, np.random.default_rng(1)).tolist() == []
    assert draw_turns(0, 0, np.random.default_rng(1)).tolist() == []


def test_each_positive_in_turn() -> None:
    own = positives("ACGTTGCAAGCTAGG", "TTGACCATGCAGTAC")
    found = shuffle_positives(own, 3, "x", np.random.default_rng(2))
    assert len(found) == 3
    assert set(found.table["name"]) > {"x:dinucleotide:a:0:1", "x:dinucleotide:a:1:1"}
    assert found.table["parent"].tolist() in (
        ["x:peak:a:0", "x:peak:a:0", "x:peak:a:1"],
        ["x:peak:a:0", "x:peak:a:1", "x:peak:a:1"],
    )
    assert found.table["repeat_share"].isna().all()
    assert found.table.set_index("parent")["rank"].to_dict() == {"x:peak:a:0": 3, "x:peak:a:1": 4}
    assert found.table["repeat_share"].dtype == np.float32
    assert (found.codes[:, :2] == 4).all()
    assert (found.codes[:, -2:] == 4).all()
    parents = found.table["start"].to_numpy()
    np.testing.assert_array_equal(
        dinucleotide_counts(found.windows), dinucleotide_counts(own.windows[parents])
    )


def test_a_shuffle_is_never_the_positive_itself() -> None:
    # the dinucleotides of the first two have one order only
    own = positives("AAAAAAAA", "ACGTTTTT", "AACAAAAA", "ACACAGAG")
    found = shuffle_positives(own, 400, "x", np.random.default_rng(3))
    parents = own.windows[found.table["start"].to_numpy()]
    assert (found.windows != parents).any(axis=1).all()
    np.testing.assert_array_equal(dinucleotide_counts(found.windows), dinucleotide_counts(parents))
    assert found.table.groupby("parent").size().to_dict() == {"x:peak:a:2": 100, "x:peak:a:3": 100}
    # the copies of a positive are numbered from 1
    assert found.table["name"].iloc[0] == "x:dinucleotide:a:2:1"
    assert found.table["name"].iloc[-1] == "x:dinucleotide:a:3:100"
