"""The target `search`, on a user's own peaks, and what is said before it begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

SETTINGS = {
    "run": "own",
    "experiments": "experiments.tsv",
    "genome": {"assembly": "toy", "fasta": "genome.fa"},
    "splits": {"test": ["1"], "validation": ["2"], "gate": ["3"]},
    "training": {"minimum_positives": 5},
    "recipes": {"published": {"training": {"optimiser": "sgd", "batch_size": 96}}},
    "search": {"trials": 2, "epochs": 1},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a genome and peaks of two factors."""
    rng = np.random.default_rng(5)
    with (tmp_path / "genome.fa").open("w") as fasta:
        for name in "1234":
            fasta.write(f">{name}\n{''.join(rng.choice(list('ACGT'), 60_000))}\n")
    table = ["experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256"]
    for factor, role, stratum in (("GATA3", "train", "-"), ("CTCF", "ood", "cross_family")):
        starts = [np.sort(rng.choice(np.arange(500, 59_000, 900), 15, False)) for _ in "1234"]
        peaks = [
            f"{chrom}\t{at}\t{at + 120}\n"
            for chrom, places in zip("1234", starts, strict=True)
            for at in places
        ]
        (tmp_path / f"{factor}.bed").write_text("".join(peaks))
        table.append(f"{factor}\t{factor}\tx\t{role}\t{stratum}\t-\t{factor}.bed\t-")
    (tmp_path / "experiments.tsv").write_text("\n".join(table) + "\n")
    return tmp_path


def call(snakemake, folder: Path, search: dict, *arguments: str):
    config = SETTINGS | {"search": SETTINGS["search"] | search}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return snakemake(folder, "--configfile", "config.yaml", *arguments)


def test_one_key_starts_the_search_of_a_recipe(snakemake, folder: Path):
    ended = call(snakemake, folder, {"recipe": "published"}, "--", "search")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    results = folder / "results/own"
    trials = pd.read_csv(results / "search/trials.tsv", sep="\t")
    assert trials.epochs.tolist() == [1, 1], "one expert, and search.epochs"
    assert trials.momentum.between(0.95, 0.99).all(), "the published recipe's, not the run's own"
    best = yaml.safe_load((results / "search/best.yaml").read_text())["training"]
    assert best["learning_rate"] == trials.learning_rate[trials.value.idxmax()]
    assert not (results / "experts").exists()
    assert not (results / "sequences/CTCF.parquet").exists(), "no OOD experiment is looked at"
    before = (results / "search/trials.tsv").read_text().splitlines()
    ended = call(snakemake, folder, {"recipe": "published", "trials": 3}, "--", "search")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    log = (results / "logs/search_settings.log").read_text()
    assert "search: resuming after 2 trained networks" in log
    assert (results / "search/trials.tsv").read_text().splitlines()[:3] == before


def test_nothing_else_needs_a_search(snakemake, folder: Path):
    ended = call(snakemake, folder, {}, "--dry-run")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "train_expert" in ended.stdout
    assert "search_settings" not in ended.stdout


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"space": {"momentun": {"low": 0.9, "high": 0.99}}}, "did you mean `momentum`?"),
        ({"space": {"momentum": {"lo": 0.9}}}, "search.space.momentum.lo: unknown key; did you"),
        ({"recipe": "other"}, "search.recipe: found other, expected one of tfmoe, published"),
    ],
)
def test_what_cannot_be_searched_is_said_at_once(snakemake, folder: Path, search, message):
    ended = call(snakemake, folder, search, "--dry-run")
    assert ended.returncode != 0
    assert message in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
