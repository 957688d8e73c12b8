"""No part of the project unpickles, evaluates text as code, or passes text to a shell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("scripts", "benchmarks", "workflow", "tests", "envs", "profiles")
MODULES = {
    "pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "code",
    "codeop", "jsonpickle", "pty", "xmlrpc", "telnetlib",
}  # fmt: skip
"""Modules that nothing imports."""
CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.popen2", "os.execl",
    "os.execv", "os.execve", "os.execvp", "os.spawnl", "os.spawnv", "commands.getoutput",
    "subprocess.getoutput", "subprocess.getstatusoutput", "yaml.unsafe_load", "yaml.full_load",
    "yaml.load_all", "yaml.full_load_all", "yaml.unsafe_load_all", "pd.read_pickle",
    "pandas.read_pickle", "pd.read_hdf", "pandas.read_hdf", "pd.eval", "pandas.eval",
    "torch.load", "torch.save", "torch.jit.load", "torch.package.PackageImporter", "torch.hub.load",
    "np.fromregex", "np.memmap.load", "shutil.unpack_archive", "tempfile.mktemp", "shell",
    "pa.deserialize", "np.ctypeslib.load_library",
}  # fmt: skip
METHODS = {"extractall", "to_pickle", "read_pickle", "set_allow_pickle", "query_eval"}
SAFE_YAML = {"LOADER", "_Loader", "yaml.SafeLoader", "yaml.CSafeLoader"}
ALLOWED = {
    # a wheel that pip built a moment before, to pack it for a channel of a test
    ("tests/conda/build_channel.py", "archive.extractall"),
    # the proof that an exploit works
    ("tests/security/test_exploits.py", "np.load(allow_pickle)"),
    # a changed module of the project
    ("tests/drills/mutation/forks.py", "compile"),
    # a function of a file of the project, without the rest of that file
    ("tests/unit/workflow/test_fingerprint.py", "exec"),
    ("tests/unit/workflow/test_fingerprint.py", "compile"),
}
# in rule files, which are not plain Python
DIRECTIVES = r"^\s*(shell|run|wrapper|notebook|cwl|template_engine)\s*:"
WORDS = r"\b(eval|exec|pickle|os\.system|subprocess|read_pickle)\b\s*[(.]"


def sources() -> list[Path]:
    found = [
        path
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".smk") or path.name == "Snakefile"
    ]
    return sorted([*found, ROOT / "Snakefile"])


def tree_of(path: Path) -> ast.Module | None:
    """Return the tree of a Python file; `None` for a rule file, which is not plain Python."""
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError:
        assert path.suffix != ".py", path
        return None


def names(tree: ast.Module) -> dict[str, str]:
    """Return the full name of each name that a file imports."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for part in node.names:
                found[part.asname or part.name.split(".")[0]] = (
                    part.name if part.asname else part.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for part in node.names:
                found[part.asname or part.name] = f"{node.module}.{part.name}"
    return found


def dangers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything that may run what a file or a text contains."""
    imported = names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [part.name for part in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                if module.split(".")[0] in MODULES:
                    yield node.lineno, f"import {module}"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        first, _, rest = called.partition(".")
        full = ".".join(filter(None, (imported.get(first, first), rest)))
        given = {word.arg: ast.unparse(word.value) for word in node.keywords}
        if (
            called in CALLS
            or full in CALLS
            or full.replace("numpy", "np") in CALLS
            or (isinstance(node.func, ast.Attribute) and node.func.attr in METHODS)
        ):
            yield node.lineno, called
        elif given.get("allow_pickle", "False") != "False":
            yield node.lineno, f"{called}(allow_pickle)"
        elif given.get("shell", "False") != "False":
            yield node.lineno, f"{called}(shell)"
        elif full in ("numpy.load", "np.load") and given.get("allow_pickle") != "False":
            yield node.lineno, f"{called} without allow_pickle=False"
        elif full == "yaml.load":
            loaders = [*map(ast.unparse, node.args[1:]), *given.values()]
            if not SAFE_YAML.issuperset(loaders) or not loaders:
                yield node.lineno, f"{called} without a safe loader"
        elif called.endswith(".eval") and node.args:
            yield node.lineno, called


def faults(path: Path) -> list[str]:
    place = path.relative_to(ROOT).as_posix()
    tree = tree_of(path)
    if tree is not None:
        found = [(line, name) for line, name in dangers(tree) if (place, name) not in ALLOWED]
        return [f"{place}, line {line}: {name}" for line, name in found]
    text = path.read_text(encoding="utf-8")
    found = [*re.finditer(DIRECTIVES, text, re.M), *re.finditer(WORDS, text)]
    return [f"{place}: {match[0]}" for match in found]


def test_nothing_is_unpickled_or_evaluated() -> None:
    assert [fault for path in sources() for fault in faults(path)] == []


def test_every_place_was_searched() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in sources()}
    assert found >= {"scripts", "benchmarks", "workflow", "tests", "Snakefile"}
    assert len(sources()) > 500


@pytest.mark.parametrize(
    "code",
    [
        "import pickle", "from pickle import loads", "import joblib", "import shelve, os",
        "eval('1')", "exec(text)", "compile(text, 'x', 'exec')", "__import__('os')",
        "import os\nos.system('ls')", "from os import system\nsystem('ls')", "os.popen(x)",
        "import numpy\nnumpy.load(path)", "import numpy as np\nnp.load(path, allow_pickle=True)",
        "from numpy import load\nload(path)", "np.load(path, allow_pickle=flag)",
        "import torch\ntorch.load(path)", "from torch import load as read\nread(path)",
        "torch.load(path, weights_only=True)", "pd.read_pickle(p)", "frame.to_pickle(p)",
        "import yaml\nyaml.load(text)", "import yaml\nyaml.load(text, yaml.Loader)",
        "import yaml\nyaml.load(text, Loader=yaml.FullLoader)", "yaml.unsafe_load(text)",
        "subprocess.run(text, shell=True)", "frame.eval('a + b')", "archive.extractall(path)",
        "shutil.unpack_archive(path)", "tempfile.mktemp()",
    ],
)  # fmt: skip
def test_the_search_finds_each_kind(code: str) -> None:
    assert list(dangers(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nnp.load(path, allow_pickle=False)", "model.eval()",
        "import yaml\nyaml.load(text, LOADER)", "import yaml\nyaml.safe_load(text)",
        "import re\nre.compile(text)", "subprocess.run([program, path])",
    ],
)  # fmt: skip
def test_the_search_leaves_safe_calls_alone(code: str) -> None:
    assert not list(dangers(ast.parse(code)))
