"""Each fault of the input ends with one message that names the place, and with no traceback."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

CHECK = "results/test/inputs/check.tsv"


def message(ended: subprocess.CompletedProcess[str]) -> str:
    """Return what was printed by a run that had to fail cleanly."""
    printed = ended.stdout + ended.stderr
    assert ended.returncode != 0, printed
    assert "Traceback" not in printed, printed
    assert '  File "' not in printed, printed
    return printed


def check(snakemake, project) -> str:
    return message(snakemake(project.folder, "--configfile", "config.yaml", "--", CHECK))


def test_the_project_is_sound_before_anything_is_broken(snakemake, project):
    ended = snakemake(project.folder, "--configfile", "config.yaml", "--", CHECK)
    assert ended.returncode == 0, ended.stderr


def test_an_unknown_config_key(snakemake, project):
    project.write_config(windows={"lenght": 201})
    printed = check(snakemake, project)
    assert "config.yaml: windows.lenght: unknown key; did you mean `length`?" in printed


def test_an_experiment_table_that_is_not_there(snakemake, project):
    project.write_config(experiments="absent.tsv")
    assert "absent.tsv: the experiment table does not exist" in check(snakemake, project)


def test_a_peak_file_that_is_not_there(snakemake, project):
    project.peaks().unlink()
    assert "peaks of GATA3_x: GATA3_x.bed does not exist" in check(snakemake, project)


def test_a_peak_file_with_other_chromosome_names(snakemake, project):
    text = project.peaks().read_text()
    project.peaks().write_text(text.replace("chr", "scaffold_"))
    printed = check(snakemake, project)
    assert "GATA3_x.bed" in printed
    assert "scaffold_1" in printed, "the names of the peaks are told"
    assert "chr1" in printed, "the names of the genome are told"


def test_a_peak_file_of_another_assembly(snakemake, project):
    lines = [f"chr{n}\t{at}\t{at + 100}\n" for n in range(1, 5) for at in range(10**6, 10**6 + 9)]
    project.peaks().write_text("".join(lines))
    printed = check(snakemake, project)
    assert "GATA3_x.bed" in printed
    assert "assembly" in printed


def test_an_empty_peak_file(snakemake, project):
    project.peaks().write_text("")
    printed = check(snakemake, project)
    assert "GATA3_x.bed" in printed
    assert "no peak" in printed


def test_a_malformed_line(snakemake, project):
    lines = project.peaks().read_text().splitlines(keepends=True)
    lines[4] = "chr1\t250\t100\n"
    project.peaks().write_text("".join(lines))
    assert "GATA3_x.bed, line 5: end 100 is not greater than start 250" in check(snakemake, project)


def test_a_truncated_gzip(snakemake, project):
    whole = gzip.compress(project.peaks().read_bytes() * 20, mtime=0)
    path = Path(f"{project.peaks()}.gz")
    path.write_bytes(whole[: len(whole) // 2])
    table = project.folder / "experiments.tsv"
    table.write_text(table.read_text().replace("GATA3_x.bed", "GATA3_x.bed.gz"))
    printed = check(snakemake, project)
    assert "GATA3_x.bed.gz" in printed
    assert "truncated" in printed or "incomplete" in printed


def test_a_split_of_a_chromosome_that_the_genome_lacks(snakemake, project):
    project.write_config(splits={"test": ["chr9"], "validation": ["chr2"], "gate": ["chr3"]})
    printed = check(snakemake, project)
    assert "chr9" in printed
    assert "splits" in printed
