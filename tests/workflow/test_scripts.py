"""What the scripts of the rules import, and how long they are."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
WITH_TORCH = {"train_expert", "fit_mixture", "predict", "attribute"}


def imported_modules(script: Path) -> list[str]:
    """Return the modules of the package that a script imports, wherever it does."""
    tree = ast.parse(script.read_text())
    found = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return sorted({name for name in found if name and name.startswith("tfmoe")})


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_only_rules_that_need_torch_import_it(script: Path):
    imports = "; ".join(f"import {name}" for name in imported_modules(script))
    command = f"import sys; {imports}; print('torch' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", command],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SCRIPTS), "NUMBA_NUM_THREADS": "1"},
    )
    assert ended.stdout.strip() == str(script.stem in WITH_TORCH)


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_scripts_are_thin_and_start_as_snakemake_needs(script: Path):
    text = script.read_text()
    assert len([line for line in text.splitlines() if line.strip()]) <= 45
    assert "__future__" not in text, "Snakemake puts its preamble before it"
    assert "with job(snakemake):" in text


def test_the_snakefile_needs_no_more_than_snakemake_itself():
    files = [SCRIPTS.parent / "Snakefile", *(SCRIPTS.parent / "workflow/rules").glob("*.smk")]
    lines = [line for path in files for line in path.read_text().splitlines()]
    imports = [line for line in lines if line.startswith("from tfmoe")]
    assert len(imports) > 5
    blocked = "".join(f"sys.modules[{name!r}] = None; " for name in ("numpy", "pandas", "torch"))
    subprocess.run(
        [sys.executable, "-c", f"import sys; {blocked}\n" + "\n".join(imports)],
        check=True,
        env={"PYTHONPATH": str(SCRIPTS)},
    )
