"""What the scripts of the rules import, and how long they are."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
WITH_TORCH = {
    *("fit_gkm", "train_expert", "fit_mixture", "predict", "attribute", "search_settings"),
    *("score_development", "read_filters", "study_attribution"),
    *("fit_conditioned", "adapt", "measure_controls", "write_model", "scan_chromosome"),
}


def imported_modules(script: Path) -> list[str]:
    """Return the modules of the package that a script imports, wherever it does."""
    tree = ast.parse(script.read_text())
    found = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return sorted({name for name in found if name and name.startswith("tfmoe")})


WITHOUT_TORCH = """
import importlib, json, sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError("torch is hidden", name="torch")

sys.meta_path.insert(0, NoTorch())
found = {}
for script, modules in json.load(sys.stdin).items():
    try:
        for module in modules:
            importlib.import_module(module)
        found[script] = False
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        found[script] = True
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def needs_torch() -> dict[str, bool]:
    """Return for each script whether its imports need torch; one process tries all scripts."""
    scripts = {path.stem: imported_modules(path) for path in sorted(SCRIPTS.glob("*.py"))}
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH],
        input=json.dumps(scripts),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SCRIPTS), "NUMBA_NUM_THREADS": "1"},
    )
    found: dict[str, bool] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_only_rules_that_need_torch_import_it(needs_torch: dict[str, bool], script: Path):
    assert needs_torch[script.stem] == (script.stem in WITH_TORCH)


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_scripts_are_thin_and_start_as_snakemake_needs(script: Path):
    text = script.read_text()
    assert len([line for line in text.splitlines() if line.strip()]) <= 45
    assert "__future__" not in text, "Snakemake puts its preamble before it"
    assert "with job(snakemake):" in text


def imports_of_the_package(snakefile: str) -> list[str]:
    """Return the statements of a Snakefile that import from the package, one line each.

    Python cannot parse the rules, so each statement is parsed from its first line to its last.
    """
    pattern = r"^ *from tfmoe[\w.]* import (?:\([^)]*\)|[^\n(]*)$"
    statements = re.findall(pattern, snakefile, re.MULTILINE)
    return [ast.unparse(ast.parse(statement.strip())) for statement in statements]


def test_the_imports_of_a_snakefile_may_span_lines():
    snakefile = """
from tfmoe.core import seeds
from tfmoe.workflow.networks import (
    Networks,  # with a comment
    weights_of,
)
with plain_errors():
    from tfmoe.core.job import job as run

rule all:
    input: "from tfmoe import nothing"
"""
    assert imports_of_the_package(snakefile) == [
        "from tfmoe.core import seeds",
        "from tfmoe.workflow.networks import Networks, weights_of",
        "from tfmoe.core.job import job as run",
    ]


def test_the_snakefile_needs_no_more_than_snakemake_itself():
    files = [SCRIPTS.parent / "Snakefile", *(SCRIPTS.parent / "workflow").rglob("*.smk")]
    files.append(SCRIPTS.parent / "workflow/Snakefile")
    imports = [line for path in files for line in imports_of_the_package(path.read_text())]
    assert len(imports) > 5
    blocked = "".join(f"sys.modules[{name!r}] = None; " for name in ("numpy", "pandas", "torch"))
    subprocess.run(
        [sys.executable, "-c", f"import sys; {blocked}\n" + "\n".join(imports)],
        check=True,
        env={"PYTHONPATH": str(SCRIPTS)},
    )


PACKAGES = {"sklearn": "scikit-learn", "yaml": "pyyaml", "torch": "pytorch"}
PACKAGES |= {"matplotlib": "matplotlib-base", "modiscolite": "modisco-lite"}
PACKAGES |= {"markdown_it": "markdown-it-py", "scikit_posthocs": "scikit-posthocs"}
# numba brings the one version of llvmlite that it works with
PACKAGES |= {"llvmlite": "numba", "pyBigWig": "pybigwig"}


def third_party(module: str, seen: set[str]) -> set[str]:
    """Return what a module of ours imports at its top from others, through our other modules."""
    path = SCRIPTS / Path(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if module in seen or not path.is_file():
        return set()
    seen.add(module)
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            own = name.startswith("tfmoe")
            found |= third_party(name, seen) if own else {name.split(".")[0]}
    return found - set(sys.stdlib_module_names) - {"__future__"}


def pins_of(path: Path) -> dict[str, str]:
    """Return what an environment pins for conda and for pip, in conda's names: version by name."""
    found: list[str] = []
    for part in yaml.safe_load(path.read_text())["dependencies"]:
        found += part["pip"] if isinstance(part, dict) else [part]
    return {re.split(r" =|==", pin)[0]: re.split(r" =|==", pin)[1].split("=")[0] for pin in found}


def rules() -> list[tuple[str, str]]:
    """Return the script and the environment of each rule."""
    texts = [path.read_text() for path in (SCRIPTS.parent / "workflow/rules").glob("*.smk")]
    pattern = r'"../../envs/(\w+?)(?:_{TORCH})?.yaml"(?:(?!\n *rule ).)*?"../../scripts/(\w+).py"'
    found = [match for text in texts for match in re.findall(pattern, text, re.DOTALL)]
    return sorted((script, env) for env, script in found)


@pytest.mark.parametrize(("script", "env"), rules())
def test_the_conda_environment_of_a_rule_has_what_its_script_imports(script: str, env: str):
    folder = SCRIPTS.parent / "envs"
    # of what needs torch there are variants
    variants = [*folder.glob(f"{env}.yaml"), *folder.glob(f"{env}_c*.yaml")]
    assert len(variants) in (1, 2)
    modules = imported_modules(SCRIPTS / f"{script}.py")
    needed = set().union(*(third_party(module, set()) for module in modules))
    for path in variants:
        assert {PACKAGES.get(name, name) for name in needed} <= set(pins_of(path)), path


def test_every_rule_was_looked_at():
    assert len(rules()) == len(list(SCRIPTS.glob("*.py")))
