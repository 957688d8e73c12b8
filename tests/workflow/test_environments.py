"""What the conda environments pin, beside the locked packages that everything is tested with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ENVS = sorted((ROOT / "envs").glob("*.yaml"))
# conda's name of a package by that of Python's registry, where they differ
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
# Where an environment's version is not the locked one: both, and why. A pin is one that is known to
# exist on its channel for Python 3.12.
REVIEWED = {
    "pytorch": ("2.10.0", "2.13.0", "the newest of which builds for Python 3.12 were seen"),
    "pandas": ("3.0.3", "3.0.5", "of 3.0.5 builds were seen for Python 3.11, 3.13 and 3.14"),
    "scikit-learn": ("1.9.0", "1.9.1", "the newest that was seen"),
    "tqdm": ("4.70.0", "4.70.1", "the newest that was seen"),
    "markdown-it-py": ("4.2.0", "4.3.0", "the newest that was seen"),
    "biopython": ("1.87", "1.88", "the newest that was seen; pyjaspar alone needs it"),
}
# no packages of Python's registry
OTHERS = {"python", "pip", "bedtools", "cuda-version"}


def read(path: Path) -> tuple[list[str], list[str]]:
    """Return an environment's pins for conda and for pip."""
    parts = yaml.safe_load(path.read_text())["dependencies"]
    conda = [part for part in parts if isinstance(part, str)]
    return conda, [pin for part in parts if isinstance(part, dict) for pin in part["pip"]]


def versions(path: Path) -> dict[str, str]:
    """Return the pinned versions by name."""
    conda, pip = read(path)
    found = {pin.split(" =")[0]: pin.split(" =")[1].split("=")[0] for pin in conda}
    return found | dict(pin.split("==") for pin in pip)


def locked() -> dict[str, str]:
    """Return the locked versions by conda's names; torch stands in the project's own list."""
    lock = (ROOT / "requirements.lock").read_text()
    project = (ROOT / "pyproject.toml").read_text()
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE)
    found += re.findall(r'"(torch)==([\d.]+)"', project)
    return {CONDA_NAMES.get(name, name): version for name, version in found}


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_an_environment_has_exact_pins_and_no_default_channel(path: Path):
    content = yaml.safe_load(path.read_text())
    assert content["channels"] == ["conda-forge", "bioconda", "nodefaults"]
    conda, pip = read(path)
    for pin in conda:
        assert re.fullmatch(r"[a-z0-9-]+ =\d[\d.]*(=\w+_\*)?", pin), pin
    for pin in pip:
        assert re.fullmatch(r"[a-z0-9-]+==\d[\d.]*", pin), pin
    assert "python =3.12.13" in conda
    assert bool(pip) == any(pin.startswith("pip ") for pin in conda)


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_an_environment_has_the_locked_versions_but_for_reviewed_ones(path: Path):
    lock = locked()
    for name, version in versions(path).items():
        if name in OTHERS:
            assert name not in lock
        elif name in REVIEWED:
            assert (version, lock[name]) == REVIEWED[name][:2], name
        else:
            assert version == lock[name], name


def test_no_reviewed_difference_is_a_thing_of_the_past():
    pinned = set().union(*(versions(path) for path in ENVS))
    assert set(REVIEWED) <= pinned
    assert pinned >= OTHERS


@pytest.mark.parametrize("family", ["models", "search"])
def test_the_variants_for_cpu_and_gpu_differ_in_torch_alone(family: str):
    cpu, cuda = (read(ROOT / f"envs/{family}_{kind}.yaml") for kind in ("cpu", "cuda"))
    assert set(cpu[0]) - set(cuda[0]) == {"pytorch =2.10.0=cpu_mkl_py312_*"}
    assert set(cuda[0]) - set(cpu[0]) == {
        "pytorch =2.10.0=cuda129_mkl_py312_*",
        "cuda-version =12.9",
    }
    assert cpu[1] == cuda[1]


def test_what_no_environment_was_made_with_is_named():
    lines = (ROOT / "tests/conda/unverified.tsv").read_text().splitlines()[1:]
    unverified = [line.split("\t")[0] for line in lines]
    pinned = {pin for path in ENVS for pin in read(path)[0]}
    assert set(unverified) <= pinned, "one that is pinned no more"
    assert all(len(line.split("\t")) == 3 and line.split("\t")[2] for line in lines)


def test_the_container_is_set_up_from_files_that_there_are_by_a_python_that_the_set_up_takes():
    definition = (ROOT / "envs/tfmoe.def").read_text()
    copied = re.findall(r"^    (\S+) (/opt/tfmoe/\S+)$", definition, re.MULTILINE)
    assert len(copied) == 4
    for source, target in copied:
        assert (ROOT / source).exists(), source
        assert target == f"/opt/tfmoe/{source}"
    setup = (ROOT / "envs/bootstrap.sh").read_text()
    minor = int(re.search(r"From: python:3\.(\d+)-slim", definition)[1])  # type: ignore[index]
    lowest, above = map(int, re.search(r"\(3, (\d+)\) <= .* < \(3, (\d+)\)", setup).groups())  # type: ignore[union-attr]
    assert lowest <= minor < above
    # what the set-up reads is there, and the folder that it makes is the one on the path
    read = set(re.findall(r"(requirements\.lock|pyproject\.toml)", setup))
    assert read == {"requirements.lock", "pyproject.toml"}
    assert "venv=.venv" in setup
    assert "/opt/tfmoe/.venv/bin" in definition
