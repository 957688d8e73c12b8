"""`tfmoe init` and `tfmoe check` on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from tfmoe.cli.app import app
from tfmoe.cli.init import _ask_factor
from tfmoe.core.experiments import read_experiments
from tfmoe.jaspar.names import known_names
from tfmoe.workflow.file_names import NameParts

LENGTH = 60_000
FILES = ("Reb1_rep1.bed", "Reb1_rep2.bed", "YKL112W_W303.narrowPeak", "GSM123_Fkh2_peaks.bed")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the present folder, with a genome and peak files."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(4)
    (tmp_path / "g.fa").write_text(f">chr1\n{''.join(rng.choice(list('ACGT'), LENGTH))}\n")
    for name in FILES:
        starts = np.sort(rng.choice(np.arange(200, LENGTH - 300, 200), 150, replace=False))
        ends = "\t.\t0\t.\t5\t-1\t-1\t50" if name.endswith("Peak") else ""
        lines = [f"chr1\t{at}\t{at + 100}{ends}\n" for at in starts]
        (tmp_path / name).write_text("".join(lines))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def test_a_new_run_passes_its_check(folder: Path):
    made = run("init", "mine", "-g", "g.fa", "--species", "yeast", "--ood", "Fkh2", *FILES)
    assert made.exit_code == 0, made.output
    assert made.stdout.splitlines()[:5] == [
        "# experiments",
        "experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks",
        "Reb1\tReb1\tunknown\ttrain\t-\tMyb/SANT\t300",
        "Abf1_W303\tAbf1\tW303\ttrain\t-\tAbf1\t150",
        "Fkh2\tFkh2\tunknown\tood\tcross_family\tforkhead\t150",
    ]
    assert "only 2 factors train" in made.stderr
    rows = read_experiments("mine/experiments.tsv")
    assert rows["Reb1"].peaks == "Reb1_rep1.bed;Reb1_rep2.bed"
    checked = run("check", "--no-plan", "mine/config.yaml")
    assert checked.exit_code == 0, checked.output
    assert checked.stdout.splitlines()[-1] == "mine/config.yaml: no faults"
    assert checked.stdout.startswith("# peaks\nexperiment\tfactor\trole\tpeaks\ttrain\t")


def test_faults_have_exit_code_one_and_a_line_each(folder: Path):
    run("init", "mine", "-g", "g.fa", "--species", "yeast", *FILES)
    path = folder / "mine/config.yaml"
    path.write_text(path.read_text() + "training: {seeds: 0}\nmirrorr: x\n")
    (folder / "Reb1_rep2.bed").unlink()
    checked = run("check", "mine/config.yaml", "--quick")
    assert checked.exit_code == 1
    assert [line for line in checked.stdout.splitlines() if line.startswith("fault: ")] == [
        "fault: mine/config.yaml: mirrorr: unknown key; did you mean `mirror`?",
        "fault: mine/config.yaml: training.seeds: found 0, expected at least 1",
        "fault: peaks of Reb1: Reb1_rep2.bed does not exist (`;` separates the 2 files named "
        "there; no path can contain it)",
    ]
    assert checked.stdout.splitlines()[-1] == "mine/config.yaml: 3 faults"


def test_existing_files_are_kept_unless_forced(folder: Path):
    (folder / "mine").mkdir()
    (folder / "mine/experiments.tsv").write_text("mine")
    arguments = ("init", "mine", "-g", "g.fa", "--species", "yeast", *FILES)
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert refused.stderr == (
        "tfmoe: mine/experiments.tsv: the file exists; choose another name, or add --force\n"
    )
    assert (folder / "mine/experiments.tsv").read_text() == "mine"
    assert run(*arguments, "--force").exit_code == 0
    assert len(read_experiments("mine/experiments.tsv")) == 3


def test_files_without_a_factor_need_an_option(folder: Path):
    (folder / "a.bed").write_text((folder / "Reb1_rep1.bed").read_text())
    arguments = ("init", "mine", "-g", "g.fa", "--species", "yeast", "a.bed", *FILES[2:])
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert refused.stderr == (
        "tfmoe: a.bed: its name has no known factor\n(give each of them: --factor a.bed=NAME)\n"
    )
    options = ("--factor", "a.bed=RAP1", "--biosample", "a.bed=BY4741", "--run", "first")
    assert run(*arguments, *options).exit_code == 0
    assert list(read_experiments("mine/experiments.tsv")) == ["Rap1_BY4741", "Abf1_W303", "Fkh2"]
    assert "run: first" in (folder / "mine/config.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-g", "none.fa", "--species", "yeast"), 1, "none.fa: the file does not exist"),
        (("-g", "g.fa"), 1, "g.fa: its chromosomes are not those of a known assembly; add"),
        (("-g", "g.fa", "--species", "wolf"), 1, "--species: found wolf, expected one of human"),
        (("-g", "g.fa", "--species", "yeast", "--factor", "Reb1"), 2, "expected FILE=NAME"),
        (("-g", "g.fa", "--species", "yeast", "--ood", "CTCF"), 1, "--ood: found CTCF, expected"),
        ((), 2, "--genome"),
    ],
)
def test_wrong_arguments(folder: Path, arguments, code, message):
    refused = run("init", "mine", *FILES, *arguments)
    assert refused.exit_code == code
    assert message in refused.stderr
    assert not (folder / "mine").exists()


def test_an_unknown_answer_is_asked_for_again_with_the_nearest_name(monkeypatch):
    answers = iter(["GAT3", "Xyz", "ctcf", "SMC3", "MAX"])
    shown = []

    def prompt(text, default=None, err=False):
        shown.append((text, default))
        return next(answers)

    monkeypatch.setattr(typer, "prompt", prompt)
    ask = _ask_factor(known_names(["GATA3", "CTCF", "MAX", "MYC"], ["vertebrates"]))
    assert ask("x.bed", NameParts(None, False)) == "ctcf"
    assert ask("y.bed", NameParts("SMC3", False)) == "SMC3", "the same answer again confirms it"
    assert ask("z.bed", NameParts(None, False, candidates=("MAX", "MYC"))) == "MAX"
    assert shown == [
        ("x.bed: factor", None),
        ("x.bed: factor (GAT3 is not known; nearest: GATA3)", "GAT3"),
        ("x.bed: factor (Xyz is not known)", "Xyz"),
        ("y.bed: factor (SMC3 is not known)", "SMC3"),
        ("z.bed: factor (MAX or MYC)", None),
    ]
