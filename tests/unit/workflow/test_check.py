"""Faults of a run that only its files show."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from tfmoe.workflow.check import check_config


@pytest.fixture(autouse=True)
def release(fungi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the release once for all tests."""
    monkeypatch.setattr("tfmoe.workflow.check.read_release", lambda settings: fungi)


def test_a_sound_run_has_a_table_of_its_peaks(files, root):
    found = check_config(files.write(), root, plan=False)
    assert (found.faults, found.warnings) == ([], [])
    assert found.unchecked == ["jobs and hours: not requested"]
    assert found.table is not None
    counts = found.table.set_index("experiment")
    assert counts.loc["Reb1", "peaks"] == 120
    assert (counts[["train", "gate", "validation", "test"]] > 0).all(axis=None)


def test_faults_of_files_come_with_those_of_the_config(files, root):
    (files.folder / "Abf1_peaks.bed").write_text("I\t100\t50\n")
    files.rows[0] = files.rows[0].removesuffix("-") + "0" * 64
    files.rows[2] = files.rows[2].replace("Rap1\tRap1", "Rap1\tRapp1")
    found = check_config(files.write(motifs={"window": 500}), root)
    assert found.faults[0].startswith("motifs.window: found 500")
    assert found.faults[1].startswith("experiment Reb1: Reb1_peaks.bed: its sha256 is ")
    assert found.faults[2].startswith("experiment Abf1: Abf1_peaks.bed, line 1: ")
    assert len(found.faults) == 3
    assert any("nearest name: Rap1" in warning for warning in found.warnings)
    assert found.unchecked == ["jobs and hours: there are faults"]


def test_where_the_splits_are_at_fault_formats_of_peaks_are_still_checked(files, root):
    (files.folder / "Abf1_peaks.bed").write_text("I\t100\t50\n")
    found = check_config(files.write(splits={"by": "chromosome", "folds": 4, "fold": 5}), root)
    assert found.faults[0].startswith("splits.fold: found 5")
    assert found.faults[1].startswith("experiment Abf1: Abf1_peaks.bed, line 1: ")
    folds = check_config(files.write(splits={"folds": 4}), root)
    assert folds.faults[0].startswith("splits.folds: 4 folds need at least 4 chromosomes")
    assert folds.faults[1].startswith("experiment Abf1: Abf1_peaks.bed, line 1: ")


def test_an_expert_with_few_peaks_is_a_fault(files, root):
    found = check_config(files.write(training={"minimum_positives": 1000}), root, plan=False)
    assert [fault.split(":")[0] for fault in found.faults] == [
        *("expert Reb1", "expert Abf1", "expert Rap1"),
    ]


def test_files_that_are_not_here_are_not_checked(files, root):
    url = "https://example.org/Rap1.bed"
    files.rows[2] = files.rows[2].replace("Rap1_peaks.bed\t-", f"{url}\t{'a' * 64}")
    found = check_config(files.write(), root, plan=False)
    assert found.faults == []
    assert found.unchecked[0] == "peaks of Rap1: their files are missing or not downloaded yet"
    assert found.table is not None
    assert "Rap1" not in set(found.table["experiment"])
    genome = {"assembly": "toy", "fasta": "https://example.org/g.fa", "sha256": "a" * 64}
    found = check_config(files.write(genome=genome), root, plan=False)
    assert found.faults == []
    assert found.unchecked[1].startswith("genome, splits and peaks: the genome is missing or not")


def test_the_checksum_of_the_genome_is_verified(files, root):
    genome = files.config["genome"]
    right = sha256((files.folder / "genome.fa").read_bytes()).hexdigest()
    path = files.write(genome=genome | {"sha256": right})
    assert check_config(path, root, plan=False).faults == []
    path = files.write(genome=genome | {"sha256": "0" * 64})
    assert [fault.split(",")[0] for fault in check_config(path, root).faults] == [
        f"genome.fa: its sha256 is {right}",
    ]
    assert check_config(path, root, contents=False, plan=False).faults == []


def test_without_snakemake_the_faults_are_found_and_its_extra_is_named(files, root, monkeypatch):
    monkeypatch.setattr("tfmoe.workflow.check.find_spec", lambda name: None)
    monkeypatch.setattr("tfmoe.workflow.locations.find_spec", lambda name: None)
    found = check_config(files.write(), root, contents=False)
    assert found.faults == []
    assert found.unchecked == [
        "jobs and hours: Snakemake is not installed: pip install --editable '.[workflow]'",
    ]
    files.rows[0] = files.rows[0].replace("Reb1_peaks", "none")
    assert check_config(files.write(), root).faults[0].startswith("peaks of Reb1: none.bed does")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "config.yaml: the config file is empty"),
        ("run: [", "config.yaml, line 1: the config file is not valid YAML"),
        ("run: x\nrun: y", "config.yaml, line 2: run is already set in line 1"),
    ],
)
def test_a_config_that_cannot_be_read(files, root, text, message):
    (files.folder / "config.yaml").write_text(text)
    found = check_config(Path("config.yaml"), root)
    assert found.faults[0].startswith(message)
    assert check_config(Path("none.yaml"), root).faults == [
        "none.yaml: the config file does not exist",
    ]


def test_ready_sequences_are_read_too(files, root):
    text = "".join(f">{number}\n{'ACGGT' * 21}\n" for number in range(9))
    for name in ("Reb1", "Abf1", "Rap1", "Fkh2"):
        (files.folder / f"{name}_peaks.bed").write_text(text + f">{name}\nACGT\n")
    kinds = {"genomic": 0, "dinucleotide": 1}
    found = check_config(
        files.write(
            genome=None,
            splits={"by": "rank"},
            negatives={"training": kinds, "evaluation": kinds},
            motifs={"confirmation_negatives": "dinucleotide"},
        ),
        root,
    )
    assert found.faults
    assert all(fault.startswith("experiment ") for fault in found.faults)
