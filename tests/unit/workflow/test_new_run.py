"""Config and experiment table for peak files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmoe.core.config_file import read_config_file
from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.experiments import read_experiments
from tfmoe.jaspar.factors import read_factors
from tfmoe.workflow.assemblies import GenomeChoice, choose_genome
from tfmoe.workflow.check import check_config
from tfmoe.workflow.checked_run import check_run
from tfmoe.workflow.labels import Knowledge, Labelled, label_files
from tfmoe.workflow.new_run import design_run, run_name, write_run


@pytest.fixture
def known(fungi, root: Path) -> Knowledge:
    resources = root / "resources"
    return Knowledge(fungi, read_factors(resources / "factors.tsv", resources / "families.tsv"))


@pytest.fixture
def genome(files) -> GenomeChoice:
    return choose_genome(Path("genome.fa"), "toy", "yeast", None)


def peaks(*names: str) -> list[Labelled]:
    return [Labelled(f"{name}_peaks.bed", name) for name in names]


def test_a_written_run_has_no_faults(files, genome, known, root, monkeypatch, fungi):
    monkeypatch.setattr("tfmoe.workflow.check.read_release", lambda settings: fungi)
    run = design_run(peaks("Reb1", "Abf1", "Rap1", "Fkh2"), ["FKH2"], genome, known)
    config, table = write_run(Path("new"), "new", run, genome, root)
    assert check_config(config, root, plan=False).faults == []
    rows = read_experiments(table)
    assert {row.experiment: (row.role, row.stratum, row.family) for row in rows.values()} == {
        "Reb1": ("train", "-", "Myb/SANT"),
        "Abf1": ("train", "-", "Abf1"),
        "Rap1": ("train", "-", "Myb/SANT"),
        "Fkh2": ("ood", "cross_family", "forkhead"),
    }
    content = read_config_file(config)
    assert content["run"] == "new"
    assert content["splits"] == {"by": "blocks", "block_length": 1000}
    assert content["jaspar"] == {"tax_groups": ["fungi"]}
    assert content["quick"] is False
    assert "chromosomes" not in content["genome"], "the only one has peaks"
    assert len(content["genome"]["sha256"]) == 64
    assert run.notes == []
    assert run.peaks["Reb1"] == 120


def test_a_quick_run(files, genome, known, root):
    run = design_run(peaks("Reb1", "Abf1", "Rap1"), [], genome, known)
    config, _ = write_run(Path("new"), "new", run, genome, root, quick=True)
    checked = check_run(read_config_file(config), "new", root)
    assert checked.faults == []
    assert checked.config["training"]["seeds"] == 1


def test_replicates_are_one_experiment_and_other_cells_another(files, genome, known, root):
    for number in (1, 2, 3):
        text = (files.folder / "Reb1_peaks.bed").read_text()
        (files.folder / f"{number}.bed").write_text(text + f"I\t{number}\t{number + 100}\n")
    replicates = [
        Labelled("1.bed", "Reb1", "W303"),
        Labelled("2.bed", "Reb1", "w303"),
        Labelled("3.bed", "Reb1", "S288C"),
    ]
    run = design_run([*replicates, *peaks("Abf1")], [], genome, known)
    found = [(row.experiment, row.peaks, row.sha256.count(";")) for row in run.rows]
    assert found == [
        ("Reb1_W303", "1.bed;2.bed", 1),
        ("Reb1_S288C", "3.bed", 0),
        ("Abf1", "Abf1_peaks.bed", 0),
    ]
    config, _ = write_run(Path("new"), "new", run, genome, root)
    assert read_config_file(config)["training"]["expert_per"] == "factor"
    assert any("only 2 factors train" in note for note in run.notes)
    assert any("--ood FACTOR keeps" in note for note in run.notes)


def test_strata_follow_from_families_and_matrices(files, genome, known):
    for name in ("Fkh1", "Xyz9"):
        text = (files.folder / "Abf1_peaks.bed").read_text()
        (files.folder / f"{name}_peaks.bed").write_text(f"{text}I\t{len(name)}0\t{ord(name[0])}0\n")
    names = ("Reb1", "Abf1", "Fkh1", "Rap1", "Fkh2", "Xyz9")
    run = design_run(peaks(*names), ["Fkh2", "Rap1", "Xyz9"], genome, known)
    # the factors of Myb/SANT share no motif
    assert {row.factor: row.stratum for row in run.rows if row.role == "ood"} == {
        "Rap1": "cross_family",
        "Fkh2": "within_family",
        "Xyz9": "no_own_motif",
    }
    assert any("factor Xyz9 (Xyz9_peaks.bed) is not known" in note for note in run.notes)


def test_faults_of_the_peaks_come_together_and_nothing_is_written(files, genome, known, root):
    (files.folder / "Abf1_peaks.bed").write_text("I\t100\t50\n")
    (files.folder / "Rap1_peaks.bed").write_bytes((files.folder / "Fkh2_peaks.bed").read_bytes())
    given = [*peaks("Reb1", "Abf1", "Rap1", "Fkh2"), Labelled("./Reb1_peaks.bed", "Reb1")]
    with pytest.raises(ConfigError) as error:
        design_run(given, ["CTCF"], genome, known)
    lines = str(error.value).split("\n")
    assert lines[0] == (
        "--ood: found CTCF, expected factors of the peak files: Reb1, Abf1, Rap1, Fkh2"
    )
    assert lines[1] == "./Reb1_peaks.bed: the file is named twice"
    assert lines[2].startswith("Abf1_peaks.bed, line 1: ")
    assert "have the same content, but the factors are Rap1 and Fkh2" in lines[3]
    with pytest.raises(ConfigError, match="found all factors, but at least one has to train"):
        design_run(peaks("Reb1"), ["Reb1"], genome, known)
    run = design_run(peaks("Reb1"), [], genome, known)
    with pytest.raises(ConfigError, match=r"new/config\.yaml: run: found '\.\./x', expected"):
        write_run(Path("new"), "../x", run, genome, root)
    odd = GenomeChoice(genome.fasta, "toy", "fungi", genome.chromosomes, "none.bed")
    with pytest.raises(ConfigError, match=r"blacklist: none\.bed does not exist"):
        write_run(Path("new"), "new", run, odd, root)
    assert not Path("new").exists()


def test_many_chromosomes_are_listed_without_mitochondrion_and_dealt_to_folds(
    files, known, root, monkeypatch
):
    names = [f"chr{number}" for number in range(1, 15)]
    text = "".join(f">{name}\n{'ACGT' * 2500}\n" for name in [*names, "chrM", "chrUn_1"])
    (files.folder / "many.fa").write_text(text)
    for factor, shift in (("Reb1", 0), ("Abf1", 7), ("Rap1", 11)):
        lines = [
            f"{name}\t{at + shift}\t{at + 100}\n"
            for name in [*names, "chrM"]
            for at in range(1000, 9000, 800)
        ]
        (files.folder / f"{factor}_peaks.bed").write_text("".join(lines))
    genome = choose_genome(Path("many.fa"), None, "fungi", None)
    run = design_run(peaks("Reb1", "Abf1", "Rap1"), [], genome, known)
    assert run.splits == {"folds": 7, "fold": 1}
    assert run.used == names
    config, _ = write_run(Path("new"), "new", run, genome, root)
    assert read_config_file(config)["genome"]["chromosomes"] == names
    # on one chromosome only, no fold but one has peaks
    (files.folder / "Abf1_peaks.bed").write_text(
        "".join(f"chr3\t{at}\t{at + 90}\n" for at in range(500, 9500, 50))
    )
    run = design_run(peaks("Reb1", "Abf1", "Rap1"), [], genome, known)
    assert run.splits["by"] == "blocks"


def test_labels_come_from_names_options_and_the_user(files, known):
    for name in ("a.bed", "Reb1_Abf1.bed", "Gal44_W303.bed"):
        (files.folder / name).write_text("")
    paths = [Path("Reb1_peaks.bed"), Path("a.bed"), Path("Gal44_W303.bed")]
    found = label_files(paths, {"a.bed": "YKL112W"}, {"a.bed": "x"}, known.names, None)
    assert found == [
        Labelled("Reb1_peaks.bed", "Reb1"),
        Labelled("a.bed", "Abf1", "x"),
        Labelled("Gal44_W303.bed", "Gal44", "W303"),
    ]
    asked = []

    def ask(path, parts):
        asked.append((path, parts.factor, parts.candidates))
        return "RAP1"

    paths = [Path("Reb1_Abf1.bed"), Path("Gal44_W303.bed"), Path("Reb1_peaks.bed")]
    found = label_files(paths, {}, {}, known.names, ask)
    assert [file.factor for file in found] == ["Rap1", "Rap1", "Reb1"]
    assert asked == [
        ("Reb1_Abf1.bed", None, ("Reb1", "Abf1")),
        ("Gal44_W303.bed", "Gal44", ()),
    ]


def test_all_files_without_a_factor_are_listed_with_the_option_that_names_it(files, known):
    for name in ("a.bed", "Reb1_Abf1.bed"):
        (files.folder / name).write_text("")
    paths = [Path("a.bed"), Path("Reb1_Abf1.bed"), Path("none.bed"), Path("Reb1_peaks.bed")]
    with pytest.raises(InputError) as error:
        label_files(paths, {"b.bed": "Reb1"}, {}, known.names, None)
    assert str(error.value).split("\n") == [
        "--factor: b.bed is not one of the peak files",
        "none.bed: the file does not exist",
        "a.bed: its name has no known factor",
        "Reb1_Abf1.bed: its name has several factors: Reb1, Abf1",
        "(give each of them: --factor a.bed=NAME)",
    ]


@pytest.mark.parametrize(
    ("folder", "name"), [("a/my run", "my_run"), ("config/mine", "mine"), ("x/.hidden", "hidden")]
)
def test_a_run_has_the_name_of_its_folder(folder, name):
    assert run_name(Path(folder)) == name
