"""The command `tfmoe adapt`."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fixtures.adaptation import GenomePeaks
from typer.testing import CliRunner, Result

from tfmoe.application.model.model import load
from tfmoe.cli.app import app
from tfmoe.core.files import read_parquet

Command = Callable[..., Result]


@pytest.fixture
def adapt(model_folder: Path, genome_peaks: GenomePeaks, tmp_path: Path) -> Command:
    """Return a function that runs the command, with other peaks and further options."""

    def run(*options: str, peaks: Path | None = None, output: str = "out") -> Result:
        arguments = ["adapt", str(model_folder), str(peaks or genome_peaks.peaks)]
        arguments += ["-g", str(genome_peaks.genome), "-f", "Delta", "-o", str(tmp_path / output)]
        return CliRunner().invoke(app, [*arguments, "-t", "1", *options])

    return run


def test_a_model_of_its_own_with_its_expected_auroc(adapt: Command, tmp_path: Path) -> None:
    result = adapt("--max-peaks", "20")
    assert result.exit_code == 0
    adapted = load(tmp_path / "out").adapted
    assert adapted is not None
    lines = result.stdout.splitlines()
    assert lines[0] == f"# {tmp_path / 'out'}: adapted to Delta"
    assert lines[1].split("\t") == ["peaks", "negatives", "expected AUROC", "95% interval"]
    assert lines[2].split("\t")[:3] == ["20", "80", f"{adapted.auroc:.3f}"]


def test_an_existing_output_is_refused_before_anything_is_read(
    adapt: Command, tmp_path: Path
) -> None:
    assert adapt().exit_code == 0
    missing = tmp_path / "missing.bed"
    result = adapt(peaks=missing)
    assert result.exit_code == 1
    assert result.stderr == (
        f"tfmoe: {tmp_path / 'out'}: the folder exists; choose another name, or add --force\n"
    )
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    assert adapt("--force", "--max-peaks", "10").exit_code == 0
    assert (tmp_path / "out" / "manifest.json").read_bytes() != before


def test_excluded_regions_have_no_windows(adapt: Command, tmp_path: Path) -> None:
    (tmp_path / "left_out.bed").write_text("chr1\t0\t5000\n")
    result = adapt("--exclude", "2", "--exclude", str(tmp_path / "left_out.bed"))
    assert result.exit_code == 0
    table = read_parquet(tmp_path / "out" / "adaptation" / "windows.parquet")
    assert set(table["chrom"]) == {"chr1"}
    assert (table["start"] >= 5000).all()
    assert table["label"].sum() == 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--exclude", "chr9"], "chr9: found neither a chromosome of"),
        (["--exclude", "1", "--exclude", "chr2"], "none of the 30 peaks lies on a chromosome in"),
        (["--blacklist", "missing.bed"], "missing.bed"),
        (["--matrix", "missing.meme"], "missing.meme"),
        (["--strength", "99"], "99"),
    ],
)
def test_faulty_options_are_an_error(
    adapt: Command, tmp_path: Path, options: list[str], message: str
) -> None:
    result = adapt(*options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", ">x\nACGT\n", "chr1\t100\n", "chrX\t5\t900\n"])
def test_files_that_are_no_peaks_are_an_error(adapt: Command, tmp_path: Path, content: str) -> None:
    peaks = tmp_path / "peaks.bed"
    peaks.write_text(content)
    result = adapt(peaks=peaks)
    assert result.exit_code == 1
    assert "peaks.bed" in result.stderr
    assert not (tmp_path / "out").exists()


def test_too_few_peaks_are_an_error(
    adapt: Command, genome_peaks: GenomePeaks, tmp_path: Path
) -> None:
    peaks = tmp_path / "few.narrowPeak"
    lines = genome_peaks.peaks.read_text().splitlines(keepends=True)
    peaks.write_text("".join(lines[:4]))
    result = adapt(peaks=peaks)
    assert result.exit_code == 1
    assert f"{peaks}: found 4 usable peaks of 4, expected at least 5 to adapt" in result.stderr
    assert adapt("--max-peaks", "4").exit_code == 2


def test_without_bedtools_only_regions_to_leave_out_are_refused(
    adapt: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (tmp_path / "black.bed").write_text("chr1\t0\t5000\n")
    result = adapt("--blacklist", str(tmp_path / "black.bed"))
    assert result.exit_code == 1
    assert "bedtools: the program was not found, expected it on the PATH" in result.stderr
    assert adapt().exit_code == 0
