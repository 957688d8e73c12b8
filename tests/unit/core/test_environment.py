import json
import tomllib
from pathlib import Path

import pytest

from tfmoe.core.environment import (
    PACKAGES,
    describe_cpu,
    describe_environment,
    installed_packages,
    job_versions,
    register_environment,
)

# they read, print or check, and change no number
WITHOUT_INFLUENCE = {"jsonschema", "pyyaml", "rich", "tqdm", "typer"}


def test_every_package_that_results_depend_on_is_recorded(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pinned = {line.split("==")[0] for line in project["dependencies"]}
    assert pinned - WITHOUT_INFLUENCE - set(PACKAGES) == set()


def test_packages_of_python_and_of_conda(tmp_path: Path) -> None:
    for name in ("scikit_learn-1.9.1", "Jinja2-3.1.6", "torch-2.13.0+cpu"):
        (tmp_path / f"first/{name}.dist-info").mkdir(parents=True)
    (tmp_path / "second/torch-1.0.dist-info").mkdir(parents=True)
    (tmp_path / "conda-meta").mkdir()
    for name in ("bedtools-2.31.1-h0_2", "libgcc-ng-13-h1_0", "jinja2-3.0-py_0"):
        (tmp_path / f"conda-meta/{name}.json").touch()
    folders = [str(tmp_path / name) for name in ("first", "second", "absent")]
    assert installed_packages(folders, str(tmp_path)) == {
        "bedtools": "2.31.1",
        "jinja2": "3.1.6",
        "libgcc-ng": "13",
        "scikit-learn": "1.9.1",
        "torch": "2.13.0+cpu",
    }


@pytest.mark.parametrize(
    ("text", "model", "features"),
    [
        ("model name\t: AMD EPYC\nflags\t\t: fpu avx avx2 fma avx512f\n", "AMD EPYC", 4),
        ("processor\t: 0\nFeatures\t: fp asimd\n", "", 1),
        ("", "", 0),
    ],
)
def test_cpu(text: str, model: str, features: int, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    found = describe_cpu(tmp_path / "cpuinfo")
    assert (found["model"], len(found["features"])) == (model, features)


def test_without_linuxs_list_a_cpu_has_no_known_features(tmp_path: Path) -> None:
    assert describe_cpu(tmp_path / "absent")["features"] == []


def test_variables_for_threads_and_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("HOME", "/private")
    described = describe_environment()
    assert described["variables"]["OMP_NUM_THREADS"] == "3"
    assert described["variables"]["OPENBLAS_CORETYPE"] == "Haswell"
    assert "/private" not in json.dumps(described)


def test_equal_processes_share_one_description(tmp_path: Path) -> None:
    assert register_environment(tmp_path) == [describe_environment()]
    assert register_environment(tmp_path) == [describe_environment()]
    assert len(list(tmp_path.iterdir())) == 1


def test_versions_of_several_environments() -> None:
    first = {"python": "3.11.7", "packages": {"numpy": "2.4.3", "torch": "2.13.0", "ruff": "1"}}
    second = {"python": "3.11.7", "packages": {"torch": "2.10.0"}}
    assert job_versions([first, second]) == {
        "python": "3.11.7",
        "torch": "2.10.0, 2.13.0",
        "numpy": "2.4.3",
    }
