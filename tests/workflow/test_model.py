"""The model of a finished run, in use as its users use it."""

from __future__ import annotations

import doctest
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pysam
import pytest
from tests.fixtures.small_run import RESULTS
from typer.testing import CliRunner, Result

import tfmoe
from tfmoe.application.model import model as model_module
from tfmoe.cli.app import app
from tfmoe.core.dna import decode
from tfmoe.data.datasets import SequenceSet, read_sequences
from tolerance import close

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def model(small: Path) -> tfmoe.Model:
    return tfmoe.load(small / RESULTS / "model", threads=1)


@pytest.fixture
def command(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs a command on the run's model, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tfmoe.cli.shell.set_threads", lambda number: None)

    def call(name: str, *arguments: str) -> Result:
        given = [str(small / RESULTS / "model"), *arguments]
        done = CliRunner().invoke(app, [name, *given], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done

    return call


def predictions(small: Path, experiment: str) -> tuple[pd.DataFrame, SequenceSet]:
    """Return the pipeline's scores and the sequences that they are of."""
    table = pd.read_parquet(small / RESULTS / f"predictions/{experiment}.parquet")
    splits = list(dict.fromkeys(table["split"]))
    found = read_sequences(small / RESULTS / f"sequences/{experiment}.parquet", splits=splits)
    assert found.table["name"].tolist() == table["name"].tolist()
    return table, found


@pytest.mark.parametrize("experiment", ["GATA3", "CTCF", "POLR2A"])
def test_all_models_have_the_scores_of_the_pipeline_to_the_last_bit(
    small: Path, model: tfmoe.Model, experiment: str
) -> None:
    table, sequences = predictions(small, experiment)
    query = model.query(experiment)
    found = model.score(np.ascontiguousarray(sequences.windows), query)
    models = {name.removesuffix("_seed0").removesuffix("_seed1") for name in found.columns}
    assert models >= {
        "expert_ARID3A", "expert_FOXM1", "expert_GATA3", "mean_of_experts", "moe",
        "moe_conditioned", "gkm",
    }  # fmt: skip
    for name, values in found.columns.items():
        np.testing.assert_array_equal(values, table[name], err_msg=name)


def test_predictions_from_a_fasta_are_those_of_the_pipeline(small: Path, command: Command) -> None:
    table, sequences = predictions(small, "CTCF")
    texts = decode(sequences.windows)
    records = [f">{name}\n{text}\n" for name, text in zip(table["name"], texts, strict=True)]
    Path("in.fa").write_text("".join(records))
    command("predict", "in.fa", "-o", "out.parquet", "--factor", "CTCF", "--all", "-t", "1")
    found = pd.read_parquet("out.parquet")
    assert found["name"].tolist() == table["name"].tolist()
    for name in ("moe_conditioned_seed0", "moe_seed1", "expert_GATA3_seed0", "gkm"):
        np.testing.assert_array_equal(found[name], table[name], err_msg=name)
    mean = table[["moe_conditioned_seed0", "moe_conditioned_seed1"]].mean(axis=1)
    close(found["logit"], mean)


def test_a_scan_has_the_logits_of_the_windows(
    small: Path, command: Command, model: tfmoe.Model
) -> None:
    genome = str(small / RESULTS / "genome/genome.fa")
    table, sequences = predictions(small, "GATA3")
    peaks = table[(table["label"] == 1) & (table["split"] == "test")].iloc[:3]
    lines = [f"{row.chrom}\t{row.start}\t{row.end}\n" for row in peaks.itertuples()]
    Path("regions.bed").write_text("".join(lines))
    command(
        "scan", "-g", genome, "-r", "regions.bed", "-f", "GATA3", "-o", "out.bw",
        "--hits", "hits.bed", "--threshold", "-10",
    )  # fmt: skip
    query = model.query("GATA3")
    windows = np.ascontiguousarray(sequences.windows[peaks.index.to_numpy()])
    expected = model.score(windows, query).logits.mean(axis=1)
    with pyBigWig.open("out.bw") as track:
        for row, logit in zip(peaks.itertuples(), expected, strict=True):
            centre = row.start + model.window // 2
            (value,) = track.values(str(row.chrom), centre, centre + 1)
            assert value == pytest.approx(logit, abs=1e-4)
    hits = [line.split("\t") for line in Path("hits.bed").read_text().splitlines()]
    assert all(int(hit[2]) - int(hit[1]) == model.window for hit in hits if hit[0][0] != "#")


def test_variants_get_effects_and_p_values(small: Path, command: Command) -> None:
    genome = small / RESULTS / "genome/genome.fa"
    with pysam.FastaFile(str(genome)) as fasta:
        chrom = fasta.references[0]
        base = fasta.fetch(chrom, 20_000, 20_001).upper()
    other = "A" if base != "A" else "G"
    Path("in.vcf").write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        f"{chrom}\t20001\tsnv\t{base}\t{other}\t.\t.\t.\n"
        f"{chrom}\t20001\tinsertion\t{base}\t{base}ACGT\t.\t.\t.\n"
    )
    command("variants", "in.vcf", "-g", str(genome), "-f", "STAT3", "-o", "out.vcf.gz")
    with pysam.VariantFile("out.vcf.gz") as file:
        for record in file.fetch(chrom):
            info = {name: record.info[name][0] for name in record.info}
            effect = info["TFMOE_ALT"] - info["TFMOE_REF"]
            assert info["TFMOE_EFFECT"] == pytest.approx(effect, abs=1e-4)
            assert 1 / 501 <= info["TFMOE_P"] <= 1


def test_an_explanation_is_drawn(small: Path, command: Command) -> None:
    _, sequences = predictions(small, "GATA3")
    command("explain", decode(sequences.windows[:1])[0], "-f", "GATA3", "-o", "site")
    found = {path.name for path in Path().iterdir()}
    assert {"site.svg", "site.png", "site.tsv", "site.members.tsv"} <= found


def test_a_planted_motif_raises_the_logit(command: Command) -> None:
    command(
        "marginalize", "--motif", "AGATAAGA", "-f", "GATA3", "-o", "gata", "--sequences", "20",
        "--every", "25",
    )  # fmt: skip
    table = pd.read_csv("gata.tsv", sep="\t")
    assert (table["effect"] > 1).all()
    assert set(table["strand"]) == {"+", "-"}


def test_the_card_names_what_the_model_was_trained_on(small: Path, command: Command) -> None:
    card = json.loads((small / RESULTS / "model/card.json").read_text())
    assert set(card["experiments"]) >= {"ARID3A", "FOXM1", "GATA3", "CTCF"}
    printed = command("info").output
    assert re.search(r"GATA3\tsimulated\t0\.\d{3}", printed), printed


def test_the_examples_of_the_docstrings_run(
    small: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/demo").symlink_to(small / RESULTS, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    for module in (tfmoe, model_module):
        found = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
        assert found.attempted > 0
        assert found.failed == 0
