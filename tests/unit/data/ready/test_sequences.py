from pathlib import Path

import numpy as np
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.dna import decode
from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment
from tfmoe.data.datasets import write_sequences
from tfmoe.data.kmers import unique_kmers
from tfmoe.data.reading.sequence_files import read_experiment
from tfmoe.data.reading.sources import InputFile
from tfmoe.data.ready.sequences import (
    ImportedSequences,
    check_sequences,
    import_sequences,
    index_training,
)
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SplitSettings

RANKS = SplitSettings(**{**schema_defaults("splits"), "by": "rank"})
FOUR_BASES = WindowSettings(length=4, flank=0, max_n_share=0.0, max_peaks=None)
FEW_RANKS = SplitSettings(
    **{
        **schema_defaults("splits"),
        "by": "rank",
        "held_out_ranks": 4,
        "shares": {"test": 0.2, "gate": 0.3, "validation": 0.3},
    }
)
RNG = np.random.default_rng(1)


def import_fasta(
    folder: Path, positives: str, negatives: str | None = None, **windows: float | None
) -> ImportedSequences:
    settings = {"length": 4, "flank": 2, "max_n_share": 0.25, "max_peaks": None} | windows
    paths = [folder / "positives.fa", folder / "negatives.fa"]
    for path, text in zip(paths, (positives, negatives), strict=True):
        path.write_text(text or "")
    return import_sequences(
        "x", paths[:1], paths[1] if negatives else None, WindowSettings(**settings), RANKS, 1
    )


def test_windows_and_flanks(tmp_path: Path) -> None:
    # of the window's length, longer by 1 on the right, and longer than window and flanks
    found = import_fasta(tmp_path, ">a\nAACC\n>b\nACCCG\n>c\nTTTGACATTTT\n")
    assert decode(found.sequences.codes) == ["NNAACCNN", "NNACCCGN", "TTGACATT"]
    assert decode(found.sequences.windows) == ["AACC", "ACCC", "GACA"]
    table = found.sequences.table
    assert table["name"].tolist() == ["x:peak:a", "x:peak:b", "x:peak:c"]
    assert table["chrom"].tolist() == [".", ".", "."]
    assert table["start"].tolist() == table["end"].tolist() == [-1, -1, -1]
    assert table["label"].tolist() == [1, 1, 1]
    assert table["parent"].isna().all()
    assert table["repeat_share"].isna().all()
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["rank"].dtype == np.int64


def test_filters_are_counted(tmp_path: Path) -> None:
    text = ">1\nAACC\n>2\nAAC\n>3\nANNC\n>4\nGGTT\n>5\nANCC\n>6\naacc\n>7\nTTTT\n>8\nTTTA\n"
    found = import_fasta(tmp_path, text, max_peaks=3)
    # 4 is 1 on the other strand, 6 is 1 in lower case
    assert found.sequences.table["name"].tolist() == ["x:peak:1", "x:peak:5", "x:peak:7"]
    assert found.filters("x").to_dict("records") == [
        {
            "experiment": "x",
            "sequences": 8,
            "short": 1,
            "unknown_bases": 1,
            "duplicate": 2,
            "max_peaks": 1,
            "kept": 3,
            "negatives": 0,
            "negatives_kept": 0,
        }
    ]


def test_repeats_are_in_lower_case(tmp_path: Path) -> None:
    found = import_fasta(tmp_path, ">a\nACaCCccc\n>b\nACGT\n>c\nccct\n", ">n\nACTC\n>m\nAGAG\n")
    share = found.sequences.table["repeat_share"]
    assert share.dtype == np.float32
    assert share.tolist()[:3] == [0.5, 0.0, 1.0]  # of aCCc, the window
    assert share[3:].isna().all()


def test_negatives_from_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = import_fasta(
        tmp_path, ">a\nAACC\n>b\nACAC\n", ">n\nAATT\n>m\nAAT\n>o\nAATT\n>p\nCCCC\n"
    )
    table = found.sequences.table
    assert table["name"].tolist() == ["x:peak:a", "x:peak:b", "x:file:n", "x:file:p"]
    assert table["label"].tolist() == [1, 1, 0, 0]
    assert table["kind"].tolist() == ["peak", "peak", "file", "file"]
    assert (found.counts["negatives"], found.counts["negatives_kept"]) == (4, 2)
    assert "x: 2 negatives are kept (sequences 4, short 1, duplicate 1)" in caplog.text
    # both sequences of rank 2 are in the split test
    assert table["split"].tolist()[1] == "test"


def test_positive_and_negative_of_a_rank_share_a_split(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    texts = ["".join("ACGT"[base] for base in row) for row in rng.integers(0, 4, (3000, 20))]
    lines = [f">{number}\n{text}\n" for number, text in enumerate(texts)]
    found = import_fasta(tmp_path, "".join(lines[:1500]), "".join(lines[1500:]), length=20)
    splits = found.sequences.table["split"].tolist()
    assert splits[:1500] == splits[1500:]
    assert splits[:1500].count("test") == 500
    assert {"train", "gate", "validation"} < set(splits)


def test_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(
        InputError,
        match=r"experiment x: no positive is left .*positives.fa \(sequences 2, short 2, "
        r"unknown_bases 0, duplicate 0, max_peaks 0\); .*windows.length = 9",
    ):
        import_fasta(tmp_path, ">a\nAACC\n>b\nACAC\n", length=9)


def test_index_of_what_was_trained_on(tmp_path: Path) -> None:
    texts = ["".join("ACGT"[base] for base in row) for row in RNG.integers(0, 4, (40, 35))]
    lines = "".join(f">{rank}\n{text}\n" for rank, text in enumerate(texts[:30]))
    negatives = "".join(f">{rank}\n{text}\n" for rank, text in enumerate(texts[30:]))
    found = import_fasta(tmp_path, lines, negatives, length=35)
    write_sequences(found.sequences, tmp_path / "x.parquet")
    index = index_training({"x": tmp_path / "x.parquet"}, {"x": "CTCF"})
    assert index.factors == {"x": "CTCF"}
    # the even ranks are the split test
    seen = found.sequences.windows[:30:2]
    np.testing.assert_array_equal(index.kmers["x"], unique_kmers(seen))


@pytest.mark.parametrize("factor", ["ARID3A", "FOXM1", "GATA3"])
def test_the_papers_splits(real_data: Path, factor: str) -> None:
    """The split test of AC and B together is B, and the other splits are AC."""
    paths = sorted((real_data / "paper").glob(f"{factor}_*.seq.gz"))
    assert [path.name[-9:] for path in paths] == ["AC.seq.gz", "_B.seq.gz"]
    settings = WindowSettings(length=101, flank=25, max_n_share=0.05, max_peaks=None)
    found = import_sequences(factor, paths, None, settings, RANKS, 1)
    table = found.sequences.table.assign(sequence=decode(found.sequences.windows))
    published = read_experiment(paths[1:], None)
    for kind, label in (("peak", 1), ("file", 0)):
        test = table[(table["split"] == "test") & (table["kind"] == kind)]
        expected = published[published["label"] == label]
        assert set(test["sequence"]) == set(expected["sequence"])
        assert len(test) == len(expected) == 500
    assert not (table[table["kind"] == "file"]["split"] != "test").any()
    rest = table[table["split"] != "test"]
    assert sorted(rest["sequence"]) == sorted(read_experiment(paths[:1], None)["sequence"])
    shares = rest["split"].value_counts(normalize=True)
    assert shares["gate"] == pytest.approx(0.1, abs=0.01)
    assert shares["validation"] == pytest.approx(0.1, abs=0.01)
    assert found.counts["duplicate"] == found.counts["unknown_bases"] == 0


def experiment(name: str, role: str = "train") -> Experiment:
    stratum = "-" if role == "train" else "cross_family"
    return Experiment(name, name.upper(), "K562", role, stratum, "-", "x.fa", "-")


def fasta(path: Path, number: int, length: int = 4) -> str:
    texts = ["".join("ACGT"[rank // 4**place % 4] for place in range(4)) for rank in range(256)]
    distinct = [
        text for text in texts if text < text[::-1].translate(str.maketrans("ACGT", "TGCA"))
    ]
    path.write_text("".join(f">{rank}\n{distinct[rank][:length]}\n" for rank in range(number)))
    return str(path)


def test_check_has_one_row_per_experiment(tmp_path: Path) -> None:
    first, second = fasta(tmp_path / "a.fa", 40), fasta(tmp_path / "b.fa", 3)
    table = check_sequences(
        {"a": experiment("a"), "b": experiment("b", "ood")},
        {"a": [InputFile(first, None)], "b": [InputFile(second, None)]},
        {},
        FOUR_BASES,
        FEW_RANKS,
        1,
    )
    assert list(table.columns) == [
        "experiment", "factor", "role", "file", "peaks", "on_genome", "train", "gate",
        "validation", "test", "naming",
    ]  # fmt: skip
    assert table["peaks"].tolist() == table["on_genome"].tolist() == [40, 3]
    assert table["test"].tolist() == [2, 1]
    assert table[["train", "gate", "validation", "test"]].sum(axis=1).tolist() == [40, 3]
    assert table["file"].tolist() == [first, second]
    assert table["naming"].tolist() == ["-", "-"]


def test_check_reports_every_fault(tmp_path: Path) -> None:
    good, few = fasta(tmp_path / "a.fa", 40), fasta(tmp_path / "b.fa", 1)
    short = fasta(tmp_path / "c.fa", 5, length=3)
    broken = tmp_path / "d.fa"
    broken.write_text("ACGT\n")
    with pytest.raises(InputError) as caught:
        check_sequences(
            {name: experiment(name) for name in "abcd"} | {"e": experiment("e", "ood")},
            {
                "a": [InputFile(good, "0" * 64)],
                "b": [InputFile(few, None)],
                "c": [InputFile(short, None)],
                "d": [InputFile(good, None)],
                "e": [InputFile(few, None)],
            },
            {"d": [InputFile(str(broken), None)]},
            FOUR_BASES,
            FEW_RANKS,
            1,
        )
    lines = str(caught.value).splitlines()
    assert [line[:14] for line in lines] == [f"experiment {name}: " for name in "abcde"]
    assert "its sha256 is" in lines[0]
    assert "no positives in split" in lines[1]
    assert lines[2].startswith("experiment c: no positive is left after filtering ")
    assert "d.fa, line 1: found 'ACGT'" in lines[3]
    assert lines[4].startswith("experiment e: no positives in split test (positives: ")
