import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfmoe.workflow.fingerprint import READS, SCRIPTS, Fingerprints, imported, without_comments

FILES = {
    "train.py": '"""Train."""\nfrom tfmoe.models.training import train\n\ntrain()\n',
    "report.py": "from tfmoe import __version__\nfrom tfmoe.report import render\n",
    "tfmoe/__init__.py": '__version__ = "1"\n',
    "tfmoe/models/__init__.py": "",
    "tfmoe/models/training.py": "def train():\n    from tfmoe.models import layers\n",
    "tfmoe/models/layers.py": "SIZE = 1\n",
    "tfmoe/models/unused.py": "SIZE = 1\n",
    "tfmoe/report/__init__.py": "",
    "tfmoe/report/render.py": "TEMPLATE = 1\n",
    "tfmoe/report/templates/style.css": "p { margin: 1px }\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "scripts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def fingerprints(project: Path) -> dict[str, str]:
    return Fingerprints(project / "scripts", project / "cache.json").all()


def changed(project: Path, name: str, text: str) -> set[str]:
    before = fingerprints(project)
    (project / "scripts" / name).write_text(text)
    after = fingerprints(project)
    return {script for script in before if before[script] != after[script]}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("train.py", "from tfmoe.models.training import train\n\ntrain(1)\n", {"train"}),
        ("tfmoe/models/layers.py", "SIZE = 2\n", {"train"}),
        ("tfmoe/models/layers.py", '"""Doc."""\n\n# comment\nSIZE = 1  # comment\n', set()),
        ("tfmoe/models/unused.py", "SIZE = 2\n", set()),
        ("tfmoe/models/training.py", "def train():\n    pass\n", {"train"}),
        ("tfmoe/__init__.py", '__version__ = "2"\n', {"report"}),
        ("tfmoe/report/templates/style.css", "p { margin: 2px }\n", {"report"}),
    ],
)
def test_a_script_depends_on_what_it_imports(
    project: Path, name: str, text: str, expected: set[str]
) -> None:
    assert changed(project, name, text) == expected


def test_the_cache_gives_the_same_as_no_cache(project: Path) -> None:
    first = fingerprints(project)
    assert (project / "cache.json").is_file()
    assert fingerprints(project) == first
    (project / "cache.json").write_text("damaged")
    assert fingerprints(project) == first


def test_a_script_that_does_not_exist_is_an_error(project: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Fingerprints(project / "scripts", project / "cache.json").of("absent")


def test_imports_for_types_do_not_count() -> None:
    source = (
        "from typing import TYPE_CHECKING\nimport tfmoe.core.files\n"
        "if TYPE_CHECKING:\n    from tfmoe.models.moe import Mixture\n"
        "else:\n    from tfmoe.models import device\n"
        "def f():\n    from tfmoe.core.seeds import generator\n"
    )
    expected = {"tfmoe.core.files", "tfmoe.models.device", "tfmoe.core.seeds.generator"}
    assert set(imported(ast.parse(source))) == expected


def test_comments_and_bare_strings_are_removed_and_other_strings_stay() -> None:
    source = (
        'X = "# no comment"  # comment\n"""Docs of X."""\n\n\n'
        'def f():\n    """Doc."""\n    return X\n'
    )
    assert (
        without_comments(source, ast.parse(source)) == 'X = "# no comment"\ndef f():\n    return X'
    )


def test_every_module_that_reads_files_of_the_project_declares_them() -> None:
    reading = {
        ".".join(path.relative_to(SCRIPTS).with_suffix("").parts)
        for path in (SCRIPTS / "tfmoe").rglob("*.py")
        if "__file__" in path.read_text() or "import_module" in path.read_text()
    }
    # these only plan, or prepare a run: no job imports them
    planning = ("fingerprint", "project", "assemblies", "file_names")
    # the package itself imports the model for users, not for jobs
    unread = {"tfmoe.__init__", *(f"tfmoe.workflow.{name}" for name in planning)}
    assert reading - unread == set(READS)


def test_discovery_hashes_little_more_than_it_imports(tmp_path: Path) -> None:
    closure = Fingerprints(cache=tmp_path / "cache.json").closure("discover_motifs")
    names = {path.stem for path in closure}
    assert "discovery" in names
    assert not {"training", "splits", "page"} & names
    assert sum(len(path.read_text().splitlines()) for path in closure) < 3000


# Executes the imports of each script in a forked process, and prints the modules of the package
# that are loaded then; libraries are imported once, before.
LOADED = """
import ast, json, os, sys
import matplotlib.pyplot, pandas, pyarrow, scipy.stats, torch

for path in sys.argv[1:]:
    sys.stdout.flush()
    if os.fork() == 0:
        nodes = ast.walk(ast.parse(open(path).read()))
        found = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
        found = [node for node in found if "snakemake" not in ast.unparse(node)]
        exec(compile(ast.Module(found, []), path, "exec"), {})
        loaded = sorted(name for name in sys.modules if name.split(".")[0] == "tfmoe")
        print(json.dumps([path, loaded]), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0, path
"""


def test_every_module_that_a_script_loads_is_in_its_closure(tmp_path: Path) -> None:
    scripts = sorted(map(str, SCRIPTS.glob("*.py")))
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    ended = subprocess.run(
        [sys.executable, "-c", LOADED, *scripts], capture_output=True, text=True, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    fingerprints = Fingerprints(cache=tmp_path / "cache.json")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(lines) == len(scripts)
    for path, loaded in lines:
        closure = {
            ".".join(file.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__")
            for file in fingerprints.closure(Path(path).stem)
            if file.is_relative_to(SCRIPTS)
        }
        packages = {name for name in loaded if (SCRIPTS / name.replace(".", "/")).is_dir()}
        assert set(loaded) - packages <= closure, path
