"""The experiment table of config/encode: its promises, and the source of its rows."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tfmoe.core.experiments import Experiment, read_experiments
from tfmoe.jaspar.factors import read_factors
from tfmoe.workflow.locations import locate


@pytest.fixture(scope="module")
def experiments(root: Path) -> dict[str, Experiment]:
    return read_experiments(root / "config/encode/experiments.tsv")


def read_tsv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


def test_training_factors_are_of_many_families(experiments: dict[str, Experiment]) -> None:
    train = {row.factor: row.family for row in experiments.values() if row.role == "train"}
    assert {"ARID3A", "GATA3", "FOXA1"} <= set(train)
    assert (len(train), len(set(train.values()))) == (8, 8)


def test_each_ood_factor_has_one_experiment_and_all_strata_occur(
    experiments: dict[str, Experiment],
) -> None:
    ood = [row for row in experiments.values() if row.role == "ood"]
    assert Counter(row.stratum for row in ood) == {
        "within_family": 11,
        "cross_family": 8,
        "general_factor": 2,
        "no_own_motif": 2,
    }
    assert len({row.factor for row in experiments.values()}) == len(experiments) == 31


def test_strata_follow_from_the_families(experiments: dict[str, Experiment]) -> None:
    trained = {row.family for row in experiments.values() if row.role == "train"}
    families = {"within_family": trained, "general_factor": {"-"}, "no_own_motif": {"-"}}
    for row in experiments.values():
        if row.stratum == "cross_family":
            assert row.family not in trained | {"-"}, row
        elif row.role == "ood":
            assert row.family in families[row.stratum], row


def test_families_are_those_of_the_curated_table(
    experiments: dict[str, Experiment], root: Path
) -> None:
    factors = read_factors(root / "resources/factors.tsv", root / "resources/families.tsv")
    for row in experiments.values():
        curated = [known.family for known in factors.rows_of(row.factor)]
        assert curated == [row.family], row


def test_each_file_has_its_own_accession_and_md5(
    experiments: dict[str, Experiment], root: Path
) -> None:
    accessions = read_tsv(root / "config/encode/accessions.tsv")
    assert [row["experiment"] for row in accessions] == list(experiments)
    for source, row in zip(accessions, experiments.values(), strict=True):
        file = source["encode_file"]
        assert row.peaks == (f"https://www.encodeproject.org/files/{file}/@@download/{file}.bed.gz")
        assert (row.sha256, len(row.md5)) == ("-", 32)
        assert row.experiment == f"{row.factor}_{row.biosample.replace(' ', '_')}"
    for column in ("encode_experiment", "encode_file"):
        assert len({row[column] for row in accessions}) == len(accessions)
    assert len({row.md5 for row in experiments.values()}) == len(experiments)


def test_every_row_is_one_that_was_verified(
    experiments: dict[str, Experiment], root: Path, real_data: Path
) -> None:
    facts = real_data.parent / "facts" / "encode_accessions.tsv"
    if not facts.is_file():
        pytest.skip(f"no list of verified accessions next to {real_data}")
    verified = {row["file_accession"]: row for row in read_tsv(facts)}
    accessions = read_tsv(root / "config/encode/accessions.tsv")
    for source, row in zip(accessions, experiments.values(), strict=True):
        fact = verified[source["encode_file"]]
        assert (row.factor, row.biosample) == (fact["tf"], fact["biosample"])
        assert (row.peaks, row.md5) == (fact["download_url"], fact["md5sum"])
        assert source["encode_experiment"] == fact["experiment_accession"]
        assert source["size_bytes"] == fact["size_bytes"]
        assert (fact["assembly"], fact["untreated_unmodified"]) == ("GRCh38", "yes")


def test_genome_and_blacklist_are_pinned_and_the_splits_are_among_the_chromosomes(
    root: Path,
) -> None:
    config = yaml.safe_load((root / "config/encode/config.yaml").read_text())
    genome, splits = config["genome"], config["splits"]
    for key in ("fasta", "blacklist"):
        place = locate(genome[key], None, root / "resources/sources.tsv")
        assert place.url is not None and place.checksum is not None, key
    assert genome["chromosomes"] == [f"chr{name}" for name in [*range(1, 23), "X"]]
    held_out = [*splits["test"], *splits["validation"], *splits["gate"]]
    assert len(set(held_out)) == len(held_out) and set(held_out) < set(genome["chromosomes"])
