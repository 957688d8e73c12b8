from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.conditioned import MATRICES
from typer.testing import CliRunner, Result

from tfmoe.application.model.model import load
from tfmoe.cli.app import app
from tfmoe.core.dna import encode
from tfmoe.core.files import read_tsv
from tolerance import close

WINDOW = 41
WORD = MATRICES["Alpha"]
SITE = 60
SUFFIXES = ("svg", "png", "tsv", "members.tsv", "gates.tsv", "hits.tsv")


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    letters = np.random.default_rng(3).choice(list("ACGT"), 120)
    letters[SITE : SITE + len(WORD)] = list(WORD)
    path = tmp_path / "g.fa"
    path.write_text(f">chr1\n{''.join(letters)}\n>chr2\nACGT\n")
    return path


def explain(folder: Path, *arguments: object) -> Result:
    given = [str(argument) for argument in arguments]
    return CliRunner().invoke(app, ["explain", str(folder), *given, "--threads", "1"])


def test_a_locus_is_explained_on_the_genome(
    model_folder: Path, genome: Path, tmp_path: Path
) -> None:
    prefix = tmp_path / "out"
    given = ("1:41-81", "-g", genome, "--factor", "Alpha", "-o", prefix, "--bedgraph")
    result = explain(model_folder, *given)
    assert result.exit_code == 0, result.output
    assert "wrote the explanation of chr1:41-81 (+)" in result.stderr
    assert result.stdout.splitlines()[0] == "# contributions to the logit"
    table = read_tsv(f"{prefix}.tsv")
    assert table["position"].tolist() == list(range(41, 82))
    assert set(table["chrom"]) == {"chr1"}
    site = slice(SITE - 40, SITE - 40 + len(WORD))
    assert table["base"][site].str.cat() == WORD
    assert table["contribution"].to_numpy()[site].sum() > 0.5 * table["contribution"].sum()
    hits = read_tsv(f"{prefix}.hits.tsv")
    assert hits[["chrom", "start", "end", "strand"]].iloc[0].tolist() == ["chr1", 60, 67, "+"]
    graph = [line.split("\t") for line in Path(f"{prefix}.bedgraph").read_text().splitlines()]
    assert graph[0][:3] == ["chr1", "40", "41"]
    close([float(row[3]) for row in graph], table["contribution"], terms=10, dtype=np.float32)
    members = read_tsv(f"{prefix}.members.tsv").set_index("member")
    model = load(model_folder, threads=1)
    query = model.query("Alpha")
    logits = model.score(encode([table["base"].str.cat()]), query).logits
    close(members["contribution"]["moe_conditioned"], logits.item(), terms=40, dtype=np.float32)
    for suffix in SUFFIXES:
        assert Path(f"{prefix}.{suffix}").stat().st_size > 50


def test_a_sequence_is_explained_by_the_mixture_without_a_factor(
    model_folder: Path, tmp_path: Path
) -> None:
    result = explain(
        model_folder, "CC" + WORD, "--method", "gradient_corrected", "-o", tmp_path / "x"
    )
    assert result.exit_code == 0, result.output
    table = read_tsv(tmp_path / "x.tsv")
    assert table["base"].str.cat() == "CC" + WORD
    assert "kmers" not in table


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chr1:5", "-g", "g.fa"], "chr1:5: expected a locus such as chr1:1,001-1,100"),
        (["chr1:9-5", "-g", "g.fa"], "chr1:9-5: the locus ends before its start"),
        (["chr3:1-5", "-g", "g.fa"], "chr3:1-5: chr3 is no sequence of g.fa, which has chr1, chr2"),
        (["chr1:100-121", "-g", "g.fa"], "off the end of chr1, which has 120 bases in g.fa"),
        (["chr1:1-5"], "chr1:1-5: a locus needs its genome; name it with --genome"),
        (["ACGJ"], "ACGJ: expected a locus"),
        (["ACGT", "--bedgraph"], "a sequence has no genome coordinates; --bedgraph needs a locus"),
        (["ACGT", "--method", "shap"], "--method: there is no method `shap`"),
        (["ACGT", "--factor", "Detla"], "factor Detla: found neither an expert"),
    ],
)
def test_bad_input_has_one_message(
    model_folder: Path,
    genome: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(genome.parent)
    result = explain(model_folder, *arguments, "-o", "out")
    assert result.exit_code == 1
    assert result.stderr.startswith("tfmoe: ")
    assert message in result.stderr
    assert not list(genome.parent.glob("out*"))


def test_an_output_that_exists_is_kept_without_force(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.hits.tsv").write_text("mine\n")
    result = explain(model_folder, "ACGT", "-o", tmp_path / "x")
    assert (result.exit_code, (tmp_path / "x.hits.tsv").read_text()) == (1, "mine\n")
    assert "x.hits.tsv: the file exists; choose another name, or add --force" in result.stderr
    assert explain(model_folder, "ACGT", "-o", tmp_path / "x", "--force").exit_code == 0
    assert (tmp_path / "x.hits.tsv").read_text().startswith("chrom\t")
