"""Each fault of the input ends with one message that names the place, and with no traceback."""

from __future__ import annotations

import csv
import gzip
import subprocess
from pathlib import Path

import pysam
import pytest

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


def sound(snakemake, project) -> str:
    """Run the check of the inputs, which has to pass, and return what was printed."""
    ended = snakemake(project.folder, "--configfile", "config.yaml", "--", CHECK)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def first_row(path: Path) -> dict[str, str]:
    with path.open(newline="") as table:
        return next(csv.DictReader(table, delimiter="\t"))


def test_the_project_is_sound_before_anything_is_broken(snakemake, project):
    sound(snakemake, project)


def test_too_few_positives_for_an_expert(snakemake, project):
    project.write_config(training={"minimum_positives": 20})
    printed = check(snakemake, project)
    assert "expert GATA3_x: 8 usable positives in split train (from GATA3_x), expected" in printed


def test_own_negatives_that_are_not_asked_for_are_left_alone(snakemake, project):
    table = project.folder / "experiments.tsv"
    header, *rows = table.read_text().splitlines()
    rows = [f"{header}\tnegatives", *(f"{row}\tCTCF_x.bed" for row in rows)]
    table.write_text("\n".join(rows) + "\n")
    target = "results/test/sequences/GATA3_x.negatives.tsv"
    ended = snakemake(project.folder, "--configfile", "config.yaml", "--", target)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "\tfile\t" not in (project.folder / target).read_text()


def test_an_unknown_config_key(snakemake, project):
    project.write_config(windows={"lenght": 201})
    printed = check(snakemake, project)
    assert "config.yaml: windows.lenght: unknown key; did you mean `length`?" in printed


@pytest.mark.parametrize("options", [(), ("--workflow-profile", "profiles/slurm")])
def test_a_config_file_that_snakemake_cannot_read(snakemake, project, root, options):
    (project.folder / "config.yaml").write_text("run: test\nwindows:\n\tlength: 51\n")
    options = [str(root / option) if "/" in option else option for option in options]
    printed = message(snakemake(project.folder, "--configfile", "config.yaml", *options))
    lines = [line for line in printed.splitlines() if not line.startswith("Using ")]
    assert lines == [
        "tfmoe: config.yaml, line 3: found a tab in the indentation; replace it by spaces"
    ]


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


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("chr1\t-5\t100", "start -5 is negative"),
        ("chr1\t10.5\t100", "found start '10.5' and end '100', expected whole numbers"),
        ("chr1\t10\t1e+05", "found start '10' and end '1e+05', expected whole numbers"),
        ("chr1\t10", "2 fields, but the lines before have 3"),
    ],
)
def test_coordinates_that_are_none(snakemake, project, line, fault):
    lines = project.peaks().read_text().splitlines(keepends=True)
    lines[6] = f"{line}\n"
    project.peaks().write_text("".join(lines))
    assert f"GATA3_x.bed, line 7: {fault}" in check(snakemake, project)


def test_peaks_that_overrun_the_end_of_their_chromosome(snakemake, project):
    with project.peaks().open("a") as peaks:
        peaks.write("chr2\t19990\t20010\n" * 3)
    printed = check(snakemake, project)
    assert "GATA3_x.bed: 3 of 35 peaks end beyond the end of their chromosome" in printed
    assert "such as chr2:19990-20010 on a chromosome of 20000 bases" in printed
    assert "another assembly than toy" in printed


def test_unsorted_and_repeated_lines_are_counted(snakemake, project):
    windows = "results/test/regions/GATA3_x.filters.tsv"
    lines = project.peaks().read_text().splitlines(keepends=True)
    project.peaks().write_text("".join(lines[::-1] + lines[:5]))
    ended = snakemake(project.folder, "--configfile", "config.yaml", "--", windows)
    assert ended.returncode == 0, ended.stderr
    row = first_row(project.folder / windows)
    assert (row["peaks"], row["duplicate"], row["kept"]) == ("37", "5", "32")


def test_a_peak_set_of_three_lines(snakemake, project):
    project.peaks().write_text("".join(project.peaks().read_text().splitlines(keepends=True)[:3]))
    printed = check(snakemake, project)
    assert "experiment GATA3_x: GATA3_x.bed: no usable peaks in split" in printed
    assert "train 0, gate 0, validation 0, test 3" in printed


def test_all_peaks_in_the_blacklist(snakemake, project):
    lines = [f"chr{n}\t0\t20000\n" for n in range(1, 5)]
    (project.folder / "blacklist.bed").write_text("".join(lines))
    project.write_config(genome=project.config["genome"] | {"blacklist": "blacklist.bed"})
    printed = check(snakemake, project)
    for name in ("GATA3_x", "FOXM1_x", "CTCF_x"):
        assert f"experiment {name}: {name}.bed: no usable peaks in split" in printed
    assert "dropped windows: 32 in the blacklist" in printed


def test_two_spellings_of_chromosomes_in_one_file(snakemake, project):
    lines = project.peaks().read_text().splitlines(keepends=True)
    mixed = [line if at % 2 else line.removeprefix("chr") for at, line in enumerate(lines)]
    project.peaks().write_text("".join(mixed))
    printed = sound(snakemake, project)
    assert "GATA3_x.bed: the file has two spellings of a chromosome" in printed
    row = first_row(project.folder / CHECK)
    assert (row["peaks"], row["on_genome"], row["test"]) == ("32", "32", "8")


def test_a_truncated_gzip(snakemake, project):
    whole = gzip.compress(project.peaks().read_bytes() * 20, mtime=0)
    path = Path(f"{project.peaks()}.gz")
    path.write_bytes(whole[: len(whole) // 2])
    table = project.folder / "experiments.tsv"
    table.write_text(table.read_text().replace("GATA3_x.bed", "GATA3_x.bed.gz"))
    printed = check(snakemake, project)
    assert "GATA3_x.bed.gz" in printed
    assert "truncated" in printed or "incomplete" in printed


def test_a_truncated_bgzip(snakemake, project):
    text = "".join(f"chr1\t{at}\t{at + 100}\n" for at in range(100, 19_000)) * 2
    project.peaks().write_text(text)
    path = Path(f"{project.peaks()}.gz")
    pysam.tabix_compress(str(project.peaks()), str(path))
    whole = path.read_bytes()
    path.write_bytes(whole[: int.from_bytes(whole[16:18], "little") + 1])  # its first block
    table = project.folder / "experiments.tsv"
    table.write_text(table.read_text().replace("GATA3_x.bed", "GATA3_x.bed.gz"))
    assert "GATA3_x.bed.gz: the bgzip file is truncated" in check(snakemake, project)


def test_a_genome_without_index_in_a_read_only_folder(snakemake, project):
    folder = project.folder / "genomes"
    folder.mkdir()
    pysam.tabix_compress(str(project.folder / "genome.fa"), str(folder / "genome.fa.gz"))
    folder.chmod(0o555)
    try:
        project.write_config(genome={"assembly": "toy", "fasta": "genomes/genome.fa.gz"})
        sound(snakemake, project)
        assert [path.name for path in folder.iterdir()] == ["genome.fa.gz"]
    finally:
        folder.chmod(0o755)


def test_a_genome_with_a_name_twice(snakemake, project):
    genome = project.folder / "genome.fa"
    genome.write_text(genome.read_text() + ">chr2 again\nACGT\n")
    printed = check(snakemake, project)
    assert "genome.fa: two sequences are called chr2" in printed


def test_a_truncated_genome(snakemake, project):
    path = project.folder / "genome.fa.gz"
    pysam.tabix_compress(str(project.folder / "genome.fa"), str(path))
    path.write_bytes(path.read_bytes()[:-28])
    project.write_config(genome={"assembly": "toy", "fasta": "genome.fa.gz"})
    assert "genome.fa.gz: the bgzip file is truncated" in check(snakemake, project)


def test_contigs_without_a_peak_are_named_and_alternative_ones_left_out(snakemake, project):
    with (project.folder / "genome.fa").open("a") as genome:
        for number in range(1, 13):
            genome.write(f">chrUn_KI27070{number}v1\n{'ACGT' * 50}\n")
        genome.write(f">chr1_KI270713v1_alt\n{'ACGT' * 50}\n")
    printed = sound(snakemake, project)
    assert "no experiment has a peak on chrUn_KI270701v1, " in printed
    assert "and 4 more" in printed
    assert "were left out" in printed
    assert "chr1_KI270713v1_alt" in printed


@pytest.mark.parametrize("name", ["../x", "a b;c"])
def test_a_name_of_an_experiment_that_is_none(snakemake, project, name):
    table = project.folder / "experiments.tsv"
    table.write_text(table.read_text().replace("GATA3_x\t", f"{name}\t"))
    printed = check(snakemake, project)
    assert "experiments.tsv, line 2" in printed
    assert name in printed


def test_an_experiment_named_twice(snakemake, project):
    table = project.folder / "experiments.tsv"
    table.write_text(table.read_text().replace("FOXM1_x\t", "GATA3_x\t"))
    printed = check(snakemake, project)
    assert "experiments.tsv" in printed
    assert "GATA3_x" in printed


def test_a_sheet_with_a_byte_order_mark(snakemake, project):
    table = project.folder / "experiments.tsv"
    table.write_text(table.read_text().replace("\n", "\r\n"), encoding="utf-8-sig", newline="")
    sound(snakemake, project)
    assert first_row(project.folder / CHECK)["experiment"] == "GATA3_x"


def test_a_split_of_a_chromosome_that_the_genome_lacks(snakemake, project):
    project.write_config(splits={"test": ["chr9"], "validation": ["chr2"], "gate": ["chr3"]})
    printed = check(snakemake, project)
    assert "chr9" in printed
    assert "splits" in printed


def test_ready_sequences_with_another_label(snakemake, project):
    ready_sequences(project, "FoldID\tEventID\tseq\tBound\nA\tseq_00001_peak\tACGT\t2\n")
    printed = check(snakemake, project)
    assert "GATA3_x.bed, line 2: " in printed
    assert "Bound" in printed


def test_ready_sequences_that_are_none(snakemake, project):
    ready_sequences(project, "ACGTACGT\n")
    printed = check(snakemake, project)
    assert "GATA3_x.bed, line 1: " in printed
    assert "FASTA" in printed


def ready_sequences(project, text: str) -> None:
    """Make of the project a run on ready sequences, those of one experiment being `text`."""
    rows = "".join(f">{number}\n{'ACGGT' * 21}\n" for number in range(9))
    for name in ("GATA3_x", "FOXM1_x", "CTCF_x"):
        project.peaks(name).write_text(rows)
    project.peaks().write_text(text)
    kinds = {"genomic": 0, "dinucleotide": 1}
    project.write_config(
        genome=None,
        splits={"by": "rank"},
        negatives={"training": kinds, "evaluation": kinds},
        motifs={"confirmation_negatives": "dinucleotide"},
    )
