"""Every config that ships with the project can be planned."""

from __future__ import annotations

import re
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from tfmoe.workflow.costs import LOCAL, PROFILE, TARGET, Estimate, read_groups, share_out


def jobs(printed: str) -> dict[str, int]:
    """Read Snakemake's table of jobs: the number of jobs of each rule."""
    return {
        rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", printed, re.MULTILINE)
    }


def plan(snakemake, folder: Path, *arguments: str) -> dict[str, int]:
    ended = snakemake(folder, "--dry-run", *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return jobs(ended.stdout)


@pytest.fixture
def folder(tmp_path: Path, root: Path) -> Path:
    """Return an empty folder with the project's configs in it."""
    shutil.copytree(root / "config", tmp_path / "config")
    return tmp_path


def test_the_demo_runs_without_being_named_and_has_few_jobs(snakemake, folder):
    planned = plan(snakemake, folder)
    assert planned["simulate_genome"] == 1
    without_each_factor = 3  # the conditioned mixture is fitted on factors that are left out
    assert planned["train_expert"] == 2 * (3 + 1 + 1) + without_each_factor, (
        "two seeds of three experts, the pooled network and the one that sees no peak"
    )
    assert planned["fit_conditioned"] == planned["fit_pooled_gkm"] == 1
    assert planned["leave_out_factor"] == 3
    assert planned["draw_adaptation"] == planned["adapt"] == 6
    assert planned["total"] <= 120


def test_yeast_plans_every_stage(snakemake, folder):
    planned = plan(snakemake, folder, "--configfile", "config/yeast/config.yaml")
    assert planned["fetch_file"] == 25, "24 peak files and the genome"
    mixed = 8 + 3  # experts and generalists
    assert planned["train_expert"] == 3 * (8 + mixed + 1) + 8, (
        "as many pooled networks as are mixed, and one without each factor"
    )
    assert planned["predict"] == 24
    assert "simulate_genome" not in planned, "nothing of the demo's config is merged into another"


def test_an_ensemble_reuses_the_pooled_networks_of_its_seeds(snakemake, folder):
    config = yaml.safe_load((folder / "config/config.yaml").read_text())
    config["training"]["pooled_ensemble"] = True
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    assert plan(snakemake, folder)["train_expert"] == 2 * (3 + 3 + 1) + 3


def submissions(printed: str) -> int:
    """Count the jobs of a cluster in a dry-run: groups, and jobs of rules outside of any group."""
    stamp = r"^\[\w{3} \w{3} .*?\d{4}\] ?\n?"
    lines = re.sub(stamp, "", printed, flags=re.MULTILINE)
    alone = re.findall(r"^(?:rule|checkpoint) (\w+):$", lines, re.MULTILINE)
    groups = re.findall(r"^Group job (\w+) ", lines, re.MULTILINE)
    return len(groups) + sum(rule not in (*LOCAL, TARGET) for rule in alone)


def test_encode_plans_every_stage_in_few_jobs_of_a_cluster(snakemake, folder, root):
    # with the blocks of all jobs, from which submissions are counted
    profile = ("--workflow-profile", str(root / "profiles/slurm"), "--quiet", "host")
    ended = snakemake(folder, "--dry-run", *profile, "--configfile", "config/encode/config.yaml")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    planned = jobs(ended.stdout)
    assert planned["fetch_file"] == 33, "31 peak files, the genome and the blacklist"
    assert planned["train_expert"] == 3 * (8 + 1 + 1) + 8
    assert planned["predict"] == 31
    del planned["all"], planned["total"]
    counted = submissions(ended.stdout)
    assert planned["train_expert"] < counted <= 120
    groups, sizes = read_groups(PROFILE)
    expected = Estimate(share_out(planned, [], groups, sizes), groups).sums()[0]
    assert expected == f"{sum(planned.values())} jobs, about {counted} on a cluster"


def test_chr22_plans_every_stage(snakemake, folder):
    planned = plan(snakemake, folder, "--configfile", "config/chr22/config.yaml")
    assert planned["fetch_file"] == 16, "14 peak files, the genome and the blacklist"
    mixed = 6 + 3  # the two of CTCF make one expert; and generalists
    assert planned["train_expert"] == 3 * (6 + mixed + 1) + 6
    assert planned["predict"] == planned["draw_test_negatives"] == 14


def test_ready_sequences_need_no_genome(snakemake, folder):
    planned = plan(snakemake, folder, "--configfile", "config/paper/config.yaml")
    assert planned["fetch_file"] == (9 + 3) + (1 + 14), "the training factors have two files"
    assert planned["draw_background"] == 1
    assert planned["import_sequences"] == planned["complete_test_sequences"] == 9
    assert not {"prepare_genome", "select_windows", "draw_test_negatives"} & set(planned)


def test_without_a_genome_to_draw_from_no_network_learns_the_background(snakemake, folder):
    arguments = ("--configfile", "config/paper/config.yaml", "--config")
    planned = plan(snakemake, folder, *arguments, "background={fasta: null}")
    assert planned["fetch_file"] == 9 + 3
    assert "draw_background" not in planned
    (folder / "chr22.fa").touch()
    local = plan(snakemake, folder, *arguments, "background={fasta: chr22.fa, md5: null}")
    assert local["fetch_file"] == (9 + 3) + 14, "a local file needs no checksum"
    config = yaml.safe_load((folder / "config/paper/config.yaml").read_text())
    networks = local["train_expert"] - planned["train_expert"]
    assert networks == config["training"]["seeds"], "one a seed"


def test_a_genome_is_downloaded_by_either_checksum_and_never_without_one(snakemake, folder):
    path = folder / "config/yeast/config.yaml"
    config = yaml.safe_load(path.read_text())
    genome = config["genome"] | {"fasta": "https://example.org/genome.fa.gz"}
    arguments = ("--configfile", str(path), "--", "prepare_genome")
    digest = sha256(b"genome").hexdigest()
    for checksum in ({"md5": digest[:32]}, {"sha256": digest}):
        path.write_text(yaml.safe_dump(config | {"genome": genome | checksum}))
        assert plan(snakemake, folder, *arguments)["fetch_file"] == 1
    path.write_text(yaml.safe_dump(config | {"genome": genome}))
    ended = snakemake(folder, "--dry-run", *arguments)
    assert ended.returncode != 0
    assert "needs its checksum: set genome.sha256 or genome.md5" in ended.stdout + ended.stderr


def test_the_target_data_trains_nothing(snakemake, folder):
    planned = plan(snakemake, folder, "--", "data")
    assert planned["draw_training_negatives"] == planned["draw_test_negatives"] == 9
    assert planned["draw_audit"] == planned["check_inputs"] == 1
    assert planned["draw_adaptation"] == 6, "of each OOD experiment"
    assert "train_expert" not in planned


def test_a_run_without_the_conditioned_mixture_trains_nothing_for_it(snakemake, folder):
    change_demo(folder, conditioned={"fit": False})
    planned = plan(snakemake, folder)
    assert planned["train_expert"] == 2 * (3 + 1 + 1)
    extra = {"fit_conditioned", "fit_pooled_gkm", "leave_out_factor", "adapt", "write_expected"}
    extra |= {"draw_adaptation", "measure_controls", "draw_few_peaks"}
    assert not extra & set(planned)


def test_no_peaks_to_adapt_to_are_drawn_without_adaptation_or_a_genome(snakemake, folder):
    change_demo(folder, adaptation={"fit": False})
    assert "draw_adaptation" not in plan(snakemake, folder, "--", "data")
    paper = ("--configfile", "config/paper/config.yaml", "--", "data")
    assert "draw_adaptation" not in plan(snakemake, folder, *paper)


def test_the_template_is_complete_but_for_the_users_files(snakemake, folder):
    config = yaml.safe_load((folder / "config/template/config.yaml").read_text())
    table = folder / "config/template/experiments.tsv"
    (folder / "path/to").mkdir(parents=True)
    for line in table.read_text().splitlines()[2:]:
        (folder / line.split("\t")[6]).touch()
    (folder / config["genome"]["fasta"]).touch()
    shutil.copytree(folder / "config/template", folder / "config/mine")
    planned = plan(snakemake, folder, "--configfile", "config/mine/config.yaml")
    assert planned["predict"] == 4


def test_several_experiments_of_a_factor_make_one_expert_on_request(snakemake, folder):
    table = folder / "config/experiments.tsv"
    rows = table.read_text()
    gata = next(line for line in rows.splitlines() if line.startswith("GATA3"))
    table.write_text(rows + gata.replace("GATA3\tGATA3", "GATA3_again\tGATA3") + "\n")
    each = plan(snakemake, folder)
    config = yaml.safe_load((folder / "config/config.yaml").read_text())
    config["training"]["expert_per"] = "factor"
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    merged = plan(snakemake, folder)
    assert each["train_expert"] - merged["train_expert"] == 2, "one expert less, of two seeds"


def change_demo(folder: Path, **sections: object) -> None:
    """Put sections into the demo's config in place of those that it has."""
    path = folder / "config/config.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | sections))


def test_the_development_proxy_leaves_out_each_factor_and_scores_nothing_else(snakemake, folder):
    planned = plan(snakemake, folder, "--", "development")
    assert planned["train_expert"] == 3 + 1 + 3, "experts, pooled, pooled without each factor"
    assert planned["leave_out_factor"] == planned["fit_mixture_without"] == 3
    assert planned["fit_mixture"] == planned["score_development"] == 1
    assert planned["draw_training_negatives"] == 3, "no OOD experiment"
    assert not {"predict", "draw_test_negatives", "attribute"} & set(planned)


def test_a_factor_that_is_left_out_is_not_even_read(snakemake, folder):
    change_demo(folder, mixture={"generalists": 1})
    mixture = "results/demo/development/tfmoe/without_GATA3/seed0/model.safetensors"
    planned = plan(snakemake, folder, "--", mixture)
    assert planned["train_expert"] == 2 + 1, "two experts, and a pooled network on the two"
    assert planned["draw_training_negatives"] == planned["select_windows"] == 2
    assert planned["leave_out_factor"] == 1, "its peaks are among those of training until then"


def test_ablations_of_the_mixture_share_the_networks_of_the_run(snakemake, folder):
    ablations = {
        "small": {"training": {"embedding": 8}},
        "sharp": {"mixture": {"top_k": 1}},
        "some": {"mixture": {"experts": ["GATA3", "FOXM1"]}},
        "wider": {"mixture": {"generalists": 1, "backbones": ["convnet", "legnet"]}},
    }
    change_demo(folder, ablations=ablations, development={"seeds": 2})
    planned = plan(snakemake, folder, "--", "ablations")
    own = 3 + 1 + 3
    assert planned["train_expert"] == 2 * (own + own + 3), "own, small, and experts of a backbone"
    assert planned["fit_mixture"] == 2 * 5
    assert planned["fit_mixture_without"] == 2 * 5 * 3
    assert planned["score_development"] == 5
    assert planned["gather_ablations"] == planned["draw_ablations"] == 1
    assert not {"predict", "evaluate_models", "gather_development"} & set(planned)


def test_each_recipe_is_a_target_beside_the_runs_own(snakemake, folder):
    recipes = {
        "robust": {"training": {"dropout": 0.3}},
        "sharp": {"mixture": {"temperature": 0.5}},
    }
    change_demo(folder, recipes=recipes)
    robust = plan(snakemake, folder, "--", "robust")
    assert robust["train_expert"] == 2 * (3 + 1 + 1) + 3 + 2 * 3
    assert robust["fit_mixture"] == 2 * 2
    assert robust["attribute"] == 2 * 3, "each expert on its own experiment, by both recipes"
    assert robust["predict"] == robust["predict_recipe"] == 9
    assert robust["evaluate_recipe"] == robust["compare_recipe"] == 1
    assert "write_report" not in robust
    sharp = plan(snakemake, folder, "--", "sharp")
    assert sharp["train_expert"] == 2 * (3 + 1 + 1) + 3, "it mixes the run's own networks"
    assert sharp["attribute"] == 3, "whose attribution it shares"


def test_the_study_of_attribution_needs_experts_and_no_more(snakemake, folder):
    planned = plan(snakemake, folder, "--", "attribution_study")
    assert planned["train_expert"] == 2 * 3
    assert planned["study_attribution"] == 3
    assert planned["gather_study"] == 1
    assert not {"fit_mixture", "attribute", "predict", "write_report"} & set(planned)
    change_demo(
        folder,
        attribution={
            "study": {"backbones": ["convnet", "legnet"], "recipes": ["other"], "seeds": 1}
        },
        recipes={"other": {"training": {"dropout": 0.3}}},
    )
    more = plan(snakemake, folder, "--", "attribution_study")
    assert more["train_expert"] == 3 * 3, "one seed of two backbones and of a recipe"
    assert more["study_attribution"] == 3 * 3
    change_demo(folder, attribution={"study": {"backbones": ["none"]}})
    ended = snakemake(folder, "--dry-run")
    assert ended.returncode == 1
    assert "attribution.study.backbones: 'none' is not a backbone" in ended.stderr


def test_recipes_that_cannot_be_targets_or_developed_are_told_plainly(snakemake, folder):
    change_demo(folder, recipes={"predict": {}})
    ended = snakemake(folder, "--dry-run")
    assert ended.returncode == 1
    assert "recipes.predict: found the name of a rule of the workflow" in ended.stderr
    negatives = {"training": {"genomic": 1, "other_factor": 1}}
    change_demo(folder, recipes={}, negatives=negatives)
    ended = snakemake(folder, "--dry-run", "--", "development")
    assert ended.returncode == 1
    assert "found negatives.training.other_factor = 1; each expert then trains" in ended.stderr
    assert "Traceback" not in ended.stderr
