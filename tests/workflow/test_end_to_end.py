"""The demo's pipeline, on a smaller genome, from peaks to report, against the planted truth."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from tests.fixtures.small_run import RESULTS

from tfmoe.core.run_record import record_run

USER_TARGETS = tuple(
    f"{RESULTS}/{path}"
    for path in ("statistics/report.md", "attribution/faithfulness.tsv", "motifs/summary.tsv")
)
TABLES = (
    "regions/*.bed.gz*",
    "regions/*.tsv",
    "sequences/*.parquet",
    "sequences/*.tsv",
    "experts/**/model.safetensors",
    "experts/**/history.tsv",
    "gkm/*",
    "moe/**/*.parquet",
    "moe/**/model.safetensors",
    "predictions/*.parquet",
    "evaluation/*.tsv",
    "statistics/*",
    "attribution/**/*.npz",
    "attribution/*.tsv",
    "motifs/**/*.tsv",
    "motifs/**/*.meme",
)


def write_user_project(folder: Path, simulated: Path) -> None:
    """Write a project that takes a simulated genome and its peaks as a user's own files."""
    (folder / "config").mkdir()
    config = yaml.safe_load((simulated / "config/config.yaml").read_text())
    del config["simulation"]
    config["genome"]["fasta"] = "genome.fa"
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    shutil.copy(simulated / RESULTS / "simulation/genome.fa", folder)
    table = (simulated / "config/experiments.tsv").read_text()
    for peaks in (simulated / RESULTS / "simulation/peaks").iterdir():
        shutil.copy(peaks, folder)
        table = re.sub(
            rf"^({peaks.stem}\t.*)\tsimulated\t-$", rf"\1\t{peaks.name}\t-", table, flags=re.M
        )
    (folder / "config/experiments.tsv").write_text(table)


@pytest.fixture
def user(snakemake, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a user's project on the same data with finished results; return its folder.

    The results are copied instead of computed, and recorded as up to date.
    """
    write_user_project(tmp_path, small)
    shutil.copytree(small / RESULTS, tmp_path / RESULTS)
    (tmp_path / RESULTS / "run.json").unlink()
    ended = snakemake(tmp_path, "--touch", "--forceall", "--", "all", *USER_TARGETS)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (state,) = (tmp_path / ".snakemake/tfmoe").glob("state-*.json")
    monkeypatch.setenv("TFMOE_RUN_STATE", str(state))
    monkeypatch.chdir(tmp_path)
    record_run(Path(RESULTS) / "logs/any.log")
    return tmp_path


def planned(snakemake, folder: Path) -> list[tuple[str, str]]:
    """Return rule and wildcards of each job that a dry run would do."""
    ended = snakemake(folder, "--dry-run", "--quiet", "host", "--", *USER_TARGETS)
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
        "experts/background_vs_shuffle/tfmoe/convnet/seed0/config.json",
        "gkm/model.safetensors",
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
        "model/manifest.json",
        "model/card.md",
        "model.zip",
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


def test_what_shuffles_give_away_is_no_knowledge_of_binding(small: Path):
    metrics = pd.read_csv(small / RESULTS / "evaluation/metrics.tsv", sep="\t")
    background = metrics[(metrics.model == "background_vs_shuffle") & (metrics.subset == "all")]
    auroc = background.groupby("negatives").auroc.mean()
    assert 0.4 < auroc["genomic"] < 0.58, "on genomic negatives it is at chance"
    assert auroc["dinucleotide"] > auroc["genomic"]
    above = metrics[(metrics.model == "moe") & (metrics.negatives == "dinucleotide")]
    assert above.above_background.notna().all()


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


@pytest.mark.drill  # repeats the whole run
def test_the_same_data_give_the_same_bytes_in_another_folder(
    snakemake, small: Path, tmp_path: Path
):
    write_user_project(tmp_path, small)
    ended = snakemake(tmp_path, "--", *USER_TARGETS)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for pattern in TABLES:
        paths = sorted((tmp_path / RESULTS).glob(pattern))
        assert paths, pattern
        for path in paths:
            twin = small / RESULTS / path.relative_to(tmp_path / RESULTS)
            assert path.read_bytes() == twin.read_bytes(), path.name


def add_experiment(folder: Path, line: str) -> None:
    """Add a row to the experiment table, with another experiment's peaks as its own."""
    table = folder / "config/experiments.tsv"
    table.write_text(table.read_text() + line + "\n")


def test_an_ood_experiment_added_later_is_scored_without_training(snakemake, user: Path):
    assert planned(snakemake, user) == [], "nothing is left to do before it"
    table = (user / "config/experiments.tsv").read_text()
    shutil.copy(user / "CTCF.narrowPeak", user / "CEBPB.narrowPeak")
    add_experiment(user, "CEBPB\tCEBPB\tx\tood\tcross_family\tbZIP\tCEBPB.narrowPeak\t-")
    jobs = planned(snakemake, user)
    (user / "config/experiments.tsv").write_text(table)
    assert ("predict", "experiment=CEBPB") in jobs
    assert {rule for rule, _ in jobs}.isdisjoint(
        {"train_expert", "fit_mixture", "fit_gkm", "attribute"}
    )
    assert {of for rule, of in jobs if rule in ("draw_test_negatives", "predict")} == {
        "experiment=CEBPB"
    }


def test_a_training_factor_added_later_leaves_the_other_experts_alone(snakemake, user: Path):
    table = (user / "config/experiments.tsv").read_text()
    shutil.copy(user / "CTCF.narrowPeak", user / "CEBPB.narrowPeak")
    add_experiment(user, "CEBPB\tCEBPB\tx\ttrain\t-\tbZIP\tCEBPB.narrowPeak\t-")
    jobs = planned(snakemake, user)
    (user / "config/experiments.tsv").write_text(table)
    trained = sorted(of for rule, of in jobs if rule == "train_expert")
    together = ("background_vs_shuffle", "pooled")
    expected = [(name, seed) for name in ("CEBPB", *together) for seed in (0, 1)]
    # the conditioned mixture needs a pooled network without each factor, for the first seed
    factors = [line.split("\t")[1] for line in table.splitlines() if "\ttrain\t" in line]
    expected += [(f"pooled_without_{factor}", 0) for factor in ("CEBPB", *factors)]
    assert trained == sorted(
        f"expert={name}, recipe=tfmoe, backbone=convnet, seed={seed}" for name, seed in expected
    )
    assert [of for rule, of in jobs if rule == "draw_training_negatives"] == ["experiment=CEBPB"]
