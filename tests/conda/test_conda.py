"""The conda environments: Snakemake creates them, and the rules run in them.

No conda channel is needed: `up.sh` builds a channel from PyPI's packages. Because this needs the
network, these tests run only on request. With TFMOE_TEST_CONDA=small one small environment is
created; with TFMOE_TEST_CONDA=all, which `make conda` sets, all except those with CUDA.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVS = ROOT / "envs"
ASKED = os.environ.get("TFMOE_TEST_CONDA")
ALL = ASKED == "all"
SMALL = "jaspar"
NO_REGISTRY = 77
pytestmark = pytest.mark.skipif(
    ASKED not in ("small", "all"), reason="slow, and needs the network; `make conda` runs it"
)
only_on_request = pytest.mark.skipif(not ALL, reason="slow; `make conda` runs it")


def environment_of(rule_file: str, script: str) -> str:
    """Return the name of the environment of a script's rule."""
    pattern = rf'envs/(\w+?)(?:_{{TORCH}})?\.yaml"(?:(?!\n *rule ).)*?scripts/{script}\.py"'
    return re.search(pattern, rule_file, re.DOTALL)[1]  # type: ignore[index]


def scripts_by_environment() -> list[tuple[str, str]]:
    """Return the scripts and their environment files, for the CPU if there are two."""
    rules = "\n".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    found = []
    for path in sorted((ROOT / "scripts").glob("*.py")):
        name = environment_of(rules, path.stem)
        found.append((path.stem, name if (ENVS / f"{name}.yaml").exists() else f"{name}_cpu"))
    return found


def modules_of(script: str) -> list[str]:
    """Return the modules of the package that a script imports."""
    tree = ast.parse((ROOT / f"scripts/{script}.py").read_text())
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return [name for name in names if name.startswith("tfmoe")]


@pytest.fixture(scope="session")
def conda(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables for a `conda` and a channel that Snakemake can use."""
    folder = tmp_path_factory.mktemp("conda")
    envs = sorted(ENVS.glob("*.yaml")) if ALL else [ENVS / f"{SMALL}.yaml"]
    told = subprocess.run(
        [ROOT / "tests/conda/up.sh", folder, sys.executable, *envs],
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode == NO_REGISTRY:
        pytest.skip("PyPI, from which the channel is built, cannot be reached")
    assert told.returncode == 0, told.stderr
    given = dict(part.split("=", 1) for part in told.stdout.split()[1:])
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return os.environ | given | {"PATH": given["PATH"].replace("$PATH", path)}


@pytest.fixture(scope="session")
def run(conda, tmp_path_factory: pytest.TempPathFactory):
    """Return a function that runs the demo with conda, always in the same folder."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "config").symlink_to(ROOT / "config")

    def call(*arguments: str) -> Path:
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        command += ["--directory", str(folder), "--cores", "2", "--use-conda"]
        ended = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, check=False, env=conda
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return folder

    return call


@pytest.fixture(scope="session")
def environments(run) -> Path:
    """Return the folder in which Snakemake created all environments."""
    return run("--conda-create-envs-only", "--", "all", "search")


def prefix_of(folder: Path, env: str) -> Path:
    """Return the path of an environment that Snakemake created."""
    content = (ENVS / f"{env}.yaml").read_text()
    copies = (folder / ".snakemake/conda").glob("*.yaml")
    return next(path.with_suffix("") for path in copies if path.read_text() == content)


def import_alone(folder: Path, script: str, env: str) -> None:
    """Import a script's modules by the Python of its environment, without Snakemake.

    In a job, Snakemake adds its own folders to the path, so that packages missing from the
    environment would be imported from there silently.
    """
    imports = "; ".join(f"import {name}" for name in modules_of(script))
    command = f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r}); {imports}"
    python = prefix_of(folder, env) / "bin/python"
    ended = subprocess.run(
        [python, "-I", "-c", command], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_a_rule_runs_in_an_environment_that_has_what_it_imports(run):
    folder = run("--", "export_jaspar")
    assert (folder / "results/demo/jaspar/matrices.meme").read_text().startswith("MEME version")
    import_alone(folder, "export_jaspar", SMALL)
    python = prefix_of(folder, SMALL) / "bin/python"
    ended = subprocess.run(
        [python, "-I", "-c", "import snakemake"], capture_output=True, check=False
    )
    assert ended.returncode == 1, "the environment is none if it sees the project's packages"


@only_on_request
@pytest.mark.parametrize(("script", "env"), scripts_by_environment())
def test_each_environment_has_what_its_scripts_import(environments: Path, script: str, env: str):
    import_alone(environments, script, env)


@only_on_request
def test_the_demo_runs_in_conda_environments(run):
    folder = run("--", "all")
    assert (folder / "results/demo/report.html").stat().st_size > 100_000
