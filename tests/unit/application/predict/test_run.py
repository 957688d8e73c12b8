from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.fixtures.conditioned import Run

from fake_model import FakeModel
from tfmoe.application.model.model import Model, load
from tfmoe.application.predict import run as predict_module
from tfmoe.application.predict.run import PredictOptions, predict_file, predict_table
from tfmoe.application.predict.summary import PredictSummary
from tfmoe.core.dna import decode, encode
from tfmoe.core.errors import InputError
from tfmoe.data.datasets import read_sequences
from tfmoe.data.reading import fasta_stream

ALL = PredictOptions(every_column=True)
# with 8, 2, 5, no and 4 A; the third is tiled, the fourth is too short
SEQUENCES = {
    "strong": "AAAAaaaaCCCC",
    "weak": "AACCCCCCCCCC",
    "long": "AACCCCCCCCCCCCCCCAAAAAC",
    "short": "GGG",
    "few": "AAAACC",
}
COLUMNS = [
    "name", "tiles", "tile_start", "tile_end", "padded", "probability", "logit", "logit_sd",
    "threshold", "above_threshold",
]  # fmt: skip


def predicted(
    folder: Path,
    text: str,
    model: FakeModel | None = None,
    factor: str | None = None,
    options: PredictOptions | None = None,
    name: str = "out.tsv",
) -> tuple[pd.DataFrame, PredictSummary]:
    (folder / "x.fa").write_text(text)
    model = model or FakeModel()
    summary = predict_file(
        model, model.query(factor), folder / "x.fa", folder / name, None, options
    )
    if name.endswith("parquet"):
        return pd.read_parquet(folder / name), summary
    return pd.read_csv(folder / name, sep="\t", dtype={"name": "str"}), summary


def fasta(sequences: dict[str, str]) -> str:
    return "".join(f">{name} text\n{sequence}\n" for name, sequence in sequences.items())


def test_a_table_by_sequence(tmp_path: Path) -> None:
    table, summary = predicted(tmp_path, fasta(SEQUENCES))
    nan = np.nan
    expected = pd.DataFrame(
        {
            "name": list(SEQUENCES),
            "tiles": [1, 1, 5, 0, 1],
            "tile_start": [0, 0, 11, nan, 0],
            "tile_end": [12, 12, 23, nan, 6],
            "padded": [0, 0, 0, nan, 6],
            "probability": 1 / (1 + np.exp([-4.25, 1.75, -1.25, nan, -0.25])),
            # number of A - 4, and a quarter by the second seed
            "logit": [4.25, -1.75, 1.25, nan, 0.25],
            "logit_sd": [np.sqrt(0.125)] * 3 + [nan] + [np.sqrt(0.125)],
            "threshold": [1.0] * 3 + [nan, 1.0],
            "above_threshold": [1, 0, 1, nan, 0],
        }
    )
    pd.testing.assert_frame_equal(table, expected, rtol=1e-6, check_dtype=False)
    assert (summary.records, summary.short, summary.padded, summary.tiled) == (5, 1, 1, 1)
    assert summary.first_short == ("short", 7)


@pytest.mark.parametrize("tiles", [1, 2, 3, 100])
@pytest.mark.parametrize("block", [3, 1000])
def test_parts_do_not_matter(
    tmp_path: Path, tiles: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = predicted(tmp_path, fasta(SEQUENCES), options=ALL)
    monkeypatch.setattr(predict_module, "TILES", tiles)
    monkeypatch.setattr(fasta_stream, "_FIRST_BLOCK", block)
    monkeypatch.setattr(fasta_stream, "BLOCK", block)
    model = FakeModel()
    found, _ = predicted(tmp_path, fasta(SEQUENCES), model, options=ALL)
    pd.testing.assert_frame_equal(found, expected)
    assert sum(model.scored) == 8
    assert max(model.scored) <= tiles


def test_windows_are_scored_in_whole_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict_module, "TILES", 8)
    model = FakeModel(batch_size=3)
    predicted(tmp_path, ">a\nACGTACGTACGT\n" * 20, model)
    assert model.scored == [3, 6, 6, 5]
    model = FakeModel(batch_size=1000)
    predicted(tmp_path, ">a\nACGTACGTACGT\n" * 20, model)
    assert model.scored == [8, 8, 4]


def test_the_first_of_equal_tiles_is_named(tmp_path: Path) -> None:
    table, _ = predicted(tmp_path, f">a\n{'C' * 30}\n>b\n{'A' * 13}\n")
    assert table["tile_start"].tolist() == [0, 0]
    assert table["tiles"].tolist() == [7, 2]


def test_stride(tmp_path: Path) -> None:
    text = ">a\nCCCCCCCCAACCCCCC\n"
    for stride, tiles in ((1, 5), (4, 2), (12, 2)):
        table, _ = predicted(tmp_path, text, options=PredictOptions(stride))
        assert table["tiles"].tolist() == [tiles]
    for stride in (0, 13):
        with pytest.raises(InputError) as error:
            predicted(tmp_path, text, options=PredictOptions(stride))
        message = f"--stride: found {stride}, expected from 1 to the window, 12"
        assert str(error.value) == message


def test_one_seed_has_no_sd(tmp_path: Path) -> None:
    table, _ = predicted(tmp_path, fasta(SEQUENCES), FakeModel(seeds=(3,)))
    assert table["logit_sd"].isna().all()
    assert table["logit"][0] == 5.5


def test_precision_sets_the_threshold(tmp_path: Path) -> None:
    options = PredictOptions(precision=0.5)
    table, _ = predicted(tmp_path, fasta(SEQUENCES), options=options)
    assert table["threshold"].dropna().unique().tolist() == [-1]
    assert table["above_threshold"].dropna().tolist() == [1, 0, 1, 1]


def test_a_model_that_does_not_reach_the_precision(tmp_path: Path) -> None:
    model = FakeModel()
    model.thresholds = {0.5: -1.0}
    table, summary = predicted(tmp_path, ">a\nAAAAAAAAAAAA\n", model)
    assert table[["threshold", "above_threshold"]].isna().all(axis=None)
    assert summary.notes() == ["the column threshold is empty: no threshold at 0.9"]
    with pytest.raises(InputError, match=r"^no threshold at 0\.8$"):
        predicted(tmp_path, ">a\nAAAAAAAAAAAA\n", model, options=PredictOptions(precision=0.8))


@pytest.mark.parametrize("name", ["out.tsv", "out.parquet"])
def test_columns_of_a_factor_and_all(tmp_path: Path, name: str) -> None:
    few, _ = predicted(tmp_path, fasta(SEQUENCES), factor="X", name=name)
    assert few.columns.tolist() == [*COLUMNS, "networks", "matrix"]
    assert few["networks"].tolist()[:3] == [4.25, -1.75, 1.25]
    assert few["matrix"].tolist()[:3] == [5, -1, 2]
    table, _ = predicted(tmp_path, fasta(SEQUENCES), factor="X", options=ALL, name=name)
    assert table.columns.tolist() == [
        "name", "description", *COLUMNS[1:], "networks", "matrix", "gate_a", "gate_b", "moe_seed0",
        "moe_seed1", "gkm", "pooled_gkm",
    ]  # fmt: skip
    assert table["description"].tolist() == ["text"] * 5
    assert table["gate_b"].dropna().unique().tolist() == [0.75]
    assert table["moe_seed1"].tolist()[:3] == [4.5, -1.5, 1.5]
    same = [column for column in COLUMNS if column in table]
    pd.testing.assert_frame_equal(table[same], few[same])


def test_types_of_parquet(tmp_path: Path) -> None:
    table, _ = predicted(tmp_path, fasta(SEQUENCES), name="out.parquet")
    assert {str(kind) for kind in table[COLUMNS[5:9]].dtypes} == {"float32"}
    assert {str(kind) for kind in table[COLUMNS[2:5] + COLUMNS[9:]].dtypes} == {"Int64"}


def test_order_and_names_are_kept(tmp_path: Path) -> None:
    text = ">z\nAAAACCCCCCCC\n>a\nACCCCCCCCCCC\n>z\nAACCCCCCCCCC\n>007\nCCCCCCCCCCCC\n"
    table, summary = predicted(tmp_path, text)
    assert table["name"].tolist() == ["z", "a", "z", "007"]
    assert table["logit"].tolist() == [0.25, -2.75, -1.75, -3.75]
    assert summary.repeated == 1


def test_coordinates_of_intervals(tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(f">chr1\n{'C' * 40}{'A' * 20}\n")
    (tmp_path / "x.bed").write_text("chr1\t20\t60\tlong\nchr1\t54\t60\tend\n1\t0\t12\n")
    model = FakeModel()
    predict_file(model, model.query(), tmp_path / "x.bed", tmp_path / "out.tsv", tmp_path / "g.fa")
    table = pd.read_csv(tmp_path / "out.tsv", sep="\t")
    assert table.columns.tolist() == ["name", "chrom", "start", "end", *COLUMNS[1:]]
    assert table["name"].tolist() == ["long", "end", "1:0-12"]
    places = ["chrom", "start", "end", "tile_start", "tile_end", "tiles", "padded", "logit"]
    assert table[places].to_numpy().tolist() == [
        ["chr1", 20, 60, 41, 53, 11, 0, 8.25],
        ["chr1", 54, 60, 51, 60, 1, 3, 5.25],
        ["1", 0, 12, 0, 12, 1, 0, -3.75],
    ]


def test_notes(tmp_path: Path) -> None:
    sequences = SEQUENCES | {"unknown": "N" * 9 + "ACG"}
    _, summary = predicted(tmp_path, fasta(sequences) + fasta({"weak": "A" * 12, "none": ""}))
    assert summary.notes() == [
        "2 of 8 sequences have fewer than 4 bases and no score; the first is short (line 7)",
        "1 of 8 sequences were padded with unknown bases to 12 (column padded)",
        "1 of 8 sequences are longer than 12 bases and have the score of their best tile (columns "
        "tile_start, tile_end); the more tiles, the higher is the best of them by chance",
        "1 of 8 sequences have fewer than 4 known bases in their window; their scores mean little",
        "1 of 8 sequences have the name of an earlier one; all are kept, in their order",
    ]
    _, summary = predicted(tmp_path, ">a\nAAAAAAAAAAAA\n")
    assert summary.notes() == []


def test_a_fault_after_many_sequences_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fasta_stream, "_FIRST_BLOCK", 100)
    model = FakeModel()
    with pytest.raises(InputError, match=r"x\.fa, line 202: sequence b: found E"):
        predicted(tmp_path, ">a\nAAAAAAAAAAAA\n" * 100 + ">b\nAEA\n", model)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.fa"]


def test_ctrl_c_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict_module, "TILES", 4)

    class Interrupted(FakeModel):
        def score(self, codes, query):
            if self.scored:
                raise KeyboardInterrupt
            return super().score(codes, query)

    with pytest.raises(KeyboardInterrupt):
        predicted(tmp_path, ">a\nAAAAAAAAAAAA\n" * 100, Interrupted())
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.fa"]


def test_an_input_without_long_sequences_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        predicted(tmp_path, ">a\n\n>b\nAC\n")
    assert str(error.value) == (
        f"{tmp_path / 'x.fa'}: none of the 2 sequences has at least 4 bases, a third of the window "
        "of 12"
    )
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.fa"]


def test_the_suffix_is_checked_before_anything_is_read(tmp_path: Path) -> None:
    model = FakeModel()
    with pytest.raises(InputError, match=r"out\.csv: expected an output whose name ends in"):
        predict_file(model, model.query(), tmp_path / "missing.fa", tmp_path / "out.csv")


def test_progress_counts_every_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict_module, "TILES", 4)
    (tmp_path / "x.fa").write_text(fasta(SEQUENCES) * 3)
    counted: list[int] = []
    model = FakeModel()
    predict_file(
        model, model.query(), tmp_path / "x.fa", tmp_path / "o.tsv", advance=counted.append
    )
    assert sum(counted) == 15
    assert len(counted) > 3


def test_sequences_in_memory(tmp_path: Path) -> None:
    expected, _ = predicted(tmp_path, fasta(SEQUENCES), options=ALL, name="out.parquet")
    model = FakeModel()
    table = predict_table(model, model.query(), pd.Series(SEQUENCES), ALL)
    pd.testing.assert_frame_equal(table, expected.drop(columns="description"))
    listed = predict_table(model, model.query(), list(SEQUENCES.values()), ALL)
    assert listed["name"].tolist() == ["1", "2", "3", "4", "5"]
    codes = encode(["AAAACCCCCCCC", "NAAACCCCCCCC"])
    assert predict_table(model, model.query(), codes)["logit"].tolist() == [0.25, -0.75]
    with pytest.raises(InputError, match=r"^sequences: none of the 0 sequences has at least 4"):
        predict_table(model, model.query(), [])
    with pytest.raises(InputError, match=r"^sequence 1 of 1 \(1\): found E"):
        predict_table(model, model.query(), ["ACE"])


def test_the_scores_of_a_real_model(
    run: Run, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Model, "threshold", lambda *_: 0.5, raising=False)
    windows = np.ascontiguousarray(read_sequences(run.sequences("Delta"), splits=["test"]).windows)
    texts = decode(windows)
    (tmp_path / "x.fa").write_text("".join(f">{text}\n{text}\n" for text in texts))
    model = load(model_folder, threads=1, batch_size=16)
    query = model.query("Delta")
    predict_file(model, query, tmp_path / "x.fa", tmp_path / "out.parquet", options=ALL)
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert table["name"].tolist() == texts
    expected = model.score(windows, query)
    for name, values in expected.columns.items():
        np.testing.assert_array_equal(table[name], values, err_msg=name)
    np.testing.assert_array_equal(table["logit"], expected.logits[:, 0])
    np.testing.assert_array_equal(table["gate_Beta"], expected.gates[0]["Beta"])
    for kind, scores in expected.kinds[0].items():
        np.testing.assert_array_equal(table[kind.value], scores.astype(np.float32))
    in_memory = model.predict(texts, "Delta", every_column=True)
    pd.testing.assert_frame_equal(
        in_memory.drop(columns="name"), table.drop(columns=["name", "description"])
    )
