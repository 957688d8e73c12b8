from pathlib import Path

import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment
from tfmoe.data.reading.sources import InputFile
from tfmoe.data.ready.preflight import check_sequences
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SplitSettings

WINDOWS = WindowSettings(length=4, flank=0, max_n_share=0.0, max_peaks=None)
RANKS = SplitSettings(
    **{
        **schema_defaults("splits"),
        "by": "rank",
        "held_out_ranks": 4,
        "shares": {"test": 0.2, "gate": 0.3, "validation": 0.3},
    }
)


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


def test_one_row_an_experiment(tmp_path: Path) -> None:
    first, second = fasta(tmp_path / "a.fa", 40), fasta(tmp_path / "b.fa", 3)
    table = check_sequences(
        {"a": experiment("a"), "b": experiment("b", "ood")},
        {"a": [InputFile(first, None)], "b": [InputFile(second, None)]},
        {},
        WINDOWS,
        RANKS,
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


def test_every_fault_is_told(tmp_path: Path) -> None:
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
            WINDOWS,
            RANKS,
            1,
        )
    lines = str(caught.value).splitlines()
    assert [line[:14] for line in lines] == [f"experiment {name}: " for name in "abcde"]
    assert "its sha256 is" in lines[0]
    assert "no positive is left in split" in lines[1]
    assert lines[2].startswith("experiment c: no positive is left of")
    assert "d.fa, line 1: found 'ACGT'" in lines[3]
    assert lines[4].startswith("experiment e: no positive is left in split test (positives: ")
