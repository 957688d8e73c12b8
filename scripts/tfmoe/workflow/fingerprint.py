"""Fingerprints of the code behind each rule, so that an edit reruns what it affects and no more.

Snakemake tracks a rule's script but not the package that the script calls. Each rule therefore has
the fingerprint of its script as a param: a hash of the script and of every module of the package
that it imports, directly or through other modules. Comments and docstrings do not count.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from tfmoe.core.config import LOADER
from tfmoe.workflow.cache import FOLDER, ContentCache

PACKAGE = "tfmoe"
SCRIPTS = Path(__file__).resolve().parents[2]
READS: Mapping[str, tuple[str, ...]] = {
    "tfmoe.core.config": ("../workflow/schemas/*.yaml",),
    "tfmoe.data.reading.chromosomes": ("tfmoe/data/reading/chromosome_aliases.tsv",),
    "tfmoe.jaspar.names": ("tfmoe/jaspar/factor_synonyms.tsv",),
    "tfmoe.models.registry": ("tfmoe/models/backbones/*.py",),
    "tfmoe.report.render": ("tfmoe/report/templates/*",),
}
"""Files that a module reads or imports by name, as patterns relative to the folder scripts."""
_DIGITS = 16
# a string, which is kept, or a comment; the tokenizer finds the same, slowly
_STRING_OR_COMMENT = re.compile(
    r'''("""(?:\\.|[^\\])*?"""|\'{3}(?:\\.|[^\\])*?\'{3}'''
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|#[^\n]*""",
    re.DOTALL,
)
_DOCUMENTATION = ("description", "x-advanced", "x-removed")  # keywords of a schema


class Fingerprints:
    """Fingerprints of the rules' scripts.

    Parameters
    ----------
    scripts
        Folder with the scripts and, below it, the package.
    cache
        File that keeps the digest and the imports of each module between processes.
    """

    def __init__(self, scripts: Path = SCRIPTS, cache: Path = FOLDER / "modules.json") -> None:
        self.scripts = scripts
        self._cache = ContentCache(cache, self._describe)
        # within one process, code is looked at once
        self._found: dict[str, str] = {}
        self._modules: dict[str, list[Path]] = {}
        self._needed: dict[Path, list[Path]] = {}
        self._described: dict[Path, bytes] = {}

    def of(self, script: str) -> str:
        """Return the fingerprint of a script, such as ``train_expert``: 16 hexadecimal digits.

        Raises
        ------
        FileNotFoundError
            If there is no such script.
        """
        found = self._fingerprint(script)
        self._cache.save()
        return found

    def all(self) -> dict[str, str]:
        """Return the fingerprints of all scripts, by name."""
        names = sorted(path.stem for path in self.scripts.glob("*.py"))
        found = {name: self._fingerprint(name) for name in names}
        self._cache.save()
        return found

    def _fingerprint(self, script: str) -> str:
        if script not in self._found:
            digest = sha256()
            for path in sorted(self.closure(script)):
                digest.update(self._description(path))
            self._found[script] = digest.hexdigest()[:_DIGITS]
        return self._found[script]

    def _description(self, path: Path) -> bytes:
        if path not in self._described:
            name = path.relative_to(self.scripts.parent).as_posix()
            text = f"{name}\0{self._cache.value(path)['digest']}\0"
            self._described[path] = text.encode()
        return self._described[path]

    def closure(self, script: str) -> set[Path]:
        """Return the script, the modules that it imports, and the files that these declare.

        The package's own ``__init__.py`` counts only where a name is imported from it.
        """
        found: set[Path] = set()
        waiting = [self.scripts / f"{script}.py"]
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            found.add(path)
            waiting += self._needs(path)
        return found

    def _needs(self, path: Path) -> list[Path]:
        """Return the modules that a file imports directly and the files that it declares."""
        if path not in self._needed:
            names = self._cache.value(path).get("imports", ())
            modules = [module for name in names for module in self._find(name)]
            declared = self._declared(path) if path.suffix == ".py" else ()
            self._needed[path] = [*modules, *declared]
        return self._needed[path]

    def _find(self, name: str) -> list[Path]:
        if name not in self._modules:
            self._modules[name] = list(self._resolve(name))
        return self._modules[name]

    def _resolve(self, name: str) -> Iterator[Path]:
        """Yield the file of ``package.module`` or of ``package.module.attribute``."""
        whole = self.scripts.joinpath(*name.split("."))
        if whole.with_suffix(".py").is_file():
            yield whole.with_suffix(".py")
        elif (whole / "__init__.py").is_file():
            if name != PACKAGE:
                yield whole / "__init__.py"
        elif whole.parent.with_suffix(".py").is_file():
            yield whole.parent.with_suffix(".py")
        else:
            yield whole.parent / "__init__.py"

    def _declared(self, path: Path) -> Iterator[Path]:
        name = ".".join(path.relative_to(self.scripts).with_suffix("").parts)
        for pattern in READS.get(name, ()):
            yield from self.scripts.joinpath(pattern).parent.resolve().glob(Path(pattern).name)

    @staticmethod
    def _describe(path: Path, content: bytes) -> dict[str, Any]:
        if path.suffix == ".yaml":
            return {"digest": _digest(_without_descriptions(content))}
        if path.suffix != ".py":
            return {"digest": _digest(content)}
        source = content.decode()
        tree = ast.parse(source, filename=str(path))
        code = without_comments(source, tree)
        return {"digest": _digest(code.encode()), "imports": sorted(set(imported(tree)))}


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield what a module imports from the package, without imports that are for types only.

    A name imported from a module is yielded as ``module.name``, as it may be a module itself.
    """
    if isinstance(tree, ast.ImportFrom):
        if tree.module and tree.module.split(".")[0] == PACKAGE:
            yield from (f"{tree.module}.{alias.name}" for alias in tree.names)
        return
    if isinstance(tree, ast.Import):
        names = (alias.name for alias in tree.names)
        yield from (name for name in names if name.split(".")[0] == PACKAGE)
        return
    nodes: Iterable[ast.AST] = _inner(tree)
    if isinstance(tree, ast.If) and _is_for_types(tree.test):
        nodes = tree.orelse
    for node in nodes:
        yield from imported(node)


def _is_for_types(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def _inner(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements directly within a statement; expressions hold none."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        inner = getattr(tree, field, ())
        if isinstance(inner, list):
            yield from inner


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    for node in _inner(tree):
        yield node
        yield from _statements(node)


def without_comments(source: str, tree: ast.AST) -> str:
    """Return a module's lines without comments, docstrings and other bare strings."""
    lines = _STRING_OR_COMMENT.sub(lambda found: found[1] or "", source).splitlines()
    for node in _statements(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            last = node.end_lineno or node.lineno
            lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _without_descriptions(schema: bytes) -> bytes:
    def strip(content: Any) -> Any:
        if isinstance(content, dict):
            kept = {key: value for key, value in content.items() if key not in _DOCUMENTATION}
            return {key: strip(value) for key, value in kept.items()}
        return [strip(part) for part in content] if isinstance(content, list) else content

    return json.dumps(strip(yaml.load(schema, LOADER)), sort_keys=True, default=str).encode()


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
