"""The demo's pipeline, on a smaller genome, from peaks to report, against the planted truth."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

RESULTS = "results/small"
TABLES = (
    "regions/*.bed.gz*",
    "sequences/*.parquet",
    "experts/**/model.safetensors",
    "experts/**/history.tsv",
    "moe/**/*.parquet",
    "moe/**/model.safetensors",
    "predictions/*.parquet",
    "evaluation/*.tsv",
    "statistics/*",
    "attribution/*.tsv",
)


def write_project(folder: Path, root: Path) -> None:
    """Copy the demo's config with a smaller genome and fewer peaks."""
    shutil.copytree(root / "config", folder / "config")
    config = yaml.safe_load((root / "config/config.yaml").read_text())
    config["run"] = "small"
    config["simulation"] |= {"chromosome_length": 250_000, "training_peaks": 500, "ood_peaks": 120}
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    table = folder / "config/experiments.tsv"
    left_out = ("GATA2", "STAT3", "EP300")
    lines = [line for line in table.read_text().splitlines() if not line.startswith(left_out)]
    table.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def small(snakemake, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the whole pipeline once; return the folder it ran in."""
    folder: Path = tmp_path_factory.mktemp("small")
    write_project(folder, root)
    ended = snakemake(folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder


def planned(snakemake, folder: Path) -> list[tuple[str, str]]:
    """Return rule and wildcards of each job that a dry run would do."""
    ended = snakemake(folder, "--dry-run", "--quiet", "host")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", ended.stdout, re.MULTILINE)
    wildcards = [re.search(r"wildcards: (.*)", body) for _, body in found]
    return [
        (rule, match.group(1) if match else "")
        for (rule, _), match in zip(found, wildcards, strict=True)
    ]


def test_the_files_of_the_contract_are_there(small: Path):
    results = small / RESULTS
    for path in (
        "regions/ARID3A.bed.gz",
        "regions/ARID3A.bed.gz.tbi",
        "regions/summary.tsv",
        "sequences/ARID3A.parquet",
        "sequences/audit.tsv",
        "experts/ARID3A/tfmoe/convnet/seed0/model.safetensors",
        "experts/ARID3A/tfmoe/convnet/seed1/history.tsv",
        "experts/pooled/tfmoe/convnet/seed0/config.json",
        "moe/default/seed0/gate.parquet",
        "predictions/CTCF.parquet",
        "evaluation/metrics.tsv",
        "evaluation/comparisons.tsv",
        "statistics/report.md",
        "attribution/ARID3A/moe/shiftsmooth_n5_corrected.npz",
        "attribution/ARID3A/expert_ARID3A/gradient.npz",
        "attribution/faithfulness.tsv",
        "motifs/ARID3A/expert_ARID3A/modisco.h5",
        "motifs/ARID3A/moe/motifs.meme",
        "motifs/jaspar.tsv",
        "motifs/summary.tsv",
        "report.html",
        "summary.txt",
    ):
        assert (results / path).is_file(), path
    for suffix in ("svg", "pdf", "png", "tsv"):
        assert sorted((results / "figures").glob(f"*.{suffix}")), suffix


def test_experts_tell_their_factors_windows_from_the_genome(small: Path):
    metrics = pd.read_csv(small / RESULTS / "evaluation/metrics.tsv", sep="\t")
    primary = metrics[(metrics.negatives == "genomic") & (metrics.subset == "all")]
    own = primary[primary.model == "expert_" + primary.experiment]
    auroc = own.groupby("experiment").auroc.mean()
    assert sorted(auroc.index) == ["ARID3A", "FOXM1", "GATA3"]
    assert (auroc > 0.7).all(), auroc
    assert (auroc < 0.995).all(), "the demo is not trivial"
    moe = primary[(primary.model == "moe") & (primary.role == "in_distribution")]
    others = primary[primary.model.str.startswith("expert_") & (primary.role == "in_distribution")]
    foreign = others[others.model != "expert_" + others.experiment]
    assert moe.auroc.mean() > foreign.auroc.mean(), "the mixture is better than a foreign expert"


def test_attributions_point_at_the_planted_instances(small: Path):
    table = pd.read_csv(small / RESULTS / "attribution/localisation.tsv", sep="\t")
    experts = table[(table.method == "gradient_corrected") & table.model.str.startswith("expert_")]
    assert len(experts) == 3
    assert (experts.auprc > 2 * experts.prevalence).all(), experts


def test_planted_motifs_are_found_and_matched(small: Path):
    table = pd.read_csv(small / RESULTS / "motifs/recovery.tsv", sep="\t")
    experts = table[table.model.str.startswith("expert_")]
    assert experts.recovered.sum() >= 2, experts


def test_gate_weights_sum_to_one(small: Path):
    gate = pd.read_parquet(small / RESULTS / "moe/default/seed0/gate.parquet")
    weights = gate.drop(columns=["name", "split"])
    assert sorted(weights.columns) == ["ARID3A", "FOXM1", "GATA3"]
    assert (weights.sum(axis=1) - 1).abs().max() < 1e-5


def test_a_second_run_does_nothing(snakemake, small: Path):
    ended = snakemake(small)
    assert ended.returncode == 0
    assert "Nothing to be done" in ended.stdout + ended.stderr


def test_an_ood_experiment_added_later_is_scored_without_training(
    snakemake, small: Path, root: Path
):
    table = small / "config/experiments.tsv"
    before = table.read_text()
    extra = (root / "config/experiments.tsv").read_text().splitlines()
    table.write_text(before + next(line for line in extra if line.startswith("STAT3")) + "\n")
    try:
        # the simulator makes all peaks of the table at once; a real run would only fetch one file
        (small / RESULTS / "simulation/peaks/STAT3.narrowPeak").write_bytes(
            (small / RESULTS / "simulation/peaks/CTCF.narrowPeak").read_bytes()
        )
        rules = planned(snakemake, small)
    finally:
        table.write_text(before)
    assert not [job for job in rules if job[0] in ("train_expert", "fit_mixture")], rules


def test_the_same_config_gives_the_same_bytes(snakemake, small: Path, root: Path, tmp_path: Path):
    write_project(tmp_path, root)
    target = f"{RESULTS}/statistics/report.md"
    ended = snakemake(tmp_path, "--", target, f"{RESULTS}/attribution/faithfulness.tsv")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    compared = 0
    for pattern in TABLES:
        for path in sorted((tmp_path / RESULTS).glob(pattern)):
            twin = small / RESULTS / path.relative_to(tmp_path / RESULTS)
            assert path.read_bytes() == twin.read_bytes(), path.name
            compared += 1
    assert compared > 40
