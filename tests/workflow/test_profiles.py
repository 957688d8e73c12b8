"""The profile for SLURM names what the workflow has, and every config can be planned with it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml


@pytest.fixture(scope="module")
def rules(root: Path) -> dict[str, str]:
    """Return the text of each rule, by its name."""
    texts = [path.read_text() for path in sorted((root / "workflow/rules").glob("*.smk"))]
    pattern = r"^ *(?:rule|use rule (\w+) as) (\w+)(?: with)?:\n(.*?)(?=^ *(?:use )?rule |\Z)"
    found: dict[str, str] = {}
    parents: dict[str, str] = {}
    for text in texts:
        for parent, name, body in re.findall(pattern, text, re.MULTILINE | re.DOTALL):
            found[name] = body
            if parent:
                parents[name] = parent
    return {name: found[parents[name]] if name in parents else body for name, body in found.items()}


@pytest.fixture(scope="module")
def profile(root: Path) -> str:
    return (root / "profiles/slurm/config.yaml").read_text()


def test_groups_are_of_rules_that_exist(rules: dict[str, str], profile: str):
    settings = yaml.safe_load(profile)
    groups = dict(entry.split("=") for entry in settings["groups"])
    assert set(groups) <= set(rules)
    several = {entry.split("=")[0] for entry in settings["group-components"]}
    assert several == set(groups.values()) - {"inputs", "report"}, "which hang together anyway"


def test_the_rules_that_ask_for_a_gpu_are_those_the_profile_lists(
    rules: dict[str, str], profile: str
):
    asking = {name for name, body in rules.items() if "gpu=GPU" in body}
    assert {"train_expert", "predict_recipe"} <= asking
    assert set(re.findall(r"^#   (\w+): \{slurm_partition: gpu", profile, re.MULTILINE)) == asking


def test_all_profiles_check_the_config_files(root: Path, profile: str):
    default = yaml.safe_load((root / "profiles/default/config.yaml").read_text())
    own = yaml.safe_load(profile)
    assert "check_config_files" in own["__definitions__"][0]
    for key in ("__use_yte__", "__definitions__"):
        assert own[key] == default[key]


def uncomment(profile: str) -> str:
    """Return a profile in which each setting that is a comment counts."""
    return re.sub(r"^( *)# ( *[a-z_-]+:(?: \w+| \{.*\})?)$", r"\1\2", profile, flags=re.MULTILINE)


def test_what_is_a_comment_in_the_profile_reaches_the_jobs_once_it_counts(
    snakemake, root: Path, tmp_path: Path, profile: str
):
    shutil.copytree(root / "config", tmp_path / "config")
    path = tmp_path / "config/config.yaml"
    path.write_text(path.read_text() + "compute: {device: cuda}\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own/config.yaml").write_text(uncomment(profile))
    arguments = ("--dry-run", "--workflow-profile", str(tmp_path / "own"), "--quiet", "host")
    ended = snakemake(tmp_path, *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    jobs = dict(re.findall(r"^rule (\w+):\n((?: +.*\n)+)", ended.stdout, re.MULTILINE))
    settings = "slurm_account=my_account, slurm_partition=gpu, runtime=240"
    assert f"{settings}, group_slot=1, gpu=1, gpu_model=a100" in jobs["train_expert"]
    asking = {name for name, text in jobs.items() if "gpu=1" in text}
    assert asking == {name for name, text in jobs.items() if "gpu_model=a100" in text}
    others = {name for name, text in jobs.items() if "slurm_partition=my_partition" in text}
    assert asking | others == set(jobs)


@pytest.mark.parametrize("line", ["mem_mb=", "runtime="])
def test_each_rule_with_a_script_asks_for_more_when_it_is_tried_again(
    rules: dict[str, str], line: str
):
    scripted = {name: body for name, body in rules.items() if "script:" in body}
    assert len(scripted) > 40
    assert [name for name, body in scripted.items() if f"{line}grow(" not in body] == []


@pytest.mark.parametrize(
    ("config", "targets"),
    [
        ("config/config.yaml", ["all", "development"]),
        ("config/yeast/config.yaml", ["all", "robust"]),
        ("config/paper/config.yaml", ["all", "paper_figures", "as_published"]),
    ],
)
def test_no_group_depends_on_itself(
    snakemake, root: Path, tmp_path: Path, config: str, targets: list[str]
):
    shutil.copytree(root / "config", tmp_path / "config")
    profile = ("--workflow-profile", str(root / "profiles/slurm"))
    arguments = ("--dry-run", *profile, "--configfile", config, "--", *targets)
    ended = snakemake(tmp_path, *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
